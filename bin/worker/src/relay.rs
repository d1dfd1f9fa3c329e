//! Telling the broker of jobs that are due.
//!
//! Jobs are marked as sent and committed before the broker hears of them, so that no consumer waits for this
//! transaction. Those that it could not be told of are put back; should that fail too, or this process be killed in
//! between, they are found again because they were sent and never begun.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use broker::{Broker, JobMessage, JobPublisher};
use outbox::{Dispatch, Due, Executor, HandlerError};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use outbox::Patience;

const AT_ONCE: usize = 500;
/// While so many jobs are with the broker and not begun, it is told of no more: the table is the queue, the broker
/// hands out what is next.
const MOST_SENT: usize = 2_000;
const POLL: Duration = Duration::from_millis(500);
/// While the broker has enough: consumers, which may be other processes, take a good part of it in the meantime, and
/// never all.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const RECOVER_EVERY: Duration = Duration::from_secs(5);

/// Works until `stop`. `jobs` says that there may be some.
pub(crate) async fn run(executor: Executor, broker: Broker, jobs: Arc<Notify>, stop: CancellationToken) {
    let mut patience = Patience::of("the relay");
    while !stop.is_cancelled() {
        if let Err(error) = session(&executor, &broker, &jobs, &stop, &mut patience).await {
            patience.bear(&format!("{error:#}"), &stop).await;
        }
    }
}

/// Works for as long as the link holds.
async fn session(
    executor: &Executor,
    broker: &Broker,
    jobs: &Notify,
    stop: &CancellationToken,
    patience: &mut Patience,
) -> Result<()> {
    let link = broker.connect().await?;
    let publisher = link.job_publisher().await?;
    let mut recovered: Option<Instant> = None;
    while !stop.is_cancelled() {
        if recovered.is_none_or(|then| then.elapsed() >= RECOVER_EVERY) {
            recover(executor, &publisher).await?;
            recovered = Some(Instant::now());
        }
        let relayed = relay_due(executor, &publisher).await?;
        patience.succeed();
        let rest = match relayed {
            Relayed::Some(AT_ONCE) => continue,
            Relayed::Some(_) => POLL,
            Relayed::BrokerHasEnough => LOOK_AGAIN,
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = jobs.notified() => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
    link.close().await;
    Ok(())
}

/// What a round has come to.
enum Relayed {
    /// So many jobs.
    Some(usize),
    BrokerHasEnough,
}

/// Tells the broker of jobs that are due.
async fn relay_due(executor: &Executor, publisher: &JobPublisher) -> Result<Relayed> {
    let taken = match executor.take_due(AT_ONCE, MOST_SENT).await.map_err(failed)? {
        Due::Later => return Ok(Relayed::BrokerHasEnough),
        Due::Now(none) if none.is_empty() => return Ok(Relayed::Some(0)),
        Due::Now(taken) => taken,
    };
    let messages: Vec<_> = taken.iter().map(message).collect();
    let safe = match publisher.publish(&messages).await {
        Ok(safe) => safe,
        Err(error) => {
            let all: Vec<_> = taken.iter().map(|job| job.id).collect();
            put_back(executor, &all).await;
            return Err(error.into());
        }
    };
    let refused: Vec<_> =
        taken.iter().zip(&safe).filter(|(_, safe)| !**safe).map(|(job, _)| job.id).collect();
    metrics::counter!("relay_jobs_total", "outcome" => "sent").increment(count(taken.len() - refused.len()));
    if !refused.is_empty() {
        metrics::counter!("relay_jobs_total", "outcome" => "refused").increment(count(refused.len()));
        put_back(executor, &refused).await;
        anyhow::bail!("the broker has refused {} of {} jobs", refused.len(), taken.len());
    }
    Ok(Relayed::Some(taken.len()))
}

async fn put_back(executor: &Executor, jobs: &[kernel::JobId]) {
    if let Err(error) = executor.put_back(jobs).await {
        tracing::debug!(error = %error, jobs = jobs.len(), "jobs that were not sent are found again later");
    }
}

/// Finds what was lost, and tells how long the broker's queues are.
async fn recover(executor: &Executor, publisher: &JobPublisher) -> Result<()> {
    let (waiting, dead) = publisher.waiting().await?;
    metrics::gauge!("broker_messages_waiting").set(f64::from(waiting));
    metrics::gauge!("broker_messages_dead").set(f64::from(dead));
    let found = executor.recover_lost(waiting == 0).await.map_err(failed)?;
    if found > 0 {
        metrics::counter!("jobs_recovered_total").increment(count(found));
        tracing::warn!(jobs = found, "jobs whose worker or message was lost are done anew");
    }
    Ok(())
}

fn message(job: &Dispatch) -> JobMessage {
    JobMessage { job: job.id.0, request_id: job.request_id.clone(), trace_parent: job.trace_parent.clone() }
}

fn failed(error: HandlerError) -> anyhow::Error {
    anyhow::anyhow!(error)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
