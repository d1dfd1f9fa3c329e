//! Running pgbench, and reading what it reports each second.
//!
//! Owns its command line. The seconds of the warm-up, in which pgbench connects and prepares, do not count.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::load::{Span, as_f64};
use crate::script::Scripts;
use crate::server::{self, Server};

/// Transactions of a write script are told apart by this much between two runs.
const NUMBERS_OF_A_RUN: u64 = 100_000_000;

/// What one run did.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub per_second: f64,
    /// All transactions, those of the warm-up too.
    pub transactions: u64,
}

/// Scripts in a folder, ready to be run any number of times.
#[derive(Debug)]
pub struct Pgbench {
    program: PathBuf,
    files: Vec<PathBuf>,
    variables: Vec<String>,
    database: String,
    port: u16,
    connections: usize,
    runs: u64,
}

impl Pgbench {
    /// Writes the scripts into `folder`, where they can be looked at afterwards.
    pub fn prepare(
        server: &Server,
        database: &str,
        connections: usize,
        scripts: &Scripts,
        folder: &Path,
    ) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
        let mut files = Vec::new();
        for (number, text) in scripts.files.iter().enumerate() {
            let file = folder.join(format!("{number:03}.sql"));
            std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
            files.push(file);
        }
        let variables: Vec<String> =
            scripts.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        std::fs::write(folder.join("variables"), variables.join("\n"))?;
        let program = server::program("pgbench")?;
        Ok(Self {
            program,
            files,
            variables,
            database: database.to_owned(),
            port: server.port(),
            connections,
            runs: 0,
        })
    }

    pub async fn run(&mut self, span: Span) -> Result<Outcome> {
        self.runs += 1;
        let seconds = (span.warm_up + span.measured).as_secs_f64().ceil();
        let mut command = Command::new(&self.program);
        command.args(["--host", "127.0.0.1", "--username", devstack::SUPERUSER, "--no-vacuum"]);
        command.args(["--protocol", "prepared", "--progress", "1", "--jobs", "1"]);
        command.args(["--port", &self.port.to_string(), "--client", &self.connections.to_string()]);
        command.args(["--time", &seconds.to_string()]);
        command.args(["--define", &format!("base={}", self.runs * NUMBERS_OF_A_RUN)]);
        for variable in &self.variables {
            command.args(["--define", variable]);
        }
        for file in &self.files {
            command.arg("--file").arg(file);
        }
        command.arg(&self.database).stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.context("cannot run pgbench")?;
        let (report, progress) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let failed = progress.lines().find(|line| line.contains("ERROR") || line.contains("aborted"));
        ensure!(output.status.success() && failed.is_none(), "pgbench failed: {}", tail(&progress));
        let transactions = processed(&report).context("pgbench does not say how much it did")?;
        let warm_up = span.warm_up.as_secs_f64();
        let per_second = rate(&progress, warm_up, warm_up + span.measured.as_secs_f64());
        Ok(Outcome { per_second: per_second.context("pgbench reported no progress")?, transactions })
    }
}

fn tail(text: &str) -> String {
    let wanted: Vec<&str> = text.lines().filter(|line| !line.starts_with("progress:")).collect();
    wanted[wanted.len().saturating_sub(12)..].join("\n")
}

fn processed(report: &str) -> Option<u64> {
    let line = report.lines().find(|line| line.starts_with("number of transactions actually processed:"))?;
    let number = line.rsplit(": ").next()?;
    number.split('/').next()?.trim().parse().ok()
}

/// The mean of the seconds that end after `from` and not after `until`.
fn rate(progress: &str, from: f64, until: f64) -> Option<f64> {
    let mut sum = 0.0;
    let mut seconds = 0_u64;
    for line in progress.lines().filter_map(|line| line.strip_prefix("progress: ")) {
        let (time, rest) = line.split_once(" s, ")?;
        let time: f64 = time.parse().ok()?;
        // A report comes a little after its second.
        if time > from + 0.5 && time <= until + 0.5 {
            sum += rest.split_once(" tps")?.0.parse::<f64>().ok()?;
            seconds += 1;
        }
    }
    (seconds > 0).then(|| sum / as_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRESS: &str = "\
pgbench: info
progress: 1.0 s, 100.0 tps, lat 1.0 ms stddev 0.1, 0 failed
progress: 2.0 s, 300.0 tps, lat 1.0 ms stddev 0.1, 0 failed
progress: 3.0 s, 500.0 tps, lat 1.0 ms stddev 0.1, 0 failed
";

    #[test]
    fn the_warm_up_does_not_count() {
        assert_eq!(rate(PROGRESS, 1.0, 3.0), Some(400.0));
        assert_eq!(rate(PROGRESS, 3.0, 4.0), None);
        assert_eq!(processed("a\nnumber of transactions actually processed: 1234\n"), Some(1234));
        assert_eq!(processed("number of transactions actually processed: 12/100"), Some(12));
    }
}
