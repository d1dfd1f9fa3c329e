//! The workspace this program belongs to, and the cargo that started it.
//!
//! Owns paths and how cargo is called. Runs nothing.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::find_program;

#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
    cargo: OsString,
}

impl Workspace {
    pub fn locate() -> Result<Self> {
        // Cargo says it at run time, which is right for a clone that was moved after it was built.
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package
            .ancestors()
            .nth(2)
            .filter(|root| root.join("Cargo.lock").is_file())
            .with_context(|| format!("{} lies in no workspace", package.display()))?
            .to_owned();
        let target = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"]
            .into_iter()
            .find_map(|name| env::var_os(name).filter(|value| !value.is_empty()));
        let target = match target {
            Some(folder) => std::path::absolute(folder).context("the target folder is not a usable path")?,
            None => root.join("target"),
        };
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Ok(Self { root, target, cargo })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo and we put what can be made again.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// A cargo that links nothing, in the workspace's root.
    pub fn cargo(&self, subcommand: &str) -> Command {
        self.prepare(Command::new(&self.cargo), subcommand)
    }

    /// A cargo that links by mold where there is mold, which halves linking and changes no flags: what plain cargo
    /// built stays valid.
    pub fn building_cargo(&self, subcommand: &str) -> Command {
        match find_program("mold") {
            Some(mold) => {
                let mut command = Command::new(mold);
                command.arg("-run").arg(&self.cargo);
                self.prepare(command, subcommand)
            }
            None => self.cargo(subcommand),
        }
    }

    fn prepare(&self, mut command: Command, subcommand: &str) -> Command {
        // A relative target folder would mean another one in the root.
        command.arg(subcommand).current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        command
    }
}
