//! The load bench: the gateway beside the same SQL by pgbench, and beside a handler that answers from memory.
//!
//! Started by `cargo xtask bench`; docs/benchmarks.md says what is compared and why. Owns the command line.
#![allow(clippy::print_stdout, reason = "talking to the developer is what this program is for")]

mod capture;
mod cases;
mod contest;
mod dataset;
mod gateway;
mod hash;
mod http;
mod load;
mod memory;
mod pgbench;
mod report;
mod run;
mod script;
mod server;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures the gateway beside the same SQL by pgbench, and beside a handler that answers from memory.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Load the gateway and print the table
    Load(run::Options),
    /// The memory server; started by `load`
    #[command(name = memory::COMMAND, hide = true)]
    AnswerFromMemory(memory::ServeOptions),
}

fn main() -> ExitCode {
    match perform(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(command: Command) -> Result<()> {
    match command {
        Command::Load(options) => {
            // One thread, as pgbench has: what measures must leave the cores to what is measured.
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run::run(&options))
        }
        Command::AnswerFromMemory(options) => memory::serve(&options),
    }
}
