//! The whole run: for each scale one gateway, first what reads, then what writes.
//!
//! Owns the options and the order of things.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::capture::Log;
use crate::cases::{CASES, Case, Scene};
use crate::contest::{Arena, Rounds};
use crate::dataset::Dataset;
use crate::gateway::Program;
use crate::load::Span;
use crate::report::{Footprint, HEAD, Report, line};
use crate::script::type_names;
use crate::server::Server;

/// How long the gateway is left alone before its memory counts as at rest, and its own statements as known.
const REST: Duration = Duration::from_secs(3);
/// What the gateway may hold to the database, beside what the load needs.
const LEAST_POOL: usize = 16;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Options {
    /// Only cases whose name contains this; may be given several times
    #[arg(long = "case", value_name = "NAME")]
    cases: Vec<String>,
    /// How many listings; may be given several times
    #[arg(long = "scale", value_name = "LISTINGS", default_values_t = [100_000, 1_000_000])]
    scales: Vec<u32>,
    /// Seconds that each contestant is measured for in a round
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Seconds that each contestant runs for before that
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    warm_up: u64,
    /// Rounds; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Connections that ask, of the load client and of pgbench alike
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=48))]
    connections: u16,
    /// One round of two seconds: a first look
    #[arg(long)]
    quick: bool,
    /// Leave out the handler that answers from memory
    #[arg(long)]
    no_memory: bool,
    /// Load the data anew, even if it is there
    #[arg(long)]
    reload: bool,
    /// List the cases and do nothing
    #[arg(long)]
    list: bool,
    /// Write the figures as JSON to this file as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The gateway's program, built with optimizations
    #[arg(long, value_name = "FILE")]
    gateway: PathBuf,
    /// Where data, keys, scripts and logs are kept
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
}

pub async fn run(options: &Options) -> Result<()> {
    let chosen = options.chosen();
    if options.list {
        for case in CASES {
            println!("{}", case.name);
        }
        return Ok(());
    }
    ensure!(!chosen.is_empty(), "no case is called so: see --list");
    std::fs::create_dir_all(&options.folder)?;
    let server = Server::start(&options.folder).await?;
    let mut report = Report { machine: options.describe(&server).await?, ..Report::default() };
    println!("{}\n\n{HEAD}", report.machine);
    for scale in &options.scales {
        options.run_scale(&server, *scale, &chosen, &mut report).await?;
    }
    println!("{}", report.render());
    if let Some(file) = &options.json {
        std::fs::write(file, serde_json::to_vec_pretty(&report)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    server.stop()
}

impl Options {
    fn chosen(&self) -> Vec<Case> {
        let is_chosen = |case: &Case| {
            self.cases.is_empty() || self.cases.iter().any(|name| case.name.contains(name.as_str()))
        };
        CASES.into_iter().filter(is_chosen).collect()
    }

    fn rounds(&self) -> Rounds {
        let (count, measured) = if self.quick { (1, 2) } else { (self.rounds.max(1), self.seconds) };
        let warm_up = if self.quick { 1 } else { self.warm_up };
        let span = Span { warm_up: Duration::from_secs(warm_up), measured: Duration::from_secs(measured) };
        Rounds { count, span, with_memory: !self.no_memory }
    }

    async fn describe(&self, server: &Server) -> Result<String> {
        let Rounds { count, span, .. } = self.rounds();
        Ok(format!(
            "{} cores, {}, {} connections, {count} rounds of {} s after {} s of warm-up",
            std::thread::available_parallelism()?,
            server.describe().await?,
            self.connections,
            span.measured.as_secs(),
            span.warm_up.as_secs(),
        ))
    }

    fn program(&self) -> Program {
        Program {
            path: self.gateway.clone(),
            folder: self.folder.clone(),
            pool: LEAST_POOL.max(usize::from(self.connections) * 2),
        }
    }

    async fn run_scale(
        &self,
        server: &Server,
        scale: u32,
        chosen: &[Case],
        report: &mut Report,
    ) -> Result<()> {
        let dataset = Dataset::ensure(server, &self.program(), scale, self.reload).await?;
        dataset.clear(server).await?;
        dataset.warm(server).await?;
        let outcome = self.run_cases(server, &dataset, chosen, report).await;
        // Jobs for what was bought would disturb the next run.
        dataset.clear(server).await?;
        outcome
    }

    async fn run_cases(
        &self,
        server: &Server,
        dataset: &Dataset,
        cases: &[Case],
        report: &mut Report,
    ) -> Result<()> {
        let database = dataset.database();
        let client = server.connect(&database).await?;
        let type_names = type_names(&client).await?;
        let secret = dataset.secret(&client).await?;
        // From the gateway's first statement on: each is prepared but once.
        server.tell_statements(true).await?;
        let mut log = Log::follow(server.log())?;
        let gateway = self.program().serve(&server.url(&database)).await?;
        tokio::time::sleep(REST).await;
        let rest_mib = gateway.resident_mib()?;
        log.learn_background()?;
        server.tell_statements(false).await?;
        let mut arena = Arena {
            server,
            database: &database,
            client: &client,
            scene: Scene {
                address: gateway.address,
                facts: &dataset.facts,
                connections: usize::from(self.connections),
                client: &client,
            },
            log: &mut log,
            type_names: &type_names,
            folder: &self.folder,
            rounds: self.rounds(),
            scale: dataset.scale,
        };
        for case in cases {
            gateway.settle().await?;
            let outcome =
                arena.hold(*case, &secret).await.with_context(|| format!("the case {} failed", case.name))?;
            println!("{}", line(&outcome));
            report.outcomes.push(outcome);
        }
        let loaded_mib = gateway.resident_mib()?;
        let ready_after_seconds = gateway.ready_after.as_secs_f64();
        report.footprints.push(Footprint { scale: dataset.scale, ready_after_seconds, rest_mib, loaded_mib });
        gateway.stop()
    }
}
