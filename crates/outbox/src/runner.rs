//! Runs what the registry knows, in process: due jobs, subscribers and schedules.
//!
//! Any number of runners may share a database: rows are claimed with `SKIP LOCKED`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use db::Conn;
use diesel::result::Error;
use diesel_async::{AnsiTransactionManager, AsyncConnection, TransactionManager};
use tokio::sync::{Notify, OnceCell};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::attempt::attempt;
use crate::registry::EventHandler;
use crate::setback::{Setback, is_outage};
use crate::store::{self, LeasedJob};
use crate::{HandlerError, LEASE, Registry, RetryPolicy, Services, feed};

const JOBS_AT_ONCE: usize = 8;
const EVENTS_AT_ONCE: usize = 100;
/// Less than the pool lets a transaction sit idle.
const EVENT_TIMEOUT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(500);
/// While the database is away it is tried for as long as a lease lasts.
const OUTCOME_TRIES: u32 = 5;
/// How often a job is begun before it is blamed for runners that went away. A runner may be killed for reasons of its
/// own while it works on a job that has a single attempt.
const FEWEST_STARTS: i32 = 2;
/// How much of a lease may be over before it is renewed.
const RENEW_AFTER: Duration = Duration::from_secs(LEASE.as_secs() / 3);

/// An in-process runner. Clones share the same wake-up call.
#[derive(Clone, Debug)]
pub struct Runner {
    registry: Arc<Registry>,
    services: Services,
    wake: Arc<Notify>,
    enrolled: Arc<OnceCell<()>>,
}

/// The jobs that a runner has begun. Each ends well when its outcome, good or bad, is on record.
type Running = JoinSet<Result<(), HandlerError>>;

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

/// Why the handling of a batch of facts was undone.
enum Halt {
    /// The fact after the first `handled` failed.
    Handler {
        handled: usize,
        failure: String,
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
        let (wake, enrolled) = (Arc::new(Notify::new()), Arc::new(OnceCell::new()));
        Self { registry: Arc::new(registry), services, wake, enrolled }
    }

    /// Makes the runner look for work now rather than at its next poll.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Works until `stop`; what has been begun is finished. Lives through outages of the database.
    pub async fn run(self, stop: CancellationToken) {
        let mut running = Running::new();
        let mut setback = Setback::default();
        while !stop.is_cancelled() {
            match self.step(&mut running).await {
                Ok(done) => {
                    setback.overcome();
                    if done > 0 {
                        continue;
                    }
                }
                Err(error) => setback.suffer(&error),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                Some(ended) = next_ended(&mut running) => complain(ended),
                () = tokio::time::sleep(setback.rest(POLL)) => {}
            }
        }
        while let Some(ended) = next_ended(&mut running).await {
            complain(ended);
        }
    }

