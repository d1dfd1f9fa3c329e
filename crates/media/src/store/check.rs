//! What the checks of media ask. Each statement selects the `id` of every breach.

use chrono::{DateTime, Utc};
use db::{Sql, sql};
use diesel::sql_types::Timestamptz;

/// Pictures that somebody has and no job will render. A job that is dead is found as such.
pub(crate) fn unrendered_without_job(before: DateTime<Utc>) -> Sql<'static> {
    sql("SELECT p.id FROM pictures p \
         WHERE p.state = 'waiting' AND p.created_at < $1 \
         AND EXISTS (SELECT 1 FROM images i WHERE i.picture_id = p.id) \
         AND NOT EXISTS (SELECT 1 FROM jobs j \
                         WHERE j.name = 'media.render_picture' AND j.state <> 'done' \
                         AND j.payload ->> 'picture_id' = p.id::text)")
    .bind::<Timestamptz, _>(before)
}
