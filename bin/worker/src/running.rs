//! Starting a worker in this process, and stopping it in order.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use assembly::figures;
use broker::Broker;
use outbox::{Executor, Listener, Registry, Services};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::consumer::Consumer;
use crate::{announce, feed, relay, status};
use outbox::Patience;

/// What to start.
#[derive(Debug)]
pub struct StartOptions {
    /// What there is to do, and how.
    pub registry: Registry,
    /// What the handlers need.
    pub services: Services,
    /// Where jobs are told of.
    pub broker: Broker,
    /// The most jobs at once.
    pub jobs_at_once: u16,
    /// Where to tell how the worker is; port 0 takes a free one.
    pub bind: SocketAddr,
}

/// A running worker. Dropping it does not stop it: call [`stop`](Self::stop).
#[derive(Debug)]
pub struct Running {
    /// Where it tells how it is, without a trailing slash: `http://127.0.0.1:<port>`.
    pub base_url: String,
    loops: JoinSet<()>,
    status: JoinHandle<()>,
    stop: CancellationToken,
    stop_status: CancellationToken,
}

/// Starts a worker. The database must be migrated; it and the broker may be away.
///
/// # Errors
/// The address is in use.
pub async fn start(options: StartOptions) -> Result<Running> {
    figures::keep();
    let StartOptions { registry, services, broker, jobs_at_once: at_once, bind } = options;
    let listener = TcpListener::bind(bind).await.with_context(|| format!("cannot listen on {bind}"))?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let url = services.database.url().to_owned();
    let executor = Executor::new(registry, services);
    let (stop, stop_status) = (CancellationToken::new(), CancellationToken::new());
    let (facts, jobs) = (Arc::new(Notify::new()), Arc::new(Notify::new()));

    let status = tokio::spawn(status::serve(listener, executor.clone(), stop_status.clone()));
    let mut loops = JoinSet::new();
    loops.spawn(listen(url, Arc::clone(&facts), Arc::clone(&jobs), stop.clone()));
    loops.spawn(feed::run(executor.clone(), Arc::clone(&facts), Arc::clone(&jobs), stop.clone()));
    loops.spawn(relay::run(executor.clone(), broker.clone(), Arc::clone(&jobs), stop.clone()));
    loops.spawn(announce::run(broker.clone(), executor.numbered(), stop.clone()));
    let consumer = Consumer { executor, broker, at_once, facts, jobs };
    loops.spawn(consumer.run(stop.clone()));
    Ok(Running { base_url, loops, status, stop, stop_status })
}

impl Running {
    /// Takes nothing new, finishes the jobs that have begun, and ends.
    pub async fn stop(mut self) -> Result<()> {
        self.stop.cancel();
        let mut outcome = Ok(());
        while let Some(ended) = self.loops.join_next().await {
            outcome = outcome.and(ended.context("a loop of the worker panicked"));
        }
        // To the last moment somebody may ask how it is.
        self.stop_status.cancel();
        self.status.await.context("the worker's status panicked")?;
        outcome
    }
}

/// Hears from other processes that there is work, on a connection of its own.
async fn listen(url: String, facts: Arc<Notify>, jobs: Arc<Notify>, stop: CancellationToken) {
    let mut patience = Patience::of("the listener");
    let wake = || {
        facts.notify_one();
        jobs.notify_one();
    };
    while !stop.is_cancelled() {
        let listening = async {
            let conn = db::connect(&url).await?;
            anyhow::Ok(Listener::on(conn).await?)
        };
        let mut listener = match listening.await {
            Ok(listener) => listener,
            Err(error) => {
                patience.bear(&format!("{error:#}"), &stop).await;
                continue;
            }
        };
        patience.succeed();
        // Something may have been written before anybody listened.
        wake();
        loop {
            let heard = tokio::select! {
                () = stop.cancelled() => return,
                heard = listener.heard() => heard,
            };
            wake();
            if !heard {
                break;
            }
        }
    }
}
