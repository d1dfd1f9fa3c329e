//! `cargo xtask run`: the gateway with everything embedded.
//!
//! Owns building it and its settings' defaults. The gateway itself starts what it embeds, and stops it.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::process;
use crate::setup::{self, Needs};
use crate::workspace::Workspace;

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
    /// Build with optimizations: slower to build, faster to serve
    #[arg(long)]
    release: bool,
}

/// Does not return while the gateway runs: it takes this process's place, so that signals and its exit code need
/// nobody to pass them on.
pub fn run(workspace: &Workspace, options: &Options) -> Result<u8> {
    let has_database = env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty());
    setup::ensure(workspace, if has_database { Needs::Gateway } else { Needs::EmbeddedGateway })?;

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
    let program = workspace.target().join(profile).join("gateway");
    let mut gateway = Command::new(&program);
    gateway.arg("serve");
    gateway.env("SILKCART_BIND", format!("127.0.0.1:{}", options.port));
    if env::var_os("SILKCART_PUBLIC_URL").is_none() {
        // The documentation's page tries requests at this address.
        gateway.env("SILKCART_PUBLIC_URL", format!("http://127.0.0.1:{}", options.port));
    }
    gateway.env("SILKCART_DATA_DIR", data);
    gateway.env("SILKCART_DEMO", if options.no_demo { "false" } else { "true" });
    Err(gateway.exec()).with_context(|| format!("cannot run {}", program.display()))
}
