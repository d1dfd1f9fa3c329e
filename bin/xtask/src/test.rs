//! `cargo test` and `cargo bench` with what they need around them.
//!
//! Owns how the caller's arguments become cargo's. What runs around them is [`services`](crate::services)' part.

use std::ffi::{OsStr, OsString};

use anyhow::Result;

use crate::process::supervise;
use crate::services::Services;
use crate::setup::{self, Needs};
use crate::signals::Signals;
use crate::workspace::Workspace;

/// Options that name packages themselves.
const SELECTORS: [&str; 4] = ["-p", "--package", "--workspace", "--all"];

pub fn test(workspace: &Workspace, args: Vec<OsString>) -> Result<u8> {
    // One failing binary must not hide what the others would say.
    with_services(workspace, "test", complete(args, &["--no-fail-fast"]), &[])
}

pub fn bench(workspace: &Workspace, args: Vec<OsString>) -> Result<u8> {
    with_services(workspace, "bench", complete(args, &[]), &[])
}

/// Cargo with the services running, and `variables` set beside theirs.
pub fn with_services(
    workspace: &Workspace,
    subcommand: &str,
    args: Vec<OsString>,
    variables: &[(&str, OsString)],
) -> Result<u8> {
    setup::ensure(workspace, Needs::Tests)?;
    let signals = Signals::install()?;
    let services = Services::start(workspace)?;
    let mut command = workspace.building_cargo(subcommand);
    command.args(args);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    services.tell(&mut command);
    supervise(command, &signals)
}

/// The caller's arguments after ours: the whole workspace unless they choose packages, and each of `defaults` unless
/// they give it too, since cargo takes none twice.
fn complete(args: Vec<OsString>, defaults: &[&str]) -> Vec<OsString> {
    let for_cargo = || args.iter().take_while(|arg| *arg != "--").map(OsString::as_os_str);
    let mut all = Vec::new();
    if !for_cargo().any(is_selector) {
        all.push("--workspace".into());
    }
    all.extend(defaults.iter().filter(|flag| !for_cargo().any(|arg| arg == **flag)).map(OsString::from));
    all.extend(args);
    all
}

/// Also in the forms `-pNAME` and `--package=NAME`.
fn is_selector(arg: &OsStr) -> bool {
    let Some(arg) = arg.to_str() else { return false };
    let (name, _) = arg.split_once('=').unwrap_or((arg, ""));
    SELECTORS.contains(&name) || (arg.starts_with("-p") && !arg.starts_with("--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(args: &[&str]) -> Vec<String> {
        let args = args.iter().map(OsString::from).collect();
        complete(args, &["--no-fail-fast"]).into_iter().filter_map(|arg| arg.into_string().ok()).collect()
    }

    #[test]
    fn the_whole_workspace_is_the_default() {
        assert_eq!(completed(&[]), ["--workspace", "--no-fail-fast"]);
        assert_eq!(completed(&["--release"]), ["--workspace", "--no-fail-fast", "--release"]);
    }

    #[test]
    fn chosen_packages_narrow_it() {
        for chosen in [vec!["-p", "market"], vec!["-pmarket"], vec!["--package=market"], vec!["--all"]] {
            let mut expected = vec!["--no-fail-fast"];
            expected.extend(&chosen);
            assert_eq!(completed(&chosen), expected);
        }
    }

    #[test]
    fn what_test_binaries_get_is_not_ours() {
        assert_eq!(completed(&["--", "-p"]), ["--workspace", "--no-fail-fast", "--", "-p"]);
    }

    #[test]
    fn nothing_is_given_twice() {
        assert_eq!(completed(&["--no-fail-fast"]), ["--workspace", "--no-fail-fast"]);
    }
}
