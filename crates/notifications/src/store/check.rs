//! What the checks ask. The first selects the `id` of every breach, the second an `example`.

use chrono::{DateTime, Utc};
use db::{Sql, sql};
use diesel::sql_types::Timestamptz;

/// Messages that no job will send. A job that is dead is found as such.
pub(crate) fn unsent_without_job(before: DateTime<Utc>) -> Sql<'static> {
    sql("SELECT m.id FROM notification_messages m \
         WHERE m.state = 'pending' AND m.created_at < $1 \
         AND NOT EXISTS (SELECT 1 FROM jobs j \
                         WHERE j.name = 'notifications.send' AND j.state <> 'done' \
                         AND j.payload ->> 'message_id' = m.id::text)")
    .bind::<Timestamptz, _>(before)
}

pub(crate) fn given_up() -> Sql<'static> {
    sql(
        "SELECT format('%s %s by %s after %s attempts: %s', kind, id, channel, attempts, left(failure, 300)) AS example \
         FROM notification_messages WHERE state = 'given_up'",
    )
}
