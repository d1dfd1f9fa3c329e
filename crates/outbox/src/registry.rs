//! What this process knows how to do: a handler per job, per subscription and per schedule.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use db::{Conn, Database};
use futures_util::future::{BoxFuture, FutureExt};
use kernel::Clock;
use serde_json::Value;

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

pub(crate) type JobHandler =
    Arc<dyn Fn(Services, Value) -> BoxFuture<'static, Result<(), HandlerError>> + Send + Sync>;

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

pub(crate) struct Periodic {
    pub name: &'static str,
    pub every: Duration,
}

/// Handlers by name.
#[derive(Default)]
pub struct Registry {
    pub(crate) jobs: HashMap<&'static str, RegisteredJob>,
    pub(crate) subscribers: Vec<(&'static str, EventHandler)>,
    pub(crate) periodic: Vec<Periodic>,
}

impl Registry {
    /// Handles jobs of kind `J`. The handler runs at least once per job and must be idempotent; it
    /// opens its own transactions.
    ///
    /// # Panics
    /// When `J` has a handler already.
    pub fn on_job<J, F, R>(&mut self, handler: F)
    where
        J: Job,
        F: Fn(Services, J) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        let handler: JobHandler =
            Arc::new(move |services, payload| match serde_json::from_value::<J>(payload) {
                Ok(job) => handler(services, job).boxed(),
                Err(error) => async move { Err(HandlerError::from(error)) }.boxed(),
            });
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
        let taken = self.subscribers.iter().any(|(other, _)| *other == name);
        assert!(!taken, "{name} is subscribed already");
        self.subscribers.push((name, Arc::new(handler)));
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
