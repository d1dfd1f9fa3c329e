//! Child processes: running them to their end, and passing signals on.
//!
//! Owns exit codes and patience. What to run is others' business.

use std::env;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use devstack::ProcessGroup;

use crate::signals::Signals;

/// How long a child may take to end after a signal, before it is killed.
const GRACE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// Runs a command to its end and demands success. Ctrl-C ends it and us alike.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", describe(command)))?;
    if !status.success() {
        bail!("{} failed: {status}", describe(command));
    }
    Ok(())
}

/// Does a command succeed? Nothing of it is shown; one that cannot be run does not.
pub fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Runs a command in a process group of its own, so that a signal to us ends all of it and leaves us the time to
/// clean up: the first is passed on, the second, or too long a wait, kills. Returns its exit code as a shell would.
pub fn supervise(command: Command, signals: &Signals) -> Result<u8> {
    supervise_all(vec![command], signals)
}

/// Runs several commands side by side, each as [`supervise`] does. When one ends, the others are asked to; its exit code
/// is that of all.
pub fn supervise_all(commands: Vec<Command>, signals: &Signals) -> Result<u8> {
    if let Some(signal) = signals.take() {
        return Ok(death_by(signal));
    }
    let mut running = Vec::new();
    for command in commands {
        let name = describe(&command);
        running.push(ProcessGroup::spawn(command).with_context(|| format!("cannot run {name}"))?);
    }
    let mut deadline: Option<Instant> = None;
    let mut first_end = None;
    while !running.is_empty() {
        let mut alive = Vec::new();
        for mut group in running {
            let Some(status) = group.try_wait()? else {
                alive.push(group);
                continue;
            };
            if deadline.is_some() {
                // Those that the leader left behind.
                group.kill()?;
            }
            first_end.get_or_insert(exit_code(status));
        }
        running = alive;
        let to_pass_on = match (signals.take(), deadline) {
            (Some(signal), None) => Some(signal),
            (None, None) if first_end.is_some() => Some(signal_hook::consts::SIGTERM),
            (Some(_), Some(_)) => {
                running.iter().try_for_each(ProcessGroup::kill)?;
                None
            }
            (None, Some(deadline)) if Instant::now() > deadline => {
                running.iter().try_for_each(ProcessGroup::kill)?;
                None
            }
            (None, _) => None,
        };
        if let Some(signal) = to_pass_on {
            running.iter().try_for_each(|group| group.signal(signal))?;
            deadline = Some(Instant::now() + GRACE);
        }
        thread::sleep(POLL);
    }
    Ok(first_end.unwrap_or_default())
}

/// 128 and the signal's number where a signal ended the process.
fn exit_code(status: ExitStatus) -> u8 {
    match (status.code(), status.signal()) {
        (Some(code), _) => u8::try_from(code).unwrap_or(1),
        (None, Some(signal)) => death_by(signal),
        (None, None) => 1,
    }
}

pub fn death_by(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(1)
}

/// The first executable file of that name on the search path.
pub fn find_program(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|file| {
        file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    })
}

fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy()));
    format!("`{}`", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn exit_codes_are_passed_on() -> Result<()> {
        let signals = Signals::none();
        assert_eq!(supervise(shell("exit 7"), &signals)?, 7);
        assert_eq!(supervise(shell("kill -9 $$"), &signals)?, 137);
        Ok(())
    }

    #[test]
    fn a_signal_before_the_start_starts_nothing() -> Result<()> {
        let signals = Signals::none();
        signals.pretend(15);
        assert_eq!(supervise(shell("exit 0"), &signals)?, 143);
        Ok(())
    }

    #[test]
    fn a_signal_reaches_grandchildren() -> Result<()> {
        let signals = Signals::none();
        let there = env::temp_dir().join(format!("grandchildren-{}", std::process::id()));
        let script = format!("sleep 60 & (touch '{}'; exec sleep 60); true", there.display());
        let outcome = thread::scope(|scope| {
            let supervised = scope.spawn(|| supervise(shell(&script), &signals));
            while !there.exists() {
                // On a busy machine a shell takes its time, and says nothing but by what it does.
                thread::sleep(Duration::from_millis(5));
            }
            let begun = Instant::now();
            signals.pretend(2);
            let code = supervised.join().expect("no panic")?;
            assert_ne!(code, 0);
            assert!(begun.elapsed() < GRACE, "nobody had to be killed");
            Ok(())
        });
        std::fs::remove_file(there)?;
        outcome
    }

    #[test]
    fn when_one_ends_the_others_are_asked_to() -> Result<()> {
        let begun = Instant::now();
        let commands = vec![shell("sleep 60"), shell("exit 3"), shell("sleep 60")];
        assert_eq!(supervise_all(commands, &Signals::none())?, 3);
        assert!(begun.elapsed() < GRACE, "nobody had to be killed");
        Ok(())
    }

    #[test]
    fn failure_names_the_command() {
        let error = run(&mut shell("exit 3")).expect_err("it fails");
        assert!(error.to_string().starts_with("`sh -c exit 3` failed"), "{error}");
    }

    #[test]
    fn programs_are_found_by_name() {
        assert!(find_program("sh").is_some());
        assert_eq!(find_program("no-such-program-anywhere"), None);
    }
}
