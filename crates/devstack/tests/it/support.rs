//! What the tests share: options, a question to a server, and waiting for something outside this process.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use devstack::{Postgres, PostgresOptions};

pub fn options(data_dir: &Path) -> PostgresOptions {
    PostgresOptions { data_dir: data_dir.to_owned(), port: None, durable: false, max_connections: 10 }
}

/// The answer of `psql` to one statement, unaligned.
pub fn ask(url: &str, statement: &str) -> Result<String> {
    let output = Command::new(Postgres::binaries()?.join("psql"))
        .args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement])
        .stdin(Stdio::null())
        .output()
        .context("cannot run psql")?;
    if !output.status.success() {
        bail!("psql failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Waits for what another process does, for at most 20 s.
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) -> Result<()> {
    let begun = Instant::now();
    while !done() {
        if begun.elapsed() > Duration::from_secs(20) {
            bail!("waited in vain: {what}");
        }
        // Another process tells nobody when it is done.
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
