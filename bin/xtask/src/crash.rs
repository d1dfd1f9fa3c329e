//! `cargo xtask crash`: the storm of `bin/gateway/tests/crash`, as long as one likes, with its figures shown.
//!
//! Owns the names of its settings. `cargo xtask test` includes it at its usual length.

use anyhow::Result;
use clap::Args;

use crate::process::supervise;
use crate::setup::{self, Needs};
use crate::signals::Signals;
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub struct Options {
    /// How many checkouts; a kill for every fifty of them, a crash of the database for every two hundred
    #[arg(long, default_value_t = 2000, value_name = "NUMBER")]
    checkouts: u32,
    /// Deal the same blows again; printed by every run
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Build with optimizations
    #[arg(long)]
    release: bool,
}

pub fn crash(workspace: &Workspace, options: &Options) -> Result<u8> {
    // The test starts the servers that it crashes by itself.
    setup::ensure(workspace, Needs::EmbeddedGateway)?;
    let signals = Signals::install()?;
    let mut command = workspace.building_cargo("test");
    command.args(["--package", "gateway", "--test", "crash"]);
    if options.release {
        command.arg("--release");
    }
    command.args(["--", "--nocapture", "storm::"]);
    command.env("SILKCART_TEST_CRASH_CHECKOUTS", options.checkouts.to_string());
    if let Some(seed) = options.seed {
        command.env("SILKCART_TEST_CRASH_SEED", seed.to_string());
    }
    supervise(command, &signals)
}
