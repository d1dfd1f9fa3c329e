//! Runs what the registry knows, in process: due jobs, subscribers and schedules.
//!
//! Any number of runners may share a database: rows are claimed with `SKIP LOCKED`.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::result::Error;
use diesel_async::AsyncConnection;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::registry::EventHandler;
use crate::store::{self, LeasedJob};
use crate::{FeedEvent, HandlerError, Registry, RetryPolicy, Services, feed, origin};

const LEASE: TimeDelta = TimeDelta::minutes(5);
const JOBS_AT_ONCE: i64 = 8;
const EVENTS_AT_ONCE: i64 = 100;
const POLL: Duration = Duration::from_millis(500);

/// An in-process runner. Clones share the same wake-up call.
#[derive(Clone, Debug)]
pub struct Runner {
    registry: Arc<Registry>,
    services: Services,
    wake: Arc<Notify>,
}

/// What waits to be run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backlog {
    /// Jobs that are due and not taken.
    pub due_jobs: i64,
    /// Jobs that failed for good.
    pub dead_jobs: i64,
    /// Facts without a position.
    pub unsequenced_events: i64,
}

/// Why the handling of a fact was undone.
enum Halt {
    /// Another runner has the subscription, or its next try is not due.
    NotNow,
    Handler {
        position: i64,
        error: HandlerError,
    },
    Database(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl Runner {
    /// A runner of `registry`'s handlers.
    #[must_use]
    pub fn new(registry: Registry, services: Services) -> Self {
        Self { registry: Arc::new(registry), services, wake: Arc::new(Notify::new()) }
    }

    /// Makes the runner look for work now rather than at its next poll.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Works until `stop`; what has been begun is finished.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.step().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::error!(error = %error, "the job runner cannot reach its queue"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Works until nothing is due at the clock's present instant; returns how much was done.
    pub async fn drain(&self) -> Result<usize, HandlerError> {
        let mut done = 0;
        loop {
            match self.step().await? {
                0 => return Ok(done),
                more => done += more,
            }
        }
    }

    /// What waits to be run at the clock's present instant.
    pub async fn backlog(&self) -> Result<Backlog, HandlerError> {
        let mut conn = self.services.database.conn().await?;
        let now = self.services.clock.now();
        Ok(Backlog {
            due_jobs: store::count_jobs(&mut conn, "queued", now).await?,
            dead_jobs: store::count_jobs(&mut conn, "dead", now).await?,
            unsequenced_events: store::backlog_of_events(&mut conn).await?,
        })
    }

    /// One round: schedules, then facts, then a batch of jobs.
    async fn step(&self) -> Result<usize, HandlerError> {
        Ok(self.tick_schedules().await? + self.pump_feed().await? + self.run_due_jobs().await?)
    }

    async fn tick_schedules(&self) -> Result<usize, HandlerError> {
        let mut conn = self.services.database.conn().await?;
        let now = self.services.clock.now();
        store::release_lost_leases(&mut conn, now).await?;
        let mut claimed = 0;
        for periodic in &self.registry.periodic {
            store::insert_schedule(&mut conn, periodic.name, now).await?;
            let next = now + TimeDelta::from_std(periodic.every)?;
            let due = conn
                .transaction::<_, Error, _>(async |tx| {
                    let due = store::claim_schedule(tx, periodic.name, now, next).await?;
                    if due {
                        store::insert_jobs(tx, periodic.name, vec![serde_json::Value::Null], now, now)
                            .await?;
                    }
                    Ok(due)
                })
                .await?;
            claimed += usize::from(due);
        }
        Ok(claimed)
    }

    async fn pump_feed(&self) -> Result<usize, HandlerError> {
        if self.registry.subscribers.is_empty() {
            return Ok(0);
        }
        let mut conn = self.services.database.conn().await?;
        feed::sequence(&mut conn).await?;
        let mut handled = 0;
        for (name, handler) in &self.registry.subscribers {
            store::insert_subscription(&mut conn, name).await?;
            let outcome = conn.transaction(async |tx| deliver(tx, &self.services, name, handler).await).await;
            match outcome {
                Ok(count) => handled += count,
                Err(Halt::NotNow) => {}
                Err(Halt::Database(error)) => return Err(error.into()),
                Err(Halt::Handler { position, error }) => {
                    let retry_at = self.services.clock.now() + RetryPolicy::STANDARD.wait(1, rand::random());
                    let failure = format!("event {position}: {}", chain(error.as_ref()));
                    tracing::error!(subscriber = name, failure, "a subscriber cannot handle an event");
                    store::fail_subscription(&mut conn, name, retry_at, &failure).await?;
                }
            }
        }
        Ok(handled)
    }

    async fn run_due_jobs(&self) -> Result<usize, HandlerError> {
        let names: Vec<&str> = self.registry.jobs.keys().copied().collect();
        let now = self.services.clock.now();
        let leased = {
            let mut conn = self.services.database.conn().await?;
            store::lease_due_jobs(&mut conn, &names, now, now + LEASE, JOBS_AT_ONCE).await?
        };
        let count = leased.len();
        let mut running: FuturesUnordered<_> = leased.into_iter().map(|job| self.run_job(job)).collect();
        while let Some(outcome) = running.next().await {
            outcome?;
        }
        Ok(count)
    }

    async fn run_job(&self, job: LeasedJob) -> Result<(), HandlerError> {
        let Some(registered) = self.registry.jobs.get(job.name.as_str()) else {
            return Ok(());
        };
        let work = (registered.handler)(self.services.clone(), job.payload);
        // A task of its own, so that a panic in a handler is a failed attempt and not the runner's end.
        let request_id = job.request_id.unwrap_or_else(|| format!("job-{}", job.id));
        let outcome = match tokio::spawn(origin::with_request_id(request_id, work)).await {
            Ok(outcome) => outcome.map_err(|error| chain(error.as_ref())),
            Err(panic) => Err(panic.to_string()),
        };
        let mut conn = self.services.database.conn().await?;
        let now = self.services.clock.now();
        match outcome {
            Ok(()) => store::finish_job(&mut conn, job.id, now, None).await?,
            Err(failure) if job.attempts >= registered.retry.attempts => {
                tracing::error!(job = job.name, id = %job.id, failure, "a job failed for good");
                store::finish_job(&mut conn, job.id, now, Some(&failure)).await?;
            }
            Err(failure) => {
                tracing::warn!(job = job.name, id = %job.id, failure, "a job failed and will be tried again");
                let run_at: DateTime<Utc> = now + registered.retry.wait(job.attempts, rand::random());
                store::retry_job(&mut conn, job.id, run_at, &failure).await?;
            }
        }
        Ok(())
    }
}

/// Hands the next facts to a subscriber and moves its place on; stops before a fact that fails.
async fn deliver(
    tx: &mut db::Conn,
    services: &Services,
    name: &str,
    handler: &EventHandler,
) -> Result<usize, Halt> {
    let place = store::lock_subscription(tx, name).await?.ok_or(Halt::NotNow)?;
    if place.retry_at.is_some_and(|at| at > services.clock.now()) {
        return Err(Halt::NotNow);
    }
    // After a failure facts are taken one by one, so that those before the bad one get through.
    let batch = if place.failures > 0 { 1 } else { EVENTS_AT_ONCE };
    let events = feed::read(tx, place.last_position, batch).await?;
    for event in &events {
        handle_one(tx, services, handler, event).await?;
    }
    if let Some(last) = events.last() {
        store::advance_subscription(tx, name, last.position).await?;
    }
    Ok(events.len())
}

async fn handle_one(
    tx: &mut db::Conn,
    services: &Services,
    handler: &EventHandler,
    event: &FeedEvent,
) -> Result<(), Halt> {
    let request_id = event.request_id.clone().unwrap_or_else(|| format!("event-{}", event.position));
    origin::with_request_id(request_id, handler(tx, services, event))
        .await
        .map_err(|error| Halt::Handler { position: event.position, error })
}

/// An error with its causes, on one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
