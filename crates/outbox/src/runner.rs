//! Runs what the registry knows, in this process: due jobs, subscribers and schedules.
//!
//! Any number of runners may share a database: rows are claimed with `SKIP LOCKED`.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    Backlog, Executor, HandlerError, LEASE, Patience, Registry, Services, Waker, backlog, dispatch, store,
};

const JOBS_AT_ONCE: usize = 8;
const POLL: Duration = Duration::from_millis(500);

/// An in-process runner. Clones share the same wake-up call.
#[derive(Clone, Debug)]
pub struct Runner {
    executor: Executor,
    waker: Waker,
}

/// The jobs that a runner has begun. Each ends well when its outcome, good or bad, is on record.
type Running = JoinSet<Result<(), HandlerError>>;

impl Runner {
    /// A runner of `registry`'s handlers.
    #[must_use]
    pub fn new(registry: Registry, services: Services) -> Self {
        Self { executor: Executor::new(registry, services), waker: Waker::of_this_process() }
    }

    /// Makes the runner look for work now rather than at its next poll.
    pub fn wake(&self) {
        self.waker.wake();
    }

    /// What [`wake`](Self::wake) calls, for whoever passes the call on to where the work is run.
    #[must_use]
    pub fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Changes whenever this runner has given facts their positions.
    #[must_use]
    pub fn numbered(&self) -> watch::Receiver<()> {
        self.executor.numbered()
    }

    /// What waits to be done at the clock's present instant.
    pub async fn backlog(&self) -> Result<Backlog, HandlerError> {
        let services = self.executor.services();
        let mut conn = services.database.conn().await?;
        Ok(backlog(&mut conn, services.clock.now()).await?)
    }

    /// Works until `stop`; what has been begun is finished. Lives through outages of the database.
    pub async fn run(self, stop: CancellationToken) {
        let mut running = Running::new();
        let mut patience = Patience::of("the job runner");
        while !stop.is_cancelled() {
            let rest = match self.step(&mut running).await {
                Ok(done) => {
                    patience.succeed();
                    if done > 0 {
                        continue;
                    }
                    POLL
                }
                Err(error) => patience.fail(&error).max(POLL),
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.waker.woken() => {}
                Some(ended) = next_ended(&mut running) => complain(ended),
                () = tokio::time::sleep(rest) => {}
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

    /// One round: schedules, then facts, then as many due jobs as there are hands free. What fails in
    /// one part does not keep the others from their work.
    async fn step(&self, running: &mut Running) -> Result<usize, HandlerError> {
        self.executor.enrol().await?;
        let parts = [
            self.executor.tick_schedules().await,
            self.executor.pump_feed().await,
            self.begin_due_jobs(running).await,
        ];
        parts.into_iter().sum()
    }

    async fn begin_due_jobs(&self, running: &mut Running) -> Result<usize, HandlerError> {
        let names = self.executor.registry().job_names();
        let free = JOBS_AT_ONCE.saturating_sub(running.len());
        if free == 0 || names.is_empty() {
            return Ok(0);
        }
        let services = self.executor.services();
        let mut conn = services.database.conn().await?;
        let now = services.clock.now();
        store::release_lost_jobs(&mut conn, now, now - dispatch::LOST_AFTER).await?;
        let leased = store::lease_due_jobs(&mut conn, &names, now, now + LEASE, free).await?;
        let count = leased.len();
        for job in leased {
            let executor = self.executor.clone();
            running.spawn(async move { executor.perform(job).await });
        }
        Ok(count)
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
