//! A server lives exactly as long as its starter wants it and lives itself.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use devstack::{Postgres, scratch_folder};

use crate::support::{ask, eventually, options};

/// Tells this test binary, started again, to be a parent that can be killed.
const PARENT_FOLDER: &str = "DEVSTACK_TEST_PARENT_FOLDER";

/// Not a test by itself: what the started-again binary runs.
#[test]
fn parent_that_waits_to_be_killed() -> Result<()> {
    let Some(folder) = env::var_os(PARENT_FOLDER) else { return Ok(()) };
    let postgres = Postgres::start(&options(&PathBuf::from(folder).join("data")))?;
    // Not by println: the harness would keep it.
    writeln!(std::io::stdout(), "\nup {}", postgres.url("postgres"))?;
    // It is killed long before; the bound is for a run that was abandoned.
    thread::sleep(Duration::from_mins(1));
    Ok(())
}

/// Starts such a parent, and returns it once its server is up, with the server's URL.
fn start_parent(folder: &Path) -> Result<(Child, String)> {
    let mut parent = Command::new(env::current_exe()?)
        .args(["--exact", "lifetime::parent_that_waits_to_be_killed", "--nocapture"])
        .env(PARENT_FOLDER, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = BufReader::new(parent.stdout.take().context("no output")?);
    for line in output.lines() {
        if let Some(url) = line?.strip_prefix("up ") {
            return Ok((parent, url.to_owned()));
        }
    }
    let _ = parent.wait();
    anyhow::bail!("the parent ended before its server was up")
}

fn server_is_gone(data: &Path) -> bool {
    // The server removes its file as the last thing.
    !data.join("postmaster.pid").exists()
}

#[test]
#[cfg(target_os = "linux")]
fn a_killed_parent_leaves_no_server() -> Result<()> {
    let folder = scratch_folder()?;
    let (mut parent, url) = start_parent(folder.path())?;
    let pid = fs::read_to_string(folder.path().join("data/postmaster.pid"))?;
    let pid = pid.lines().next().context("an empty file")?.to_owned();
    assert!(Path::new("/proc").join(&pid).exists());
    assert_eq!(ask(&url, "SELECT 1")?, "1");

    parent.kill()?;
    parent.wait()?;
    eventually("the server's end", || !Path::new("/proc").join(&pid).exists())?;
    assert!(server_is_gone(&folder.path().join("data")), "it was shut down, not killed");
    assert!(ask(&url, "SELECT 1").is_err());
    Ok(())
}

#[test]
#[cfg(target_os = "linux")]
fn data_of_a_killed_parent_can_be_opened_at_once() -> Result<()> {
    let folder = scratch_folder()?;
    let (mut parent, _) = start_parent(folder.path())?;
    parent.kill()?;
    parent.wait()?;
    let next = Postgres::start(&options(&folder.path().join("data")))?;
    assert_eq!(ask(&next.url("postgres"), "SELECT 1")?, "1");
    Ok(())
}

#[test]
fn a_server_outlives_the_thread_that_started_it() -> Result<()> {
    let folder = scratch_folder()?;
    let options = options(&folder.path().join("data"));
    let starter = thread::spawn(move || Postgres::start(&options));
    let postgres = starter.join().expect("the thread does not panic")?;

    // Were the signal tied to that thread, a fast shutdown would be under way and take far less than this.
    for _ in 0..20 {
        assert_eq!(ask(&postgres.url("postgres"), "SELECT 1")?, "1");
        // Spreads the questions over a time in which a shutdown would show.
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[test]
fn dropping_stops_the_server() -> Result<()> {
    let folder = scratch_folder()?;
    let postgres = Postgres::start(&options(&folder.path().join("data")))?;
    let (url, data) = (postgres.url("postgres"), postgres.data_dir().to_owned());
    drop(postgres);
    assert!(server_is_gone(&data));
    assert!(ask(&url, "SELECT 1").is_err());
    Ok(())
}
