//! `cargo xtask`: everything a developer's machine or CI needs, from nothing but cargo.
//!
//! Owns installing what is missing, starting what is needed for the time it is needed, and the commands that check
//! the workspace. Owns no knowledge of the product beyond the gateway's command line and its settings' names.
#![allow(clippy::print_stdout, reason = "talking to the developer is what this program is for")]

mod bench;
mod checks;
mod contract;
mod crash;
mod debian;
mod node;
mod process;
mod python;
mod run;
mod services;
mod setup;
mod signals;
mod test;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::setup::Needs;
use crate::workspace::Workspace;

/// Installs, runs, tests and checks SilkCart from a fresh clone.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what is missing: PostgreSQL, RabbitMQ, mold, Python, and the tests' Python and Node packages
    ///
    /// On Debian and its kin by apt-get, as root or by a sudo that asks for no password; elsewhere it says what to
    /// install. Python and Node packages go to the target folder. Does nothing where nothing is
    /// missing; `run`, `test`, `bench` and `services` begin with what they need of it.
    Setup,
    /// Run all tests, with a private PostgreSQL and a private RabbitMQ for the time they take
    ///
    /// Arguments go to `cargo test`: `cargo xtask test -p market -- --nocapture`. Without -p it is the whole
    /// workspace, and all of it even after a failure. The exit code is that of `cargo test`.
    Test(CargoArgs),
    /// Load the release gateway and compare it with pgbench, or measure `jobs`, `live`, `thumbnails` or `micro`
    ///
    /// The options are the load bench's: `cargo xtask bench -- --help` lists them. Data is loaded once, into the target
    /// folder; see docs/benchmarks.md. What follows `micro`, the microbenchmarks, goes to `cargo bench`, with the servers
    /// that tests get.
    Bench(CargoArgs),
    /// Hold the server to its OpenAPI document with many made-up requests in every role, and try the frontends' tools
    ///
    /// The tests include a shorter run. Prints the reports.
    Contract(contract::Options),
    /// Kill the gateway and crash its database under load, and look whether anything was lost
    ///
    /// The tests include a shorter run. Prints the seed of what was random, and the figures at the end.
    Crash(crash::Options),
    /// Start what the tests need and keep it until Ctrl-C
    ///
    /// Prints the variables to export, for running single tests by plain `cargo test` in another terminal.
    Services,
    /// Build and run the gateway with everything embedded: no settings, no other servers
    ///
    /// PostgreSQL runs on a free port with its data in the data folder, unless `DATABASE_URL` names another one. With
    /// --full, gateway and worker are two processes with PostgreSQL and RabbitMQ between them. Ctrl-C stops everything.
    Run(run::Options),
    /// Format the code
    Fmt,
    /// Clippy on everything; warnings are errors
    Lint,
    /// Build the documentation; warnings are errors
    Doc,
    /// What CI checks beside the tests: format, lints, documentation
    Check,
    /// Check dependencies against deny.toml: advisories, licences, bans, sources
    Deny,
}

#[derive(Debug, Args)]
struct CargoArgs {
    /// Arguments for cargo; those after a further `--` go to the test binaries
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

fn main() -> ExitCode {
    match perform(Cli::parse().task) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The exit code, where a task has one to pass on.
fn perform(task: Task) -> Result<u8> {
    let workspace = Workspace::locate()?;
    match task {
        Task::Setup => {
            setup::ensure(&workspace, Needs::Tests)?;
            println!("everything is in place");
            Ok(0)
        }
        Task::Test(CargoArgs { args }) => test::test(&workspace, args),
        Task::Bench(CargoArgs { args }) => bench::bench(&workspace, args),
        Task::Contract(options) => contract::contract(&workspace, &options),
        Task::Crash(options) => crash::crash(&workspace, &options),
        Task::Services => services::keep(&workspace),
        Task::Run(options) => run::run(&workspace, &options),
        Task::Fmt => checks::format(&workspace).map(|()| 0),
        Task::Lint => checks::lint(&workspace).map(|()| 0),
        Task::Doc => checks::document(&workspace).map(|()| 0),
        Task::Check => checks::all(&workspace).map(|()| 0),
        Task::Deny => checks::deny(&workspace).map(|()| 0),
    }
}
