//! Whether what is shown of every picture is there or being made.

use chrono::{DateTime, TimeDelta, Utc};
use db::{Check, Conn, Finding, breaching_ids};
use diesel_async::AsyncConnection;
use kernel::PictureId;

use crate::{MediaError, RenderPicture, store};

/// A picture that is younger may belong to a job that was taken a moment ago.
const SETTLED: TimeDelta = TimeDelta::minutes(5);
const AT_ONCE: usize = 1_000;

pub(crate) const UNRENDERED: Check = Check::repairable(
    "pictures.without_job",
    "a picture waits for what is shown of it, and no job is going to make that",
    "asks for the job",
);

/// Everything that is checked here.
pub const CHECKS: [Check; 1] = [UNRENDERED];

/// What is not as it should be.
pub async fn check(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<Finding>, MediaError> {
    let finding = UNRENDERED.ask_ids(conn, store::check::unrendered_without_job(now - SETTLED)).await?;
    Ok(finding.into_iter().collect())
}

/// Mends what the check has found, if it is this one; says whether it was. Must not run in a transaction.
pub async fn repair(conn: &mut Conn, now: DateTime<Utc>, check: Check) -> Result<bool, MediaError> {
    if check != UNRENDERED {
        return Ok(false);
    }
    let found = breaching_ids(conn, store::check::unrendered_without_job(now - SETTLED)).await?;
    for some in found.chunks(AT_ONCE) {
        let jobs: Vec<RenderPicture> =
            some.iter().map(|id| RenderPicture { picture_id: PictureId(*id) }).collect();
        conn.transaction::<_, MediaError, _>(async |tx| {
            outbox::enqueue_all(tx, now, now, &jobs).await?;
            Ok(())
        })
        .await?;
    }
    Ok(true)
}
