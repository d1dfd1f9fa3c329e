//! Whether every message is on its way or has ended.

use chrono::{DateTime, TimeDelta, Utc};
use db::{Check, Conn, Finding, breaching_ids};
use diesel_async::AsyncConnection;
use kernel::MessageId;

use crate::jobs::SendMessage;
use crate::{NotificationsError, store};

/// A message that is younger may belong to a job that was taken a moment ago.
const SETTLED: TimeDelta = TimeDelta::minutes(5);
const AT_ONCE: usize = 1_000;

pub(crate) const UNSENT: Check = Check::repairable(
    "messages.without_job",
    "a mail or text message waits to be sent, and no job is going to send it",
    "asks for the job",
);
pub(crate) const GIVEN_UP: Check = Check::reported(
    "messages.given_up",
    "a mail or text message could not be sent at any attempt: once the cause is mended, its job can be put back (jobs.dead)",
);

/// Everything that is checked here.
pub const CHECKS: [Check; 2] = [UNSENT, GIVEN_UP];

/// What is not as it should be.
pub async fn check(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<Finding>, NotificationsError> {
    let findings = [
        UNSENT.ask_ids(conn, store::check::unsent_without_job(now - SETTLED)).await?,
        GIVEN_UP.ask(conn, store::check::given_up()).await?,
    ];
    Ok(findings.into_iter().flatten().collect())
}

/// Mends what the check has found, if it is one of these and can be mended; says whether it was. Must not run in a
/// transaction.
pub async fn repair(conn: &mut Conn, now: DateTime<Utc>, check: Check) -> Result<bool, NotificationsError> {
    if check != UNSENT {
        return Ok(false);
    }
    let found = breaching_ids(conn, store::check::unsent_without_job(now - SETTLED)).await?;
    for some in found.chunks(AT_ONCE) {
        let jobs: Vec<SendMessage> =
            some.iter().map(|id| SendMessage { message_id: MessageId(*id) }).collect();
        conn.transaction::<_, NotificationsError, _>(async |tx| {
            outbox::enqueue_all(tx, now, now, &jobs).await?;
            Ok(())
        })
        .await?;
    }
    Ok(true)
}
