//! `cargo xtask run`: the gateway with everything embedded, or the whole system as it is in production.
//!
//! Owns building the programs and their settings' defaults. The gateway itself starts what it embeds, and stops it;
//! the servers of the whole system are started here.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, thread};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use devstack::{Postgres, PostgresOptions, RabbitMq, RabbitMqOptions, S3};

use crate::process::{self, death_by, supervise_all};
use crate::setup::{self, Needs};
use crate::signals::Signals;
use crate::workspace::Workspace;

/// As the embedded one is called.
const DATABASE: &str = "silkcart";
/// Of gateway, worker and an operator.
const MAX_CONNECTIONS: u16 = 100;

#[derive(Debug, Args)]
pub struct Options {
    /// The port to serve on, at 127.0.0.1
    #[arg(long, default_value_t = 8080, value_name = "PORT")]
    port: u16,
    /// Where the database, media and mail are kept; remove it to start afresh
    #[arg(long, default_value = "./data", value_name = "FOLDER")]
    data: PathBuf,
    /// Start with an empty database, without the demonstration's data
    #[arg(long)]
    no_demo: bool,
    /// Run gateway and worker as two processes, with a RabbitMQ between them and an object store beside them
    #[arg(long)]
    full: bool,
    /// Build with optimizations: slower to build, faster to serve
    #[arg(long)]
    release: bool,
}

/// Without `--full` it does not return while the gateway runs: that takes this process's place, so that signals and its
/// exit code need nobody to pass them on.
pub fn run(workspace: &Workspace, options: &Options) -> Result<u8> {
    let has_database = env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty());
    let needs = match (options.full, has_database) {
        (true, _) => Needs::FullSystem,
        (false, true) => Needs::Gateway,
        (false, false) => Needs::EmbeddedGateway,
    };
    setup::ensure(workspace, needs)?;

    // The whole workspace, as everywhere: a single package would get other features of its dependencies, and so
    // build them again.
    let mut build = workspace.building_cargo("build");
    build.args(["--workspace", "--bins"]);
    if options.release {
        build.arg("--release");
    }
    process::run(&mut build)?;

    let data = std::path::absolute(&options.data).context("the data folder is not a usable path")?;
    let profile = if options.release { "release" } else { "debug" };
    let program = |name: &str| {
        let mut command = Command::new(workspace.target().join(profile).join(name));
        command.env("SILKCART_DATA_DIR", &data);
        if env::var_os("SILKCART_PUBLIC_URL").is_none() {
            // The documentation's page tries requests at this address.
            command.env("SILKCART_PUBLIC_URL", format!("http://127.0.0.1:{}", options.port));
        }
        command
    };
    let mut gateway = program("gateway");
    gateway.arg("serve");
    gateway.env("SILKCART_BIND", format!("127.0.0.1:{}", options.port));
    gateway.env("SILKCART_DEMO", if options.no_demo { "false" } else { "true" });
    if !options.full {
        return Err(gateway.exec())
            .with_context(|| format!("cannot run {}", gateway.get_program().display()));
    }
    let mut migrate = program("gateway");
    migrate.arg("migrate");
    let mut worker = program("worker");
    worker.arg("run");
    if env::var_os("WORKER_BIND").is_none() {
        let port = options.port.checked_add(1).context("choose a port below 65535")?;
        worker.env("WORKER_BIND", format!("127.0.0.1:{port}"));
    }
    run_with_servers(&data, migrate, vec![gateway, worker])
}

/// Runs the programs, once `migrate` has brought the database up to date, between a PostgreSQL, a RabbitMQ and an object
/// store of their own, each on a free port.
fn run_with_servers(data: &Path, mut migrate: Command, mut programs: Vec<Command>) -> Result<u8> {
    let signals = Signals::install()?;
    fs::create_dir_all(data).with_context(|| format!("cannot make the data folder {}", data.display()))?;
    let database = PostgresOptions {
        data_dir: data.join("postgres"),
        port: None,
        durable: true,
        max_connections: MAX_CONNECTIONS,
    };
    let broker = RabbitMqOptions { folder: data.join("rabbitmq"), port: None };
    println!("starting PostgreSQL, RabbitMQ and an object store");
    let store = S3::start(&data.join("s3")).context("cannot start the object store")?;
    let (postgres, rabbitmq) = thread::scope(|scope| {
        let rabbitmq = scope.spawn(|| RabbitMq::start(&broker));
        (Postgres::start(&database), rabbitmq.join())
    });
    let postgres = postgres.context("cannot start PostgreSQL")?;
    let rabbitmq = rabbitmq.map_err(|_panic| anyhow!("the thread that starts RabbitMQ panicked"))?;
    let rabbitmq = rabbitmq.context("cannot start RabbitMQ")?;
    postgres.create_database_if_missing(DATABASE)?;
    process::run(migrate.env("DATABASE_URL", postgres.url(DATABASE)))?;
    for program in &mut programs {
        program.env("DATABASE_URL", postgres.url(DATABASE)).env("AMQP_URL", rabbitmq.url());
        program.envs(store.settings());
    }
    let code = supervise_all(programs, &signals)?;
    drop(store);
    rabbitmq.stop()?;
    postgres.stop()?;
    // Ctrl-C is how this is meant to end.
    Ok(if code == death_by(signal_hook::consts::SIGINT) { 0 } else { code })
}
