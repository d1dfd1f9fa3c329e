//! A worker with work of one's own: how another program would use this library. It counts, so that a test or a bench
//! can kill it and look whether anything was lost or done twice.
//!
//! `counting_worker <database url> <amqp url> <namespace> <jobs at once>` works until SIGTERM.

mod count;

use std::sync::Arc;

use anyhow::{Context, Result};
use broker::Broker;
use db::{Database, PoolSettings};
use kernel::SystemClock;
use outbox::{Registry, Services};
use tokio::signal::unix::{SignalKind, signal};
use worker::StartOptions;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &'static str| arguments.next().with_context(|| format!("which {what}?"));
    let (url, amqp, namespace) = (next("database")?, next("broker")?, next("namespace")?);
    let jobs_at_once = next("number of jobs at once")?.parse()?;
    let mut registry = Registry::default();
    count::register(&mut registry);
    let mut terminate = signal(SignalKind::terminate())?;
    let running = worker::start(StartOptions {
        registry,
        services: Services {
            database: Database::open(&PoolSettings::new(url))?,
            clock: Arc::new(SystemClock),
        },
        broker: Broker::at(&amqp, &namespace, "counting worker")?,
        jobs_at_once,
        bind: ([127, 0, 0, 1], 0).into(),
    })
    .await?;
    // To where it can be asked how it is.
    eprintln!("{}", running.base_url);
    terminate.recv().await;
    running.stop().await
}
