//! What this process knows how to do: a handler per job, per subscription and per schedule.

use std::collections::HashMap;
use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use db::{Conn, Database};
use diesel_async::AsyncConnection;
use futures_util::future::{BoxFuture, FutureExt, TryFutureExt};
use kernel::Clock;
use serde_json::Value;

use crate::store::{self, Lease};
use crate::{FeedEvent, Job, RetryPolicy};

/// What every handler is given.
#[derive(Clone, Debug)]
pub struct Services {
    /// The database.
    pub database: Database,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Why a handler failed, kept with the job.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// A job's failure that knows from when on another attempt may succeed: that takes the place of the policy's wait.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct NotBefore {
    /// When to try again.
    pub at: DateTime<Utc>,
    /// Why not now.
    pub reason: String,
}

/// What a handler of any kind is given.
pub(crate) struct Attempt {
    pub services: Services,
    pub lease: Lease,
    pub payload: Value,
}

/// How a handler that did not fail has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    /// That the job is done is still to be put on record.
    Unrecorded,
    /// The handler's own transaction has put it on record.
    Recorded,
    /// The handler's own transaction was undone, since another runner has the job by now.
    LeaseLost,
}

pub(crate) type JobHandler =
    Arc<dyn Fn(Attempt) -> BoxFuture<'static, Result<Ended, HandlerError>> + Send + Sync>;

pub(crate) type EventHandler = Arc<
    dyn for<'a> Fn(&'a mut Conn, &'a Services, &'a FeedEvent) -> BoxFuture<'a, Result<(), HandlerError>>
        + Send
        + Sync,
>;

pub(crate) struct RegisteredJob {
    pub retry: RetryPolicy,
    pub timeout: Duration,
    pub handler: JobHandler,
}

/// Where a subscriber that nobody knew before begins to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Beginning {
    /// At the feed's beginning.
    Everything,
    /// At its present end.
    Now,
}

pub(crate) struct Subscriber {
    pub name: &'static str,
    pub beginning: Beginning,
    pub handler: EventHandler,
}

pub(crate) struct Periodic {
    pub name: &'static str,
    pub every: Duration,
}

/// Why the transaction of a job was undone.
enum Undone {
    Handler(HandlerError),
    LeaseLost,
}

impl From<diesel::result::Error> for Undone {
    fn from(error: diesel::result::Error) -> Self {
        Self::Handler(error.into())
    }
}

/// Handlers by name.
#[derive(Default)]
pub struct Registry {
    pub(crate) jobs: HashMap<&'static str, RegisteredJob>,
    pub(crate) subscribers: Vec<Subscriber>,
    pub(crate) periodic: Vec<Periodic>,
}

impl Registry {
    /// Handles jobs of kind `J`. The handler runs at least once per job and must be idempotent; it
    /// opens its own transactions. What fits into one is better handled by
    /// [`on_job_in_transaction`](Self::on_job_in_transaction).
    ///
    /// # Panics
    /// When `J` has a handler already.
    pub fn on_job<J, F, R>(&mut self, handler: F)
    where
        J: Job,
        F: Fn(Services, J) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        self.insert_job::<J>(Arc::new(move |attempt| match serde_json::from_value::<J>(attempt.payload) {
            Ok(job) => handler(attempt.services, job).map_ok(|()| Ended::Unrecorded).boxed(),
            Err(error) => ready(Err(error.into())).boxed(),
        }));
    }

    /// Handles jobs of kind `J` in the transaction that records that they are done: the handler's effect on the
    /// database happens exactly once per job, whatever fails and whoever is killed when. It must not leave the
    /// database, nor take longer than a transaction may.
    ///
    /// # Panics
    /// When `J` has a handler already.
    pub fn on_job_in_transaction<J, F>(&mut self, handler: F)
    where
        J: Job,
        F: for<'a> Fn(&'a mut Conn, &'a Services, J) -> BoxFuture<'a, Result<(), HandlerError>>
            + Send
            + Sync
            + 'static,
    {
        let handler = Arc::new(handler);
        self.insert_job::<J>(Arc::new(move |attempt| {
            let handler = Arc::clone(&handler);
            async move {
                let Attempt { services, lease, payload } = attempt;
                let job = serde_json::from_value::<J>(payload)?;
                let mut conn = services.database.conn().await?;
                let outcome = conn
                    .transaction(async |tx| {
                        handler(tx, &services, job).await.map_err(Undone::Handler)?;
                        let recorded = store::finish_job(tx, lease, services.clock.now()).await?;
                        if recorded { Ok(()) } else { Err(Undone::LeaseLost) }
                    })
                    .await;
                match outcome {
                    Ok(()) => Ok(Ended::Recorded),
                    Err(Undone::LeaseLost) => Ok(Ended::LeaseLost),
                    Err(Undone::Handler(error)) => Err(error),
                }
            }
            .boxed()
        }));
    }

    fn insert_job<J: Job>(&mut self, handler: JobHandler) {
        let job = RegisteredJob { retry: J::RETRY, timeout: J::TIMEOUT, handler };
        assert!(self.jobs.insert(J::NAME, job).is_none(), "{} is handled already", J::NAME);
    }

    /// Handles jobs of kind `J`, a unit struct (the payload is `null`), and asks for one every `every`,
    /// beginning at once. Rounds that were missed are not made up for.
    ///
    /// # Panics
    /// When `J` has a handler already.
    pub fn every<J, F, R>(&mut self, every: Duration, handler: F)
    where
        J: Job,
        F: Fn(Services, J) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        self.on_job(handler);
        self.periodic.push(Periodic { name: J::NAME, every });
    }

    /// Reads the feed under `name`; a new name begins at the feed's beginning. The handler works in the
    /// transaction that moves the subscriber's place on, so its effect on the database happens exactly
    /// once per fact. What takes long or leaves the database is enqueued as a job. While a fact fails,
    /// those after it wait, and it is tried again every ten seconds or so.
    ///
    /// # Panics
    /// When `name` has a handler already.
    pub fn on_events<F>(&mut self, name: &'static str, handler: F)
    where
        F: for<'a> Fn(&'a mut Conn, &'a Services, &'a FeedEvent) -> BoxFuture<'a, Result<(), HandlerError>>
            + Send
            + Sync
            + 'static,
    {
        self.subscribe(name, Beginning::Everything, Arc::new(handler));
    }

    /// Like [`on_events`](Self::on_events), but a new name begins at the feed's present end: for what must not be done
    /// again for everything that ever happened, such as telling people of it. A fact that was written before, and whose
    /// transaction had not been committed or numbered yet, is still to come.
    ///
    /// # Panics
    /// When `name` has a handler already.
    pub fn on_events_from_now<F>(&mut self, name: &'static str, handler: F)
    where
        F: for<'a> Fn(&'a mut Conn, &'a Services, &'a FeedEvent) -> BoxFuture<'a, Result<(), HandlerError>>
            + Send
            + Sync
            + 'static,
    {
        self.subscribe(name, Beginning::Now, Arc::new(handler));
    }

    fn subscribe(&mut self, name: &'static str, beginning: Beginning, handler: EventHandler) {
        let taken = self.subscribers.iter().any(|other| other.name == name);
        assert!(!taken, "{name} is subscribed already");
        self.subscribers.push(Subscriber { name, beginning, handler });
    }

    /// The names of the jobs that are handled, sorted.
    #[must_use]
    pub fn job_names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.jobs.keys().copied().collect();
        names.sort_unstable();
        names
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("jobs", &self.job_names()).finish_non_exhaustive()
    }
}
