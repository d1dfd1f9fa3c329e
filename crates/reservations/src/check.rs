//! Whether the books of capacity balance. What does not balance is reported and never mended by itself: nobody but a
//! person knows which side is right.

use chrono::{DateTime, TimeDelta, Utc};
use db::{Check, Conn, Finding};
use diesel_async::AsyncConnection;

use crate::{ReservationError, release_expired, store};

/// How long an expired hold may wait for the sweeper, which comes every minute.
const SWEPT_WITHIN: TimeDelta = TimeDelta::minutes(10);
/// How many holds one transaction of a repair releases.
const AT_ONCE: i64 = 100;

pub(crate) const CAPACITY: Check = Check::reported(
    "pools.capacity",
    "a pool's capacity is not the sum of its movements: there is more or less to sell than the books say",
);
pub(crate) const TAKEN: Check =
    Check::reported("pools.taken", "what is taken from a pool is not the sum of its movements");
pub(crate) const HELD: Check = Check::reported(
    "pools.held",
    "what is taken from a pool is not what live holds have taken: capacity is lost, or promised twice",
);
pub(crate) const ENDED: Check = Check::reported(
    "holds.ended_with_live_lines",
    "a hold is over, yet some of its lines still take capacity",
);
pub(crate) const EMPTY: Check = Check::reported(
    "holds.live_without_lines",
    "a hold counts as live and has not expired, yet takes less than it promises",
);
pub(crate) const UNSWEPT: Check = Check::repairable(
    "holds.unswept",
    "holds expired more than ten minutes ago and were not released: does a runner run?",
    "releases them",
);

/// Everything that is checked here.
pub const CHECKS: [Check; 6] = [CAPACITY, TAKEN, HELD, ENDED, EMPTY, UNSWEPT];

/// What does not balance.
pub async fn check(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<Finding>, ReservationError> {
    let findings = [
        CAPACITY.ask_ids(conn, store::check::pools_off_their_movements("capacity")).await?,
        TAKEN.ask_ids(conn, store::check::pools_off_their_movements("taken")).await?,
        HELD.ask_ids(conn, store::check::pools_off_their_holds()).await?,
        ENDED.ask_ids(conn, store::check::ended_holds_with_live_lines()).await?,
        EMPTY.ask_ids(conn, store::check::live_holds_with_ended_lines(now)).await?,
        UNSWEPT.ask_ids(conn, store::check::unswept_holds(now - SWEPT_WITHIN)).await?,
    ];
    Ok(findings.into_iter().flatten().collect())
}

/// Mends what the check has found, if it is one of these and can be mended; says whether it was. Must not run in a
/// transaction.
pub async fn repair(conn: &mut Conn, now: DateTime<Utc>, check: Check) -> Result<bool, ReservationError> {
    if check != UNSWEPT {
        return Ok(false);
    }
    loop {
        let released = conn
            .transaction::<_, ReservationError, _>(async |tx| release_expired(tx, now, AT_ONCE).await)
            .await?;
        if released == 0 {
            return Ok(true);
        }
    }
}
