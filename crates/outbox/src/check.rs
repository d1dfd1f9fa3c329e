//! Whether the outbox is in order: the feed without gaps, subscribers and jobs going on.

use chrono::{DateTime, TimeDelta, Utc};
use db::{Check, Conn, Finding};
use diesel::QueryResult;

use crate::{dispatch, feed, purge_idempotency, store};

/// How long a fact may wait for its position.
const UNSEQUENCED: TimeDelta = TimeDelta::minutes(1);
/// How far behind a subscriber or a job may be.
const LATE: TimeDelta = TimeDelta::minutes(5);
/// How long the answers of idempotent requests are kept, and an hour more for whoever purges them.
const KEPT: TimeDelta = TimeDelta::hours(25);

pub(crate) const GAP: Check = Check::reported(
    "events.gap",
    "a position of the feed was given to no event, or to one that is gone: a subscriber may have missed it",
);
pub(crate) const SEQUENCE: Check = Check::reported(
    "events.sequence",
    "the last position given is not the greatest there is: the next position would come twice or leave a gap",
);
pub(crate) const UNNUMBERED: Check = Check::repairable(
    "events.unsequenced",
    "events older than a minute have no position, so no subscriber hears of them: does a runner run?",
    "gives them their positions",
);
pub(crate) const BLOCKED: Check = Check::reported(
    "subscribers.blocked",
    "a subscriber fails at an event, and does not go on until the cause is mended",
);
pub(crate) const LAGGING: Check = Check::reported(
    "subscribers.lagging",
    "a subscriber has not read events that are older than five minutes: does a runner run?",
);
pub(crate) const AHEAD: Check = Check::reported(
    "subscribers.ahead",
    "a subscriber has read further than the feed goes: it will miss what comes next",
);
pub(crate) const DEAD: Check = Check::repairable(
    "jobs.dead",
    "jobs failed at every attempt; what they were to do has not been done",
    "puts them back, with all their attempts before them",
);
pub(crate) const FAILING_ROUND: Check = Check::reported(
    "jobs.round_failed",
    "the latest round of periodic work failed; the next round is its retry",
);
pub(crate) const OVERDUE: Check = Check::reported(
    "jobs.overdue",
    "jobs have been due for more than five minutes and nobody has taken them: does a runner that knows them run?",
);
pub(crate) const LOST: Check = Check::repairable(
    "jobs.lost",
    "jobs were taken by a runner that has gone, or sent to a broker that has lost them, and nobody has put them back: \
     does a runner or worker run?",
    "puts them back",
);
pub(crate) const STALE: Check = Check::repairable(
    "idempotency.stale",
    "answers of idempotent requests are kept beyond their day: does the housekeeping run?",
    "forgets them",
);

/// Everything that is checked here.
pub const CHECKS: [Check; 11] =
    [GAP, SEQUENCE, UNNUMBERED, BLOCKED, LAGGING, AHEAD, DEAD, FAILING_ROUND, OVERDUE, LOST, STALE];

/// What is not in order.
pub async fn check(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Vec<Finding>> {
    let (late, stale) = (now - LATE, now - KEPT);
    let findings = [
        GAP.ask(conn, store::check::gaps()).await?,
        SEQUENCE.ask(conn, store::check::wrong_sequence()).await?,
        UNNUMBERED.ask(conn, store::check::unsequenced(now - UNSEQUENCED)).await?,
        BLOCKED.ask(conn, store::check::blocked_subscribers()).await?,
        LAGGING.ask(conn, store::check::lagging_subscribers(late)).await?,
        AHEAD.ask(conn, store::check::subscribers_ahead()).await?,
        DEAD.ask(conn, store::check::dead_jobs()).await?,
        FAILING_ROUND.ask(conn, store::check::failed_rounds()).await?,
        OVERDUE.ask(conn, store::check::overdue_jobs(late)).await?,
        LOST.ask(conn, store::check::lost_jobs(now - UNSEQUENCED, now - UNSEQUENCED - dispatch::LOST_AFTER))
            .await?,
        STALE.ask(conn, store::check::stale_answers(stale)).await?,
    ];
    Ok(findings.into_iter().flatten().collect())
}

/// Mends what the check has found, if it is one of the outbox's and can be mended; says whether it was. Must not run
/// in a transaction.
pub async fn repair(conn: &mut Conn, now: DateTime<Utc>, check: Check) -> QueryResult<bool> {
    if check == UNNUMBERED {
        feed::sequence(conn).await?;
    } else if check == DEAD {
        store::requeue_dead_jobs(conn, now, None).await?;
    } else if check == LOST {
        store::release_lost_jobs(conn, now, now - dispatch::LOST_AFTER).await?;
    } else if check == STALE {
        purge_idempotency(conn, now - TimeDelta::hours(24)).await?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Whether a subscriber has heard everything and all jobs that are due and whose names begin with `jobs` are done: until
/// then, what it keeps may rightly be behind.
pub async fn is_settled(
    conn: &mut Conn,
    now: DateTime<Utc>,
    subscriber: &str,
    jobs: &str,
) -> QueryResult<bool> {
    store::check::is_settled(conn, now, subscriber, jobs).await
}
