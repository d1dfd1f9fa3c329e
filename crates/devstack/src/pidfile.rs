//! `postmaster.pid`: which server, if any, has a data folder open, and whether it is ready.
//!
//! Owns reading the file and telling a live server from one that died without removing it. Starts and stops
//! nothing. The file's lines are documented beside `LOCK_FILE_LINE_*` in PostgreSQL's `pidfile.h`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: u32,
    /// Missing while the server has not come to its network part.
    pub(crate) port: Option<u16>,
    pub(crate) state: State,
}

/// Line 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// `ready`: it takes connections.
    Ready,
    /// `stopping`.
    Stopping,
    /// `starting`, or not written yet.
    Starting,
}

fn path(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}

/// None where there is no file, or where it has only been begun.
pub(crate) fn read(data: &Path) -> Result<Option<PidFile>> {
    match fs::read_to_string(path(data)) {
        Ok(text) => Ok(parse(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path(data).display())),
    }
}

fn parse(text: &str) -> Option<PidFile> {
    let line = |number: usize| text.lines().nth(number - 1).map(str::trim);
    // A standalone server writes its id negated.
    let pid = line(1)?.trim_start_matches('-').parse().ok()?;
    let state = match line(8) {
        Some("ready") => State::Ready,
        Some("stopping") => State::Stopping,
        _ => State::Starting,
    };
    Some(PidFile { pid, port: line(4).and_then(|port| port.parse().ok()), state })
}

impl PidFile {
    /// Is the process that wrote this file still there, as a server on `data`? Its id alone may be another's by now.
    pub(crate) fn is_live_on(&self, data: &Path) -> bool {
        runs_on(self.pid, data)
    }
}

/// Removes the file that a dead server left. PostgreSQL does so itself, unless another process of the same user has
/// the dead one's id by now, as happens after every restart of a container.
pub(crate) fn remove_stale(data: &Path) -> Result<()> {
    match fs::remove_file(path(data)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path(data).display()))
        }
        _ => Ok(()),
    }
}

/// Is `pid` a server on `data`? A server's working directory is its data folder.
#[cfg(target_os = "linux")]
fn runs_on(pid: u32, data: &Path) -> bool {
    match fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(folder) => folder == data,
        // Another user's process: go by its name.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with("postgres"))
        }
        Err(_) => false,
    }
}

#[cfg(not(target_os = "linux"))]
fn runs_on(pid: u32, _data: &Path) -> bool {
    crate::sys::exists(pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ready_server() {
        let text = "4711\n/data\n1700000000\n5433\n\n127.0.0.1\n  12345   6\nready   \n";
        assert_eq!(parse(text), Some(PidFile { pid: 4711, port: Some(5433), state: State::Ready }));
    }

    #[test]
    fn a_file_that_has_only_been_begun() {
        assert_eq!(parse(""), None);
        assert_eq!(parse("4711\n/data\n"), Some(PidFile { pid: 4711, port: None, state: State::Starting }));
    }

    #[test]
    fn a_process_elsewhere_is_no_server() -> Result<()> {
        let data = tempfile::tempdir()?;
        fs::write(path(data.path()), format!("{}\n/data\n0\n5432\n\n\n\nready\n", std::process::id()))?;
        let file = read(data.path())?.expect("a file was written");
        assert!(!file.is_live_on(data.path()));
        Ok(())
    }
}
