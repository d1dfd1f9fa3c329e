//! Asking for work to be done later.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use db::Conn;
use diesel::QueryResult;
use kernel::JobId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{origin, store};

/// A kind of work. The payload carries ids, not data: the handler reads what is true when it runs.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// `domain.verb`, such as `placement.geocode_address`; unique.
    const NAME: &'static str;
    /// What happens when it fails.
    const RETRY: RetryPolicy = RetryPolicy::STANDARD;
    /// How long one attempt may take; one that takes longer has failed.
    const TIMEOUT: Duration = Duration::from_mins(4);
}

/// How long a runner has a job to itself. It renews the lease while it works; when it has gone without a word,
/// killed perhaps, the job is anybody's again by then.
pub const LEASE: Duration = Duration::from_secs(30);

/// How often and how soon a failed job is tried again. The n-th wait is `first * 2^(n-1)`, at most
/// `longest`, spread by up to a fifth either way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetryPolicy {
    /// Attempts in all; after the last the job is dead until somebody re-runs it.
    pub attempts: i32,
    /// The first wait.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl RetryPolicy {
    /// 8 attempts; 10 s doubling to 1 h.
    pub const STANDARD: Self =
        Self { attempts: 8, first: Duration::from_secs(10), longest: Duration::from_hours(1) };
    /// For periodic work: the next round is the retry.
    pub const NONE: Self = Self { attempts: 1, first: Duration::ZERO, longest: Duration::ZERO };

    /// The wait after failed attempt number `attempt` (from 1); `spread` is a random number in `0.0..1.0`.
    #[must_use]
    pub fn wait(&self, attempt: i32, spread: f64) -> TimeDelta {
        let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(20);
        let exact = self.first.saturating_mul(1 << doublings).min(self.longest);
        let wait = exact.mul_f64(0.8 + 0.4 * spread.clamp(0.0, 1.0));
        TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX)
    }
}

/// Asks for `job` to be done as soon as the caller's transaction has committed.
pub async fn enqueue<J: Job>(tx: &mut Conn, now: DateTime<Utc>, job: &J) -> QueryResult<JobId> {
    enqueue_at(tx, now, now, job).await
}

/// Asks for `job` to be done at `run_at`.
pub async fn enqueue_at<J: Job>(
    tx: &mut Conn,
    now: DateTime<Utc>,
    run_at: DateTime<Utc>,
    job: &J,
) -> QueryResult<JobId> {
    let ids = enqueue_all(tx, now, run_at, std::slice::from_ref(job)).await?;
    ids.into_iter().next().ok_or(diesel::result::Error::NotFound)
}

/// Asks for several jobs of one kind in one statement.
pub async fn enqueue_all<J: Job>(
    tx: &mut Conn,
    now: DateTime<Utc>,
    run_at: DateTime<Utc>,
    jobs: &[J],
) -> QueryResult<Vec<JobId>> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let payloads = jobs
        .iter()
        .map(serde_json::to_value)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    origin::note_work();
    store::insert_jobs(tx, J::NAME, payloads, now, run_at).await
}

/// Forgets the jobs that were done before `before`, and rounds of periodic work that failed; other dead jobs stay for
/// the operator.
pub async fn purge_jobs(conn: &mut Conn, before: DateTime<Utc>) -> QueryResult<usize> {
    store::delete_done_jobs(conn, before).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_within_their_spread() {
        let policy = RetryPolicy::STANDARD;
        let middle = |attempt| policy.wait(attempt, 0.5).num_seconds();
        assert_eq!([1, 2, 3, 4].map(middle), [10, 20, 40, 80]);
        assert_eq!(middle(30), 3600);
        assert_eq!(policy.wait(1, 0.0).num_seconds(), 8);
        assert_eq!(policy.wait(1, 1.0).num_seconds(), 12);
    }
}
