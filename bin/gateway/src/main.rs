//! The gateway's commands.

use std::collections::HashMap;
use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use assembly::settings::Settings;
use assembly::{LogTo, complete_and_migrate, start_log};
use clap::{Parser, Subcommand};
use gateway::openapi::Document;
use gateway::{GivenParts, Routes, StartOptions, demo, doctor};
use kernel::Clock;

mod superuser;

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
    /// Makes the demonstration data, unless it is there; with `--scale`, a market of that size instead.
    SeedDemo(SeedDemo),
    /// Looks for what does not hold in the database, at one instant and without changing anything.
    ///
    /// Ends with 0 when everything holds, with 1 when something does not, and with 2 when it could not look.
    Doctor(Doctor),
    /// Prints the OpenAPI document.
    Openapi,
    /// Makes the account with this email address an admin, and the account itself if there is none.
    ///
    /// A new account's password is taken from `SILKCART_SUPERUSER_PASSWORD`, or made up and printed once.
    Superuser {
        /// The email address.
        #[arg(long)]
        email: String,
    },
}

#[derive(clap::Args, Debug)]
struct SeedDemo {
    /// How many listings and products there shall be; what is there already counts.
    #[arg(long, value_name = "LISTINGS")]
    scale: Option<usize>,
    /// How many vendors; a twentieth of the listings unless given.
    #[arg(long, requires = "scale")]
    vendors: Option<usize>,
    /// How many approved centers.
    #[arg(long, requires = "scale", default_value_t = 500)]
    centers: usize,
    /// How many customers, half of them in the dense and half in the sparse region.
    #[arg(long, requires = "scale", default_value_t = 200)]
    customers: usize,
    /// What everything random follows from.
    #[arg(long, requires = "scale", default_value_t = 1)]
    seed: u64,
    /// Says what is there as JSON, with the visitors to try it as.
    #[arg(long, requires = "scale")]
    json: bool,
}

#[derive(clap::Args, Debug)]
struct Doctor {
    /// Mends what can be mended without losing anything, and looks again.
    #[arg(long)]
    repair: bool,
    /// Reports, and repairs, only this; may be given more than once.
    #[arg(long, value_name = "CODE")]
    only: Vec<String>,
    /// Says it as JSON.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let failure =
        if matches!(cli.command, Command::Doctor(_)) { ExitCode::from(2) } else { ExitCode::FAILURE };
    match run(cli).await {
        Ok(code) => code,
        Err(error) => {
            // Without a backtrace: what an operator did wrong is in the words.
            eprintln!("error: {error:#}");
            failure
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode> {
    // Fails only where a provider is installed already, which serves as well.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut environment: HashMap<String, String> = std::env::vars().collect();
    if matches!(cli.command, Command::Serve { embedded: true }) {
        environment.remove("DATABASE_URL");
    }
    let password = environment.remove(superuser::PASSWORD);
    let settings = Settings::read(&environment)?;
    match cli.command {
        Command::Serve { .. } => serve(settings).await?,
        Command::Migrate => {
            start_log(&settings.log, LogTo::Stdout)?;
            let url = settings.database.url.context("set DATABASE_URL")?;
            let applied = migrations::run(url.expose()).await?;
            tracing::info!(?applied, "the database is up to date");
        }
        Command::SeedDemo(options) => seed_demo(settings, options).await?,
        Command::Doctor(options) => return examine(settings, &options).await,
        Command::Openapi => {
            let document = Document::of(&Routes::default(), &settings);
            std::io::stdout().write_all(document.json().as_bytes())?;
        }
        Command::Superuser { email } => {
            start_log(&settings.log, LogTo::Stdout)?;
            let (settings, embedded) = complete_and_migrate(settings).await?;
            let outcome = superuser::make(&settings, email, password).await;
            embedded.stop().await?;
            outcome?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(settings: Settings) -> Result<()> {
    start_log(&settings.log, LogTo::Stdout)?;
    let (settings, embedded) = complete_and_migrate(settings).await?;
    let with_demo = settings.server.demo;
    if with_demo {
        demo::seed(&gateway::assemble(settings.clone(), GivenParts::default(), 0)?).await?;
    }
    let running = gateway::start(StartOptions::new(settings)).await?;
    tracing::info!(url = running.base_url, "serving");
    greet(&running.base_url, with_demo)?;
    running.wait().await?;
    embedded.stop().await
}

/// Tells a person at a terminal where to look.
fn greet(base_url: &str, with_demo: bool) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "\nSilkCart serves at {base_url}")?;
    writeln!(out, "  documentation  {base_url}/api/docs/")?;
    writeln!(out, "  the document   {base_url}/api/schema/")?;
    writeln!(out, "  listings       {base_url}/api/v1/listings?address=Boulder,%20CO")?;
    if with_demo {
        writeln!(out, "Demonstration accounts, all with the password {}:", demo::PASSWORD)?;
        for email in [demo::CUSTOMER, demo::GARDENER, demo::MAKER, demo::ADMIN] {
            writeln!(out, "  {email}")?;
        }
    }
    Ok(())
}

async fn seed_demo(settings: Settings, options: SeedDemo) -> Result<()> {
    anyhow::ensure!(
        !settings.is_production(),
        "the demonstration's password is public: production has no such data"
    );
    start_log(&settings.log, LogTo::Stderr)?;
    let (settings, embedded) = complete_and_migrate(settings).await?;
    let outcome = make_demo(settings, &options).await;
    embedded.stop().await?;
    outcome
}

async fn make_demo(settings: Settings, options: &SeedDemo) -> Result<()> {
    let state = gateway::assemble(settings, GivenParts::default(), 0)?;
    let Some(listings) = options.scale else {
        let made = demo::seed(&state).await?;
        tracing::info!(made, "the demonstration data is there");
        return Ok(());
    };
    let scale = demo::Scale {
        listings,
        vendors: options.vendors,
        centers: options.centers,
        customers: options.customers,
        seed: options.seed,
    };
    let summary = demo::grow(&state, &scale).await?;
    let mut out = std::io::stdout();
    if options.json {
        serde_json::to_writer(&mut out, &summary)?;
        writeln!(out)?;
    } else {
        write!(out, "{summary}")?;
    }
    Ok(())
}

async fn examine(mut settings: Settings, options: &Doctor) -> Result<ExitCode> {
    start_log(&settings.log, LogTo::Stderr)?;
    assembly::join_running(&mut settings)?;
    let (settings, embedded) = assembly::complete(settings).await?;
    let outcome = report(&settings, options).await;
    embedded.stop().await?;
    let report = outcome?;
    let mut out = std::io::stdout();
    if options.json {
        serde_json::to_writer(&mut out, &report)?;
        writeln!(out)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(if report.clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn report(settings: &Settings, options: &Doctor) -> Result<doctor::Report> {
    let url = settings.database.url.as_ref().context("set DATABASE_URL")?.expose();
    let now = kernel::SystemClock.now();
    if options.repair {
        doctor::repair(url, now, &options.only).await
    } else {
        doctor::examine(url, now, &options.only).await
    }
}
