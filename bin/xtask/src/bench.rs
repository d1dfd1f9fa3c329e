//! `cargo xtask bench`: how fast it is.
//!
//! Owns building the two programs that the load bench is made of, and where it keeps its data. What is measured and
//! how is the load bench's own business (bin/bench) and that of the benches of jobs (bin/worker), live updates
//! (bin/gateway) and thumbnails (crates/media); the microbenchmarks are cargo's.

use std::ffi::{OsStr, OsString};
use std::process::Command;

use anyhow::Result;

use crate::process::{run, supervise};
use crate::setup::{self, Needs};
use crate::signals::Signals;
use crate::test;
use crate::workspace::Workspace;

/// The crates with microbenchmarks. Others have benches with a report of their own, which begin servers and take minutes.
const MEASURED: [&str; 2] = ["availability-core", "eligibility-core"];

/// What comes first in the arguments says which; the load bench where nothing does.
pub fn bench(workspace: &Workspace, mut args: Vec<OsString>) -> Result<u8> {
    match args.first().map(OsString::as_os_str).and_then(OsStr::to_str) {
        Some("micro") => {
            args.splice(0..1, MEASURED.iter().flat_map(|package| ["--package".into(), package.into()]));
            test::bench(workspace, args)
        }
        Some("jobs") => whole(workspace, "worker", "jobs", Needs::FullSystem),
        Some("live") => whole(workspace, "gateway", "live", Needs::EmbeddedGateway),
        Some("thumbnails") => whole(workspace, "media", "thumbnails", Needs::Thumbnails),
        Some("load") => {
            args.remove(0);
            load(workspace, args)
        }
        _ => load(workspace, args),
    }
}

/// A bench with a report of its own, which starts the servers that it needs.
fn whole(workspace: &Workspace, package: &str, name: &str, needs: Needs) -> Result<u8> {
    setup::ensure(workspace, needs)?;
    let signals = Signals::install()?;
    let mut command = workspace.building_cargo("bench");
    command.args(["--package", package, "--bench", name]);
    command.env("SILKCART_BENCH_PICTURES", setup::bench_pictures(workspace));
    supervise(command, &signals)
}

fn load(workspace: &Workspace, args: Vec<OsString>) -> Result<u8> {
    setup::ensure(workspace, Needs::EmbeddedGateway)?;
    // Only what is measured: the data, which lies in the target folder, outlives any change of the code.
    run(workspace.building_cargo("build").args(["--release", "--package", "gateway", "--package", "bench"]))?;
    let signals = Signals::install()?;
    let programs = workspace.target().join("release");
    let mut command = Command::new(programs.join("bench"));
    command.arg("load");
    command.arg("--gateway").arg(programs.join("gateway"));
    command.arg("--folder").arg(workspace.target().join("bench"));
    command.args(args);
    supervise(command, &signals)
}
