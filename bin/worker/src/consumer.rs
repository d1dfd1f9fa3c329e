//! Doing the jobs that the broker tells of.
//!
//! A message is dealt with once the job's outcome is on record, or when there is nothing to do: the job is done, or
//! another worker has it. Whatever ends this process before that, the broker tells somebody else.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use broker::{Broker, BrokerError, JobConsumer, Told};
use kernel::JobId;
use outbox::{Executor, LeasedJob};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use outbox::Patience;

/// How long jobs that have begun may take to end once the worker is to stop; what takes longer is done by another
/// when its lease is over.
const DRAIN: Duration = Duration::from_secs(25);

/// The jobs that were begun.
type Begun = JoinSet<Result<(), BrokerError>>;

/// A consumer's parts.
#[derive(Debug)]
pub(crate) struct Consumer {
    pub executor: Executor,
    pub broker: Broker,
    /// The most jobs at once.
    pub at_once: u16,
    /// Told when a job has left facts.
    pub facts: Arc<Notify>,
    /// Told when a job has asked for jobs.
    pub jobs: Arc<Notify>,
}

impl Consumer {
    /// Works until `stop`, then finishes what was begun.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut patience = Patience::of("the consumer");
        while !stop.is_cancelled() {
            if let Err(error) = self.session(&stop, &mut patience).await {
                patience.bear(&format!("{error:#}"), &stop).await;
            }
        }
    }

    /// Works for as long as the link holds.
    async fn session(&self, stop: &CancellationToken, patience: &mut Patience) -> Result<()> {
        let link = self.broker.connect().await?;
        let mut consumer = link.job_consumer(self.at_once).await?;
        let mut begun = Begun::new();
        let ended = self.consume(&mut consumer, &mut begun, stop, patience).await;
        // What was begun goes on without the broker: its outcome belongs to the database.
        let drained = timeout(DRAIN, async { while begun.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            tracing::warn!(jobs = begun.len(), "jobs are left to their leases");
        }
        ended?;
        link.close().await;
        Ok(())
    }

    async fn consume(
        &self,
        consumer: &mut JobConsumer,
        begun: &mut Begun,
        stop: &CancellationToken,
        patience: &mut Patience,
    ) -> Result<()> {
        loop {
            let told = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Some(ended) = begun.join_next() => {
                    ended.context("a job's task broke down")??;
                    continue;
                }
                told = consumer.next(usize::from(self.at_once)) => told?,
            };
            let Some(leased) = self.lease(&told, stop, patience).await else { return Ok(()) };
            patience.succeed();
            let mut leased: HashMap<_, _> = leased.into_iter().map(|job| (job.id(), job)).collect();
            for told in told {
                match leased.remove(&JobId(told.job)) {
                    Some(job) => {
                        let (facts, jobs) = (Arc::clone(&self.facts), Arc::clone(&self.jobs));
                        begun.spawn(perform(self.executor.clone(), facts, jobs, job, told));
                    }
                    None => told.dealt_with().await?,
                }
            }
        }
    }

    /// Takes the jobs that it was told of; none when the worker is to stop. Messages are kept while the database is
    /// away: giving them back would have them told again at once, and count as a failed delivery.
    async fn lease(
        &self,
        told: &[Told],
        stop: &CancellationToken,
        patience: &mut Patience,
    ) -> Option<Vec<LeasedJob>> {
        let ids: Vec<_> = told.iter().map(|told| JobId(told.job)).collect();
        while !stop.is_cancelled() {
            match self.executor.lease(&ids).await {
                Ok(leased) => return Some(leased),
                Err(error) => patience.bear(&error, stop).await,
            }
        }
        None
    }
}

async fn perform(
    executor: Executor,
    facts: Arc<Notify>,
    jobs: Arc<Notify>,
    job: LeasedJob,
    told: Told,
) -> Result<(), BrokerError> {
    let (performed, left_work) = outbox::noticing_work(executor.perform(job)).await;
    if left_work {
        facts.notify_one();
        jobs.notify_one();
    }
    if let Err(error) = performed {
        tracing::error!(error = %error, "a job's outcome is lost; it runs again after its lease");
    }
    told.dealt_with().await
}
