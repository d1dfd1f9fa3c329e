//! A server's process, from its start to its end.
//!
//! Owns the child, the thread that it hangs on, patience with it, and that it is reaped. Does not know which server it
//! is: what to run, by what to tell that it is ready, and which signals end it come from whoever starts it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::sys;

/// How often is looked whether a process has come to where it should.
pub(crate) const POLL: Duration = Duration::from_millis(10);
const LOG_TAIL_LINES: usize = 20;

/// How a kind of server is treated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// For messages.
    pub(crate) name: &'static str,
    /// The signal that the kernel sends it when its starter dies.
    pub(crate) orphaned: i32,
    /// The signals that ask it to end, the most polite one first, and how long each is given. When all were in vain
    /// it is killed.
    pub(crate) farewell: &'static [(i32, Duration)],
}

/// The process, and the thread that started it. The kernel ties "end with your parent" to the thread that forked,
/// so that one is kept for as long as the server: a caller's own thread may end first, as in a runtime's pool.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    manner: Manner,
    keeper: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Server {
    /// Starts `command` as the leader of a process group of its own.
    pub(crate) fn spawn(mut command: Command, manner: Manner) -> Result<Self> {
        use std::os::unix::process::CommandExt;

        // Ctrl-C is for the starter, which stops the server last and in order.
        command.process_group(0);
        sys::die_with_parent(&mut command, manner.orphaned);
        let program = PathBuf::from(command.get_program());

        let (report, reported) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let keeper = thread::Builder::new().name(format!("{}-keeper", manner.name)).spawn(move || {
            let child = command.spawn();
            // What the command holds of files is the child's alone from here on.
            drop(command);
            let started = child.is_ok();
            if report.send(child).is_ok() && started {
                // Ends by the sender's drop.
                let _ = released.recv();
            }
        })?;
        let child = reported
            .recv()
            .with_context(|| format!("the thread that starts {} ended", manner.name))?
            .with_context(|| format!("cannot run {}", program.display()))?;
        Ok(Self { child, manner, keeper: Some((release, keeper)) })
    }

    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Waits until `is_ready`, which is given the process's id, says so.
    pub(crate) fn wait_until_ready(
        &mut self,
        limit: Duration,
        mut is_ready: impl FnMut(u32) -> Result<bool>,
    ) -> Result<()> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}");
            }
            if is_ready(self.child.id())? {
                return Ok(());
            }
            if begun.elapsed() > limit {
                bail!("the server was not ready within {} s", limit.as_secs());
            }
            thread::sleep(POLL);
        }
    }

    /// Ends the server as its manner says. Does nothing the second time.
    pub(crate) fn stop(&mut self) -> Result<ExitStatus> {
        for (signal, limit) in self.manner.farewell {
            if let Some(status) = self.signal_and_wait(*signal, *limit)? {
                return Ok(status);
            }
        }
        self.kill()
    }

    /// Ends the server, and what has stayed in its process group, on the spot. Does nothing to one that has ended.
    pub(crate) fn kill(&mut self) -> Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        // The child is not reaped yet, so that its id is still its own.
        sys::signal_group(self.child.id(), libc::SIGKILL)
            .with_context(|| format!("cannot kill {}", self.manner.name))?;
        Ok(self.child.wait()?)
    }

    /// How the server ended, if it has or does so within `limit` of the signal.
    pub(crate) fn signal_and_wait(&mut self, signal: i32, limit: Duration) -> Result<Option<ExitStatus>> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(Some(status));
        }
        // As in `kill`.
        sys::signal_process(self.child.id(), signal)
            .with_context(|| format!("cannot signal {}", self.manner.name))?;
        self.wait_at_most(limit)
    }

    fn wait_at_most(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        let begun = Instant::now();
        loop {
            let status = self.child.try_wait()?;
            if status.is_some() || begun.elapsed() > limit {
                return Ok(status);
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure.
        let _ = self.stop();
        if let Some((release, keeper)) = self.keeper.take() {
            drop(release);
            let _ = keeper.join();
        }
    }
}

/// What a server wrote; nothing when it has no log.
pub(crate) fn read_log(log: &Path) -> String {
    fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// The last lines of what a server wrote.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
}
