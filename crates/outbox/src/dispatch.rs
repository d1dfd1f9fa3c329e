//! Jobs by way of a message broker: it is told their ids, and whoever it tells them to takes the jobs from the table.
//!
//! The row stays the truth. A message that is lost is found by [`Executor::recover_lost`], one that comes twice finds
//! its job taken, and one whose job is done finds nothing to do.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::JobId;

use crate::store::{self, LeasedJob};
use crate::{Executor, HandlerError, LEASE};

/// After which a job that was sent counts as lost, whatever the broker still has: it is sent again.
pub(crate) const LOST_AFTER: TimeDelta = TimeDelta::minutes(10);
/// The same while the broker has no messages that wait.
const LOST_AFTER_WITH_AN_EMPTY_QUEUE: TimeDelta = TimeDelta::seconds(15);

/// A job that the broker is to be told of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dispatch {
    /// The job.
    pub id: JobId,
    /// The request on whose behalf it was enqueued.
    pub request_id: Option<String>,
    /// The work that enqueued it, as [`TraceParent`](crate::TraceParent) writes it.
    pub trace_parent: Option<String>,
}

/// What the broker may be told of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Due {
    /// These; none where nothing is due.
    Now(Vec<Dispatch>),
    /// Nothing more until consumers have begun some of what it was told.
    Later,
}

impl Executor {
    /// One round of what is not jobs: periodic work that is due, and facts for their subscribers. Returns how much
    /// was done. What fails in one part does not keep the other from its work.
    pub async fn keep_up(&self) -> Result<usize, HandlerError> {
        self.enrol().await?;
        let parts = [self.tick_schedules().await, self.pump_feed().await];
        parts.into_iter().sum()
    }

    /// Takes up to `limit` due jobs, to tell the broker of them. While `most` are sent and not begun, none.
    pub async fn take_due(&self, limit: usize, most: usize) -> Result<Due, HandlerError> {
        let mut conn = self.services.database.conn().await?;
        let now = self.services.clock.now();
        Ok(store::take_due_jobs(&mut conn, &self.registry.job_names(), now, limit, most).await?)
    }

    /// Puts back jobs that the broker could not be told of.
    pub async fn put_back(&self, jobs: &[JobId]) -> Result<usize, HandlerError> {
        let mut conn = self.services.database.conn().await?;
        Ok(store::put_back_jobs(&mut conn, jobs).await?)
    }

    /// Puts back the jobs of consumers that went away without a word, and those that the broker must have lost;
    /// `queue_is_empty` says that no message waits there.
    pub async fn recover_lost(&self, queue_is_empty: bool) -> Result<usize, HandlerError> {
        let mut conn = self.services.database.conn().await?;
        let now = self.services.clock.now();
        Ok(store::release_lost_jobs(&mut conn, now, sent_before(now, queue_is_empty)).await?)
    }

    /// Takes the jobs that a consumer was told of, for as long as a lease lasts; those that are done, or that another
    /// has, are not among them.
    pub async fn lease(&self, jobs: &[JobId]) -> Result<Vec<LeasedJob>, HandlerError> {
        let mut conn = self.services.database.conn().await?;
        let now = self.services.clock.now();
        Ok(store::lease_jobs(&mut conn, &self.registry.job_names(), jobs, now, now + LEASE).await?)
    }
}

fn sent_before(now: DateTime<Utc>, queue_is_empty: bool) -> DateTime<Utc> {
    now - if queue_is_empty { LOST_AFTER_WITH_AN_EMPTY_QUEUE } else { LOST_AFTER }
}
