//! Making a database cluster: `initdb`.
//!
//! Owns how a new cluster is set up, and that there is never half of one. Does not run it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::account::Account;
use crate::postgres::{SUPERUSER, forget_environment};

/// Sorts by code point and knows Unicode's cases, on every machine alike.
#[cfg(target_os = "linux")]
const LOCALE: &str = "C.UTF-8";
#[cfg(not(target_os = "linux"))]
const LOCALE: &str = "en_US.UTF-8";

/// Makes a cluster in `data` unless there is one. It is made beside and then moved, so that an interrupted attempt
/// leaves nothing in the way of the next one.
pub(crate) fn make_if_missing(
    binaries: &Path,
    data: &Path,
    account: Option<&Account>,
    durable: bool,
) -> Result<()> {
    if data.join("PG_VERSION").is_file() {
        return Ok(());
    }
    if data.is_dir() && fs::read_dir(data)?.next().is_some() {
        bail!("{} holds something other than a PostgreSQL data folder", data.display());
    }
    let parent = data.parent().with_context(|| format!("{} has no parent folder", data.display()))?;
    let unfinished = tempfile::Builder::new()
        .prefix(".initdb-")
        .tempdir_in(parent)
        .with_context(|| format!("cannot create a folder in {}", parent.display()))?;
    if let Some(account) = account {
        account.own(unfinished.path())?;
    }

    let mut command = Command::new(binaries.join("initdb"));
    command.arg("--pgdata").arg(unfinished.path());
    command.args(["--auth=trust", "--encoding=UTF8", "--username", SUPERUSER]);
    command.arg(format!("--locale={LOCALE}"));
    if !durable {
        command.arg("--no-sync");
    }
    // The caller's folder may be closed to the account, and initdb wants to know where it is.
    command.current_dir("/").stdin(Stdio::null());
    forget_environment(&mut command);
    if let Some(account) = account {
        account.apply(&mut command);
    }
    let output =
        command.output().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }

    let made = unfinished.keep();
    if let Err(error) = fs::rename(&made, data) {
        let _ = fs::remove_dir_all(&made);
        return Err(error).with_context(|| format!("cannot move the new cluster to {}", data.display()));
    }
    Ok(())
}
