//! The gateway as its own process, set as in production: its start, its memory, its end.
//!
//! Owns its environment. The keys are those that loading the data made up.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use devstack::ProcessGroup;

use crate::http::{Connection, Request};

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);
/// For how long it is watched to see whether it rests, and the share of a processor that it may use then.
const GLANCE: Duration = Duration::from_millis(500);
const RESTING: f64 = 0.05;
const SETTLE_LIMIT: Duration = Duration::from_mins(3);
const SIGTERM: i32 = 15;

/// What to run, and what it must not make up itself.
#[derive(Clone, Debug)]
pub struct Program {
    pub path: PathBuf,
    /// Where the keys lie and the log goes.
    pub folder: PathBuf,
    /// The most connections it may hold to the database.
    pub pool: usize,
}

/// A running gateway. Dropping it ends it.
#[derive(Debug)]
pub struct Gateway {
    group: ProcessGroup,
    pub address: SocketAddr,
    /// From the start of the process to the first 200 of `/health/ready`.
    pub ready_after: Duration,
}

impl Program {
    /// A command of the gateway's in development, for loading data; makes the keys.
    pub fn development(&self, database: &str) -> Command {
        let mut command = self.bare(database);
        command.env("SILKCART_DATA_DIR", &self.folder);
        command
    }

    /// Without any setting of the caller's.
    fn bare(&self, database: &str) -> Command {
        let mut command = Command::new(&self.path);
        command.env_clear().env("DATABASE_URL", database).stdin(Stdio::null());
        command
    }

    /// Starts it and waits until it is ready.
    pub async fn serve(&self, database: &str) -> Result<Gateway> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = self.bare(database);
        command.arg("serve");
        command.env("SILKCART_ENV", "production");
        command.env("SILKCART_PUBLIC_URL", "https://bench.silkcart.example");
        command.env("SILKCART_BIND", address.to_string());
        command.env("JWT_PRIVATE_KEY", self.kept("jwt-private-key.pem")?);
        command.env("CURSOR_SECRET", self.kept("cursor-secret")?);
        command.env("TOKEN_SECRET", self.kept("token-secret")?);
        command.env("MAIL_URL", format!("file://{}", self.folder.join("mail").display()));
        command.env("MAIL_FROM", "SilkCart <hello@bench.silkcart.example>");
        command.env("MEDIA_FOLDER", self.folder.join("media"));
        command.env("DATABASE_MAX_CONNECTIONS", self.pool.to_string());
        command.env("RATE_LIMIT_PER_MINUTE", "0");
        command.env("RATE_LIMIT_AUTH_PER_MINUTE", "0");
        command.env("LOG_FORMAT", "json");
        // No order of the bench's may expire while it runs.
        command.env("ORDER_PAYMENT_MINUTES", "1440");
        let log = self.folder.join("gateway.log");
        let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdout(output.try_clone()?).stderr(output);

        let begun = Instant::now();
        let mut group =
            ProcessGroup::spawn(command).with_context(|| format!("cannot run {}", self.path.display()))?;
        while !is_ready(address).await {
            if let Some(status) = group.try_wait()? {
                bail!("the gateway ended with {status}; see {}", log.display());
            }
            if begun.elapsed() > START_LIMIT {
                group.kill()?;
                bail!("the gateway was not ready within {} s; see {}", START_LIMIT.as_secs(), log.display());
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(Gateway { group, address, ready_after: begun.elapsed() })
    }

    fn kept(&self, name: &str) -> Result<String> {
        let file = self.folder.join(name);
        std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
    }
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else { return false };
    connection.perform(&Request::get("/health/ready"), 0).await.is_ok()
}

impl Gateway {
    /// What it holds of the machine's memory, in MiB.
    pub fn resident_mib(&self) -> Result<f64> {
        resident_mib(self.group.leader())
    }

    /// Waits until it has done what the requests so far left it to do, and rests: orders go on to cause work after
    /// they are placed, which would count against whatever is measured next.
    pub async fn settle(&self) -> Result<()> {
        let begun = Instant::now();
        loop {
            let before = processor_time(self.group.leader())?;
            tokio::time::sleep(GLANCE).await;
            let used = processor_time(self.group.leader())?.saturating_sub(before);
            if used.as_secs_f64() < RESTING * GLANCE.as_secs_f64() {
                return Ok(());
            }
            ensure!(begun.elapsed() < SETTLE_LIMIT, "the gateway does not come to rest");
        }
    }

    /// Asks it to stop, and waits.
    pub fn stop(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        if self.group.try_wait()?.is_some() {
            return Ok(());
        }
        self.group.signal(SIGTERM)?;
        let begun = Instant::now();
        while self.group.try_wait()?.is_none() {
            if begun.elapsed() > STOP_LIMIT {
                self.group.kill()?;
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure.
        let _ = self.end();
    }
}

/// What a process has used of the processors, as Linux counts it: in hundredths of a second (proc(5), `utime` and
/// `stime`).
fn processor_time(process: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat"))
        .context("the time of a process is known on Linux only")?;
    // The name before it may hold anything.
    let (_, fields) = stat.rsplit_once(')').context("no name")?;
    let hundredths: u64 =
        fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(hundredths * 10))
}

/// Linux keeps it in `/proc`.
fn resident_mib(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"))
        .context("the memory of a process is known on Linux only")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib / 1024.0)
}
