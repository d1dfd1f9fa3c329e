//! The few system calls that std does not offer: the one module of the project with unsafe code.
//!
//! Owns their safe wrappers and nothing else. What has no counterpart outside Linux does nothing there.
#![allow(unsafe_code)]

use std::io;
use std::process::Command;

/// Is the caller root?
pub(crate) fn is_root() -> bool {
    // SAFETY: geteuid takes no arguments, touches no memory and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// Sends `signal` to the process `pid`.
pub(crate) fn signal_process(pid: u32, signal: i32) -> io::Result<()> {
    kill(to_pid(pid)?, signal)
}

/// Sends `signal` to every process of the group that `leader` leads.
pub(crate) fn signal_group(leader: u32, signal: i32) -> io::Result<()> {
    kill(-to_pid(leader)?, signal)
}

/// Does a process with this id exist, whoever owns it?
#[cfg(not(target_os = "linux"))]
pub(crate) fn exists(pid: u32) -> bool {
    match signal_process(pid, 0) {
        Ok(()) => true,
        Err(error) => error.raw_os_error() == Some(libc::EPERM),
    }
}

/// Makes the kernel send `signal` to the child as soon as the **thread** that spawns it ends: spawn it from a thread
/// that lives as long as the child should. The setting survives `exec`, but not a change of user: std changes the
/// user before it calls `pre_exec`, so the order is right.
#[cfg(target_os = "linux")]
pub(crate) fn die_with_parent(command: &mut Command, signal: i32) {
    use std::os::unix::process::CommandExt;

    let parent = std::process::id();
    let arm = move || {
        // SAFETY: prctl(PR_SET_PDEATHSIG) takes one integer and touches no memory; getppid takes nothing.
        let (armed, current_parent) =
            unsafe { (libc::prctl(libc::PR_SET_PDEATHSIG, signal), libc::getppid()) };
        if armed != 0 {
            return Err(io::Error::last_os_error());
        }
        // The parent may have ended before the signal was armed: then nobody would ever send it.
        if u32::try_from(current_parent) == Ok(parent) {
            Ok(())
        } else {
            Err(io::Error::from_raw_os_error(libc::ESRCH))
        }
    };
    // SAFETY: the closure runs in the forked child, where only async-signal-safe calls are allowed. It makes two
    // system calls, reads integers that it owns, and allocates nothing.
    unsafe {
        command.pre_exec(arm);
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn die_with_parent(_command: &mut Command, _signal: i32) {}

/// `kill` reads 0 and negative ids as groups, so that only a positive one may come in here.
fn to_pid(pid: u32) -> io::Result<libc::pid_t> {
    libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 0).ok_or(io::ErrorKind::InvalidInput.into())
}

fn kill(target: libc::pid_t, signal: i32) -> io::Result<()> {
    // SAFETY: kill takes two integers and touches no memory of this process.
    match unsafe { libc::kill(target, signal) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
