//! Format, lints, documentation, dependencies: what is checked without running the product.
//!
//! Owns the flags, which are the same for a developer and for CI.

use anyhow::{Result, bail};

use crate::process::{find_program, run};
use crate::workspace::Workspace;

pub fn format(workspace: &Workspace) -> Result<()> {
    run(workspace.cargo("fmt").arg("--all"))
}

fn check_format(workspace: &Workspace) -> Result<()> {
    run(workspace.cargo("fmt").args(["--all", "--check"]))
}

pub fn lint(workspace: &Workspace) -> Result<()> {
    run(workspace.building_cargo("clippy").args(["--workspace", "--all-targets", "--", "-D", "warnings"]))
}

pub fn document(workspace: &Workspace) -> Result<()> {
    run(workspace.building_cargo("doc").args(["--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// The cheapest first.
pub fn all(workspace: &Workspace) -> Result<()> {
    check_format(workspace)?;
    lint(workspace)?;
    document(workspace)
}

pub fn deny(workspace: &Workspace) -> Result<()> {
    if find_program("cargo-deny").is_none() {
        bail!("cargo-deny is not installed: `cargo install --locked cargo-deny`");
    }
    run(workspace.cargo("deny").arg("check"))
}
