//! The worker's commands.

mod jobs;
mod mail;

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use assembly::settings::Settings;
use assembly::{LogTo, start_log};
use broker::Broker;
use clap::{Parser, Subcommand};
use db::{Database, PoolSettings};
use kernel::{Clock, SystemClock};
use logistics::CenterIndex;
use outbox::{Registry, Services};
use tokio::signal::unix::{SignalKind, signal};
use worker::StartOptions;

/// The worker of SilkCart: everything that happens after a request.
#[derive(Parser, Debug)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Works until SIGINT or SIGTERM, then finishes what it has begun.
    ///
    /// Any number of workers may run. They need the database at `DATABASE_URL` and the broker at `AMQP_URL`; either
    /// may be away for a while.
    Run,
    /// Shows jobs, and has them done after all.
    #[command(subcommand)]
    Jobs(jobs::Command),
    /// Shows what people are written.
    #[command(subcommand)]
    Mail(mail::Command),
}

#[tokio::main]
async fn main() -> ExitCode {
    match execute(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a backtrace: what an operator did wrong is in the words.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(cli: Cli) -> Result<()> {
    // Fails only where a provider is installed already, which serves as well.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let environment: HashMap<String, String> = std::env::vars().collect();
    let mut settings = Settings::read_for_worker(&environment)?;
    // Another process of the same data folder may have the database; the worker starts none of its own.
    assembly::join_running(&mut settings)?;
    match cli.command {
        Command::Run => run(settings).await,
        Command::Jobs(command) => {
            start_log(&settings.log, LogTo::Stderr)?;
            command.execute(&database(&settings)?, SystemClock.now()).await
        }
        Command::Mail(command) => command.execute(&settings),
    }
}

fn database(settings: &Settings) -> Result<Database> {
    let url = settings.database.url.as_ref().context("set DATABASE_URL")?;
    let max_connections = settings.database.max_connections;
    Ok(Database::open(&PoolSettings { max_connections, ..PoolSettings::new(url.expose()) })?)
}

async fn run(settings: Settings) -> Result<()> {
    start_log(&settings.log, LogTo::Stdout)?;
    let chosen = settings.broker.clone();
    let chosen = chosen.context("set AMQP_URL: without a broker the gateway does the jobs itself")?;
    let database = database(&settings)?;
    // What is left to make up are the keys of links, which the gateway keeps in the same folder.
    let (settings, _embedded) = assembly::complete(settings).await?;
    let broker = Broker::at(chosen.url.expose(), &chosen.namespace, "silkcart worker")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let geocoder = assembly::geocoder(&settings, &clock)?;
    let mut registry = Registry::default();
    let post = assembly::Post::of(&settings)?;
    let media = assembly::media(&settings)?;
    assembly::register_work(&mut registry, &geocoder, &Arc::new(CenterIndex::new()), &post, &media);
    let running = worker::start(StartOptions {
        registry,
        services: Services { database, clock },
        broker,
        jobs_at_once: settings.worker.jobs_at_once,
        bind: settings.worker.bind,
    })
    .await?;
    tracing::info!(url = running.base_url, "working");
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping: what has begun is finished");
    running.stop().await
}
