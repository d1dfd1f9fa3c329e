//! Where RabbitMQ's programs are on this machine.
//!
//! Owns the search. Installs nothing: that is `cargo xtask setup`'s part.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// Debian's programs for everybody in `/usr/sbin` change the user and the folder; these are the real ones.
const DEBIAN: &str = "/usr/lib/rabbitmq/bin";
const HOMEBREW: [&str; 2] = ["/opt/homebrew/opt/rabbitmq/sbin", "/usr/local/opt/rabbitmq/sbin"];
/// Where the caller has no search path.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

#[derive(Debug)]
pub(super) struct Programs {
    pub(super) server: PathBuf,
    pub(super) epmd: PathBuf,
    /// The search path on which the server's scripts find Erlang.
    pub(super) path: OsString,
}

pub(super) fn find() -> Result<Programs> {
    let path = env::var_os("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    let on_path = || env::split_paths(&path);
    let packaged = [DEBIAN].into_iter().chain(HOMEBREW).map(PathBuf::from);
    let server = first(packaged.chain(on_path()), "rabbitmq-server")?;
    // The server's scripts call it.
    first(on_path(), "erl")?;
    let epmd = first(on_path(), "epmd")?;
    Ok(Programs { server, epmd, path })
}

fn first(folders: impl IntoIterator<Item = PathBuf>, program: &str) -> Result<PathBuf> {
    let found = folders.into_iter().map(|folder| folder.join(program)).find(|file| file.is_file());
    found.with_context(|| {
        format!(
            "RabbitMQ needs the program {program}, which was not found: install it (on Debian `apt-get install \
             rabbitmq-server`, or `cargo xtask setup`)"
        )
    })
}
