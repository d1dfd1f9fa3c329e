//! A child process with everything that it starts.
//!
//! Owns one process group: signals reach all of it, so that ending `cargo test` also ends the test binaries it runs.
//! Does not decide when to signal, nor catch signals.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};

use crate::sys;

/// A running child that leads its own process group. Dropping it leaves the child as it is.
#[derive(Debug)]
pub struct ProcessGroup {
    leader: Child,
}

impl ProcessGroup {
    /// Starts `command` as the leader of a new group. On Linux the leader gets SIGTERM when the calling **thread**
    /// ends: call this from the main thread, or from one that outlives the child.
    ///
    /// In a group of its own it is not the terminal's: Ctrl-C reaches only the caller, who passes it on.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        command.process_group(0);
        sys::die_with_parent(&mut command, libc::SIGTERM);
        Ok(Self { leader: command.spawn()? })
    }

    /// The leader's process id.
    #[must_use]
    pub fn leader(&self) -> u32 {
        self.leader.id()
    }

    /// The leader's end, if it has come. Others of the group may still run.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.leader.try_wait()
    }

    /// Sends a signal, by number, to the whole group. A group that is gone is not an error.
    pub fn signal(&self, signal: i32) -> io::Result<()> {
        match sys::signal_group(self.leader.id(), signal) {
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
            result => result,
        }
    }

    /// Ends the whole group at once.
    pub fn kill(&self) -> io::Result<()> {
        self.signal(libc::SIGKILL)
    }
}
