//! Jobs as an operator sees them: which there are, why they failed, and having them done after all.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::QueryResult;
use kernel::JobId;
use serde_json::Value;

use crate::store;

/// Where a job stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobState {
    /// It waits for its time, or for somebody to take it.
    Queued,
    /// A message broker was told of it.
    Sent,
    /// Somebody works on it.
    Leased,
    /// It is done.
    Done,
    /// It failed for good.
    Dead,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Sent, Self::Leased, Self::Done, Self::Dead];

    /// As it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Which jobs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JobFilter {
    /// Only those that stand so.
    pub state: Option<JobState>,
    /// Only those of this name.
    pub name: Option<String>,
}

/// A job with all that is known of it.
#[derive(Clone, PartialEq, Debug)]
pub struct JobRecord {
    /// Which.
    pub id: JobId,
    /// What it is to do.
    pub name: String,
    /// With what.
    pub payload: Value,
    /// Where it stands.
    pub state: JobState,
    /// How often it was begun.
    pub attempts: i32,
    /// When it is due.
    pub run_at: DateTime<Utc>,
    /// Until when somebody has it.
    pub leased_until: Option<DateTime<Utc>>,
    /// Why its last attempt failed.
    pub last_error: Option<String>,
    /// On whose behalf.
    pub request_id: Option<String>,
    /// The work that enqueued it, as [`TraceParent`](crate::TraceParent) writes it.
    pub trace_parent: Option<String>,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When it was done or given up.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Up to `limit` jobs, the youngest first.
pub async fn list_jobs(conn: &mut Conn, filter: &JobFilter, limit: i64) -> QueryResult<Vec<JobRecord>> {
    store::list_jobs(conn, filter, limit).await
}

/// The job of that id.
pub async fn find_job(conn: &mut Conn, id: JobId) -> QueryResult<Option<JobRecord>> {
    store::find_job(conn, id).await
}

/// Has a job done now: one that failed for good with all its attempts before it, one that waits for its next attempt
/// without waiting. False where nothing is to be done, since it is done or somebody has it.
pub async fn rerun_job(conn: &mut Conn, now: DateTime<Utc>, id: JobId) -> QueryResult<bool> {
    store::requeue_job(conn, now, id).await
}

/// Puts the jobs that failed for good back, all or those of one name, to be tried as often as new ones; returns how
/// many. Failed rounds of periodic work stay: their next round does what they did not.
pub async fn rerun_dead_jobs(conn: &mut Conn, now: DateTime<Utc>, name: Option<&str>) -> QueryResult<usize> {
    store::requeue_dead_jobs(conn, now, name).await
}
