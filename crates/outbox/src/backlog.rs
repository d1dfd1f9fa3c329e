//! What waits to be done, for whoever watches over the system.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::QueryResult;

use crate::store;

/// What waits to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backlog {
    /// Jobs that are due and not taken.
    pub due_jobs: i64,
    /// Jobs that a message broker was told of and nobody has begun.
    pub sent_jobs: i64,
    /// Jobs that somebody works on.
    pub leased_jobs: i64,
    /// Jobs that failed for good.
    pub dead_jobs: i64,
    /// For how many seconds the job that has waited longest has been due; 0 where none waits.
    pub oldest_due_seconds: i64,
    /// Facts without a position.
    pub unsequenced_events: i64,
    /// How many facts the subscriber that is furthest behind has not handled.
    pub subscriber_lag: i64,
    /// Subscribers that cannot handle their next fact.
    pub blocked_subscribers: i64,
}

/// What waits to be done at `now`, in one statement.
pub async fn backlog(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Backlog> {
    store::load_backlog(conn, now).await
}
