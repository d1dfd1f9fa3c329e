//! The gateway's commands.

use std::collections::HashMap;
use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use gateway::openapi::Document;
use gateway::settings::{LogFormat, LogSettings, Settings};
use gateway::{Routes, StartOptions, embedded};
use tracing_subscriber::EnvFilter;

/// The REST gateway of SilkCart.
#[derive(Parser, Debug)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serves requests until SIGINT or SIGTERM.
    Serve {
        /// Starts a database of its own, whatever `DATABASE_URL` says.
        #[arg(long)]
        embedded: bool,
    },
    /// Brings the database at `DATABASE_URL` up to date.
    Migrate,
    /// Prints the OpenAPI document.
    Openapi,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a backtrace: what an operator did wrong is in the words.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    // Fails only where a provider is installed already, which serves as well.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut environment: HashMap<String, String> = std::env::vars().collect();
    if matches!(cli.command, Command::Serve { embedded: true }) {
        environment.remove("DATABASE_URL");
    }
    let settings = Settings::read(&environment)?;
    match cli.command {
        Command::Serve { .. } => serve(settings).await,
        Command::Migrate => {
            start_log(&settings.log)?;
            let url = settings.database.url.context("set DATABASE_URL")?;
            let applied = migrations::run(url.expose()).await?;
            tracing::info!(?applied, "the database is up to date");
            Ok(())
        }
        Command::Openapi => {
            let document = Document::of(&Routes::default(), &settings);
            std::io::stdout().write_all(document.json().as_bytes())?;
            Ok(())
        }
    }
}

async fn serve(mut settings: Settings) -> Result<()> {
    start_log(&settings.log)?;
    let (settings, postgres) = tokio::task::spawn_blocking(move || {
        let postgres = embedded::complete(&mut settings)?;
        anyhow::Ok((settings, postgres))
    })
    .await??;
    if let (Some(_), Some(url)) = (&postgres, &settings.database.url) {
        // A database of our own has no other operator who would migrate it.
        migrations::run(url.expose()).await?;
    }
    let running = gateway::start(StartOptions::new(settings)).await?;
    tracing::info!(url = running.base_url, "serving");
    running.wait().await?;
    if let Some(postgres) = postgres {
        tokio::task::spawn_blocking(move || postgres.stop()).await??;
    }
    Ok(())
}

fn start_log(settings: &LogSettings) -> Result<()> {
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::try_new(&settings.filter)?);
    match settings.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).try_init(),
    }
    .map_err(|error| anyhow::anyhow!("cannot start the log: {error}"))
}
