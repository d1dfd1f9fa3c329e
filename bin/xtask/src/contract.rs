//! `cargo xtask contract`: the served OpenAPI document against the server, and against the tools that frontends use.
//!
//! Owns the names of its settings. `cargo xtask test` includes the same with fewer examples.

use std::ffi::OsString;

use anyhow::Result;
use clap::Args;

use crate::test;
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub struct Options {
    /// How many examples of each operation, in each role
    #[arg(long, default_value_t = 200, value_name = "NUMBER")]
    examples: u32,
    /// Only as this one: anonymous, customer, gardener, maker or admin
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// Only operations whose paths match this regular expression
    #[arg(long, value_name = "REGEX")]
    paths: Option<OsString>,
}

pub fn contract(workspace: &Workspace, options: &Options) -> Result<u8> {
    let mut args: Vec<OsString> = ["--package", "gateway", "--test", "contract"].map(Into::into).into();
    if options.role.is_none() && options.paths.is_none() {
        args.extend(["--test", "web"].map(Into::into));
    }
    args.extend(["--", "--nocapture"].map(Into::into));
    args.extend(options.role.as_ref().map(Into::into));
    let mut variables = vec![("SILKCART_TEST_CONTRACT_EXAMPLES", options.examples.to_string().into())];
    variables.extend(options.paths.clone().map(|paths| ("SILKCART_TEST_CONTRACT_PATHS", paths)));
    test::with_services(workspace, "test", args, &variables)
}
