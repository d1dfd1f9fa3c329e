//! Doing a job: one attempt at a time, under a lease that is renewed, with its outcome on record at the end.
//!
//! Knows nothing of how a job got here: the [`Runner`](crate::Runner) of this process takes what is due from the
//! table, a consumer of a message broker is told an id.

use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OnceCell, watch};
use tokio::time::Instant;
use tracing::Instrument;

use crate::attempt::{Failure, attempt};
use crate::outage::is_outage;
use crate::recorder::{Outcome, Recorder};
use crate::registry::{Attempt, Ended, Subscriber};
use crate::store::{self, LeasedJob};
use crate::{HandlerError, LEASE, Origin, Registry, RetryPolicy, Services};

/// How often a lease is looked at, and how long after a failure an outcome is tried again.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// While the database is away it is tried for as long as a lease lasts.
const OUTCOME_TRIES: u32 = 5;
/// How often a job is begun before it is blamed for runners that went away. A runner may be killed for reasons of its
/// own while it works on a job that has a single attempt.
const FEWEST_STARTS: i32 = 2;
/// How much of a lease may be over before it is renewed.
const RENEW_AFTER: Duration = Duration::from_secs(LEASE.as_secs() / 3);

/// Does what a registry knows how to do, with the services its handlers need. Clones share them.
#[derive(Clone, Debug)]
pub struct Executor(Arc<Parts>);

#[derive(Debug)]
pub struct Parts {
    pub(crate) registry: Registry,
    pub(crate) services: Services,
    /// Whether the schedules and subscribers are known to the database.
    pub(crate) enrolled: OnceCell<()>,
    recorder: Recorder,
    /// Changes whenever facts were given their positions.
    pub(crate) numbered: watch::Sender<()>,
}

impl Deref for Executor {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Executor {
    /// An executor of `registry`'s handlers.
    #[must_use]
    pub fn new(registry: Registry, services: Services) -> Self {
        let (enrolled, recorder, numbered) = (OnceCell::new(), Recorder::default(), watch::Sender::new(()));
        Self(Arc::new(Parts { registry, services, enrolled, recorder, numbered }))
    }

    /// What its handlers are given.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// What it can do.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Changes whenever this executor has given facts their positions, so that those who follow the feed look now.
    #[must_use]
    pub fn numbered(&self) -> watch::Receiver<()> {
        self.numbered.subscribe()
    }

    /// Makes the schedules and the subscribers known to the database, once in this executor's life.
    pub(crate) async fn enrol(&self) -> Result<(), HandlerError> {
        let enrol = async || {
            let mut conn = self.services.database.conn().await?;
            let now = self.services.clock.now();
            for periodic in &self.registry.periodic {
                store::insert_schedule(&mut conn, periodic.name, now).await?;
            }
            for Subscriber { name, beginning, .. } in &self.registry.subscribers {
                store::insert_subscription(&mut conn, name, *beginning).await?;
            }
            Ok(())
        };
        self.enrolled.get_or_try_init(enrol).await.copied()
    }

    /// Attempts a job and puts the outcome on record. A failing handler is an outcome like any other; an error here
    /// means that none is on record, so that the job runs again after its lease.
    pub async fn perform(&self, mut job: LeasedJob) -> Result<(), HandlerError> {
        let request_id = job.request_id.take().unwrap_or_else(|| format!("job-{}", job.id));
        let origin = Origin::following(request_id, job.trace_parent.take().as_deref());
        let span = origin.span(&job.name);
        self.perform_for(origin, job).instrument(span).await
    }

    async fn perform_for(&self, origin: Origin, mut job: LeasedJob) -> Result<(), HandlerError> {
        let begun = Instant::now();
        let outcome = match self.attempt(origin, &mut job).await {
            Ok(Ended::Recorded) => {
                self.count(&job, "done", begun);
                return Ok(());
            }
            Ok(Ended::LeaseLost) => {
                tell_of_lost_lease(&job);
                return Ok(());
            }
            Ok(Ended::Unrecorded) => Outcome::Done,
            Err(outcome) => outcome,
        };
        self.count(&job, outcome.name(), begun);
        let (ended, mut tries) = (Instant::now(), 1);
        loop {
            match self.recorder.record(&self.services, job.lease(), &outcome).await {
                Err(error) if tries < OUTCOME_TRIES || (is_outage(&error) && ended.elapsed() < LEASE) => {
                    tracing::debug!(job = job.name, id = %job.id, error = %error, "an outcome is not on record");
                    tokio::time::sleep(LOOK_EVERY).await;
                    tries += 1;
                }
                Ok(recorded) => {
                    if !recorded {
                        tell_of_lost_lease(&job);
                    }
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn attempt(&self, origin: Origin, job: &mut LeasedJob) -> Result<Ended, Outcome> {
        let Some(registered) = self.registry.jobs.get(job.name.as_str()) else {
            // Whoever leases asks for jobs that it knows.
            return Ok(Ended::LeaseLost);
        };
        let failure = if job.attempts > registered.retry.attempts.max(FEWEST_STARTS) {
            "the runner went away at the last attempt".to_owned().into()
        } else {
            let payload = std::mem::take(&mut job.payload);
            let given = Attempt { services: self.services.clone(), lease: job.lease(), payload };
            let work = async { (registered.handler)(given).await };
            let ended = tokio::select! {
                ended = attempt(origin, registered.timeout, work) => ended,
                never = self.keep_lease(job) => match never {},
            };
            match ended {
                Ok(ended) => return Ok(ended),
                Err(failure) => failure,
            }
        };
        Err(self.after_failure(job, registered.retry, failure))
    }

    fn after_failure(&self, job: &LeasedJob, retry: RetryPolicy, failure: Failure) -> Outcome {
        let Failure { reason: failure, not_before } = failure;
        if job.attempts >= retry.attempts {
            tracing::error!(job = job.name, id = %job.id, failure, "a job failed for good");
            return Outcome::Dead { failure };
        }
        tracing::warn!(job = job.name, id = %job.id, attempt = job.attempts, failure, "a job failed");
        let policy = || self.services.clock.now() + retry.wait(job.attempts, rand::random());
        let run_at = not_before.unwrap_or_else(policy);
        Outcome::Again { run_at, failure }
    }

    /// Renews the lease while the job is worked on, for as long as it is polled. Where the database does not let it,
    /// the job may run twice at once, which its handler has to bear anyway.
    async fn keep_lease(&self, job: &LeasedJob) -> Infallible {
        let clock = &self.services.clock;
        let mut renewed = clock.now();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = clock.now();
            if (now - renewed).to_std().is_ok_and(|passed| passed >= RENEW_AFTER)
                && let Ok(mut conn) = self.services.database.conn().await
                && store::renew_lease(&mut conn, job.lease(), now + LEASE).await.is_ok()
            {
                renewed = now;
            }
        }
    }

    fn count(&self, job: &LeasedJob, outcome: &'static str, begun: Instant) {
        let Some((name, _)) = self.registry.jobs.get_key_value(job.name.as_str()) else { return };
        metrics::counter!("jobs_attempts_total", "job" => *name, "outcome" => outcome).increment(1);
        metrics::histogram!("jobs_duration_seconds", "job" => *name).record(begun.elapsed().as_secs_f64());
    }
}

fn tell_of_lost_lease(job: &LeasedJob) {
    tracing::warn!(job = job.name, id = %job.id, "a job ended after its lease; another has it");
}