    /// Works until nothing is due at the clock's present instant and what it began is finished;
    /// returns how much was done. A failing handler is not an error here, a failing database is.
    pub async fn drain(&self) -> Result<usize, HandlerError> {
        let mut running = Running::new();
        let mut outcome = Ok(0);
        loop {
            match self.step(&mut running).await {
                Ok(0) => {}
                Ok(more) => {
                    outcome = outcome.map(|done| done + more);
                    continue;
                }
                Err(error) => outcome = outcome.and(Err(error)),
            }
            match next_ended(&mut running).await {
                Some(ended) => outcome = outcome.and_then(|done| ended.map(|()| done)),
                None => return outcome,
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

    /// One round: schedules, then facts, then as many due jobs as there are hands free. What fails in
    /// one part does not keep the others from their work.
    async fn step(&self, running: &mut Running) -> Result<usize, HandlerError> {
        self.enrolled.get_or_try_init(|| self.enrol()).await?;
        let parts = [self.tick_schedules().await, self.pump_feed().await, self.begin_due_jobs(running).await];
        parts.into_iter().sum()
    }

    /// Makes the schedules and the subscribers known to the database, once in this runner's life.
    async fn enrol(&self) -> Result<(), HandlerError> {
        let mut conn = self.services.database.conn().await?;
        let now = self.services.clock.now();
        for periodic in &self.registry.periodic {
            store::insert_schedule(&mut conn, periodic.name, now).await?;
        }
        for (name, _) in &self.registry.subscribers {
            store::insert_subscription(&mut conn, name).await?;
        }
        Ok(())
    }

    async fn tick_schedules(&self) -> Result<usize, HandlerError> {
        let names: Vec<&str> = self.registry.periodic.iter().map(|periodic| periodic.name).collect();
        if names.is_empty() {
            return Ok(0);
        }
        let mut conn = self.services.database.conn().await?;
        let now = self.services.clock.now();
        let due = store::list_due_schedules(&mut conn, &names, now).await?;
        let mut claimed = 0;
        for periodic in
            self.registry.periodic.iter().filter(|periodic| due.iter().any(|d| d == periodic.name))
        {
            let next = now + TimeDelta::from_std(periodic.every)?;
            let begun = conn
                .transaction::<_, Error, _>(async |tx| {
                    let begun = store::claim_schedule(tx, periodic.name, now, next).await?;
                    if begun {
                        let payload = vec![serde_json::Value::Null];
                        store::insert_jobs(tx, periodic.name, payload, now, now).await?;
                    }
                    Ok(begun)
                })
                .await?;
            claimed += usize::from(begun);
        }
        Ok(claimed)
    }

    async fn pump_feed(&self) -> Result<usize, HandlerError> {
        let names: Vec<&str> = self.registry.subscribers.iter().map(|(name, _)| *name).collect();
        if names.is_empty() {
            return Ok(0);
        }
        let behind = {
            let mut conn = self.services.database.conn().await?;
            feed::sequence(&mut conn).await?;
            store::list_subscriptions_behind(&mut conn, &names, self.services.clock.now()).await?
        };
        let mut handled = 0;
        for (name, handler) in
            self.registry.subscribers.iter().filter(|(name, _)| behind.iter().any(|b| b == name))
        {
            handled += self.deliver(name, handler).await?;
        }
        Ok(handled)
    }

    /// Hands a subscriber its next facts, as many of them as it takes; a fact that it does not take is
    /// put on record when it is the next.
    async fn deliver(&self, name: &str, handler: &EventHandler) -> Result<usize, HandlerError> {
        // One connection throughout: on another, the place might look taken while a failed commit unwinds.
        let mut conn = self.services.database.conn().await?;
        let mut batch = EVENTS_AT_ONCE;
        loop {
            let outcome =
                conn.transaction(async |tx| self.deliver_batch(tx, name, handler, batch).await).await;
            let (good, failure) = match outcome {
                Ok(count) => return Ok(count),
                Err(Halt::Handler { handled, failure }) => (handled, failure),
                Err(Halt::Database(error)) if db::is_connection_lost(&error) => return Err(error.into()),
                // Which fact it was shows when they come one by one.
                Err(Halt::Database(error)) => (batch / 2, error.to_string()),
            };
            // A handler that stopped within a savepoint of its own has left the transaction around it open.
            while AnsiTransactionManager::rollback_transaction(&mut *conn).await.is_ok() {}
            if good == 0 {
                let retry_at = self.services.clock.now() + RetryPolicy::STANDARD.wait(1, rand::random());
                // Fails where the database has gone away meanwhile, which is no fault of the subscriber's.
                store::fail_subscription(&mut conn, name, retry_at, &failure).await?;
                tracing::error!(subscriber = name, failure, "a subscriber cannot handle an event");
                return Ok(0);
            }
            // Those before it were undone as well, and are handled again without it.
            batch = good;
        }
    }

    /// Hands up to `batch` facts to a subscriber and moves its place on: all of it or nothing.
    async fn deliver_batch(
        &self,
        tx: &mut Conn,
        name: &str,
        handler: &EventHandler,
        batch: usize,
    ) -> Result<usize, Halt> {
        let Some(place) = store::lock_subscription(tx, name, self.services.clock.now()).await? else {
            return Ok(0);
        };
        let events = feed::read(tx, place, i64::try_from(batch).unwrap_or(i64::MAX)).await?;
        for (handled, event) in events.iter().enumerate() {
            let position = event.position;
            let request_id = event.request_id.clone().unwrap_or_else(|| format!("event-{position}"));
            let work = async { handler(tx, &self.services, event).await };
            attempt(request_id, EVENT_TIMEOUT, work).await.map_err(|failure| Halt::Handler {
                handled,
                failure: format!("event {position}: {failure}"),
            })?;
        }
        if let Some(last) = events.last() {
            store::advance_subscription(tx, name, last.position).await?;
        }
        Ok(events.len())
    }

    async fn begin_due_jobs(&self, running: &mut Running) -> Result<usize, HandlerError> {
        let names: Vec<&str> = self.registry.jobs.keys().copied().collect();
        let free = JOBS_AT_ONCE.saturating_sub(running.len());
        if free == 0 || names.is_empty() {
            return Ok(0);
        }
        let mut conn = self.services.database.conn().await?;
        let now = self.services.clock.now();
        store::release_lost_leases(&mut conn, now).await?;
        let leased = store::lease_due_jobs(&mut conn, &names, now, now + LEASE, free).await?;
        let count = leased.len();
        for job in leased {
            running.spawn(self.clone().run_job(job));
        }
        Ok(count)
    }

    async fn run_job(self, mut job: LeasedJob) -> Result<(), HandlerError> {
        let Some(registered) = self.registry.jobs.get(job.name.as_str()) else {
            return Ok(());
        };
        let outcome = if job.attempts > registered.retry.attempts.max(FEWEST_STARTS) {
            Err("the runner went away at the last attempt".to_owned())
        } else {
            let request_id = job.request_id.take().unwrap_or_else(|| format!("job-{}", job.id));
            let payload = std::mem::take(&mut job.payload);
            let work = async { (registered.handler)(self.services.clone(), payload).await };
            tokio::select! {
                outcome = attempt(request_id, registered.timeout, work) => outcome,
                never = self.keep_lease(&job) => match never {},
            }
        };
        if let Err(failure) = &outcome {
            tracing::warn!(job = job.name, id = %job.id, attempt = job.attempts, failure, "a job failed");
        }
        let (ended, mut tries) = (Instant::now(), 1);
        loop {
            match self.record_outcome(&job, registered.retry, &outcome).await {
                Err(error) if tries < OUTCOME_TRIES || (is_outage(&error) && ended.elapsed() < LEASE) => {
                    tracing::debug!(job = job.name, id = %job.id, error = %error, "an outcome is not on record");
                    tokio::time::sleep(POLL).await;
                    tries += 1;
                }
                recorded => return recorded,
            }
        }
    }

    /// Renews the lease while the job is worked on, for as long as it is polled. Where the database does not let it,
    /// the job may run twice at once, which its handler has to bear anyway.
    async fn keep_lease(&self, job: &LeasedJob) -> Infallible {
        let clock = &self.services.clock;
        let mut renewed = clock.now();
        loop {
            tokio::time::sleep(POLL).await;
            let now = clock.now();
            if (now - renewed).to_std().is_ok_and(|passed| passed >= RENEW_AFTER)
                && let Ok(mut conn) = self.services.database.conn().await
                && store::renew_lease(&mut conn, job, now + LEASE).await.is_ok()
            {
                renewed = now;
            }
        }
    }

    async fn record_outcome(
        &self,
        job: &LeasedJob,
        retry: RetryPolicy,
        outcome: &Result<(), String>,
    ) -> Result<(), HandlerError> {
        let mut conn = self.services.database.conn().await?;
        let now = self.services.clock.now();
        let recorded = match outcome {
            Ok(()) => store::finish_job(&mut conn, job, now, None).await?,
            Err(failure) if job.attempts >= retry.attempts => {
                tracing::error!(job = job.name, id = %job.id, failure, "a job failed for good");
                store::finish_job(&mut conn, job, now, Some(failure)).await?
            }
            Err(failure) => {
                let run_at = now + retry.wait(job.attempts, rand::random());
                store::retry_job(&mut conn, job, run_at, failure).await?
            }
        };
        if !recorded {
            tracing::warn!(job = job.name, id = %job.id, "a job ended after its lease; another has it");
        }
        Ok(())
    }
}

/// Waits for a job to end, and takes all that have ended; none when none runs.
async fn next_ended(running: &mut Running) -> Option<Result<(), HandlerError>> {
    let mut ended = flatten(running.join_next().await?);
    while let Some(another) = running.try_join_next() {
        ended = ended.and(flatten(another));
    }
    Some(ended)
}

fn flatten(ended: Result<Result<(), HandlerError>, JoinError>) -> Result<(), HandlerError> {
    ended?
}

fn complain(ended: Result<(), HandlerError>) {
    if let Err(error) = ended {
        tracing::error!(error = %error, "a job's outcome is lost; it runs again after its lease");
    }
}
