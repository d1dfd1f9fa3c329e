//! A PostgreSQL server of our own, for as long as the process that starts it.
//!
//! Owns how the server is run, when it is ready and how it is asked to end; that it ends with its starter is
//! [`server`](crate::server)'s part. Listens on 127.0.0.1 only, with no Unix socket, and trusts whoever connects: for
//! development and tests.

use std::fs::File;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::location::Location;
use crate::pidfile::{self, State};
use crate::server::{Manner, POLL, Server, read_log, tail};
use crate::{binaries, cluster, ports};

/// The name of the one role of a new cluster.
pub const SUPERUSER: &str = "silkcart";

/// A durable server may have to replay its log first.
const START_LIMIT: Duration = Duration::from_mins(2);
/// A fast shutdown ends connections and writes a checkpoint.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// The server itself kills what does not end within 5 s.
const IMMEDIATE_STOP_LIMIT: Duration = Duration::from_secs(10);
/// How long a server that is being stopped by its starter's death may still hold the data.
const HANDOVER_LIMIT: Duration = Duration::from_secs(1);

/// SIGINT asks for a fast shutdown, SIGQUIT for an immediate one.
const MANNER: Manner = Manner {
    name: "PostgreSQL",
    orphaned: libc::SIGINT,
    farewell: &[(libc::SIGINT, STOP_LIMIT), (libc::SIGQUIT, IMMEDIATE_STOP_LIMIT)],
};

/// How often a port that another process took first is replaced by another.
const PORT_ATTEMPTS: usize = 5;

/// What server to start.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Where the data lies; made when missing. Its parent gets the server's log, `<data_dir>.log`.
    ///
    /// Started by root, the server runs as `postgres` or `nobody`. Where that user cannot reach the folder, the data
    /// goes under `/var/lib/silkcart` and `data_dir` becomes a link to it; for throw-away data take
    /// [`scratch_folder`](crate::scratch_folder), which it can reach.
    pub data_dir: PathBuf,
    /// None takes a free one.
    pub port: Option<u16>,
    /// False trades the data's safety in a crash for speed: for tests only.
    pub durable: bool,
    pub max_connections: u16,
}

/// A running server. Dropping it stops it and waits for its end; on Linux the server also ends when this process
/// does, be it killed.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    data: PathBuf,
    binaries: PathBuf,
    server: Server,
}

impl Postgres {
    /// Starts a server and waits until it takes connections. Makes the cluster first when there is none.
    ///
    /// # Errors
    ///
    /// When PostgreSQL is not installed, the folder cannot be used or is in use by a live server, or the server does
    /// not come up: then with the end of its log.
    pub fn start(options: &PostgresOptions) -> Result<Self> {
        let Location { data, log, account } = Location::of(&options.data_dir)?;
        let binaries = binaries::find_for(&data)?;
        cluster::make_if_missing(&binaries, &data, account.as_ref(), options.durable)?;
        wait_for_previous(&data)?;

        for attempt in 1.. {
            let port = match options.port {
                Some(port) => port,
                None => ports::free::<1>()?[0],
            };
            let mut command = server_command(&binaries, &data, port, options);
            let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
            command.stdout(output.try_clone()?).stderr(output);
            if let Some(account) = &account {
                account.apply(&mut command);
            }
            let mut server = Server::spawn(command, MANNER)?;
            match server.wait_until_ready(START_LIMIT, |pid| is_ready(pid, &data)) {
                Ok(()) => return Ok(Self { port, data, binaries, server }),
                Err(error) => {
                    drop(server);
                    let tail = tail(&read_log(&log));
                    let taken = tail.contains("could not bind");
                    if !(taken && options.port.is_none() && attempt < PORT_ATTEMPTS) {
                        return Err(error.context(format!(
                            "PostgreSQL did not start on {}; the end of {}:\n{tail}",
                            data.display(),
                            log.display()
                        )));
                    }
                }
            }
        }
        bail!("no free port found")
    }

    /// `postgres://silkcart@127.0.0.1:<port>/<database>`; the database need not exist.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        url(self.port, database)
    }

    /// The URL of `database` at the server that another process has started on `data_dir`; none when none is there.
    pub fn url_of_running(data_dir: &Path, database: &str) -> Result<Option<String>> {
        // It may be a link to where the data lies.
        let Ok(data) = data_dir.canonicalize() else { return Ok(None) };
        let server = pidfile::read(&data)?;
        let server = server.filter(|server| server.state == State::Ready && server.is_live_on(&data));
        Ok(server.and_then(|server| server.port).map(|port| url(port, database)))
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the data really lies: not always the folder that was asked for, see [`PostgresOptions::data_dir`].
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data
    }

    /// The folder with PostgreSQL's programs on this machine: `postgres`, `initdb`, `psql` and their kind.
    pub fn binaries() -> Result<PathBuf> {
        binaries::find()
    }

    /// Creates a database, unless one of that name exists.
    pub fn create_database_if_missing(&self, name: &str) -> Result<()> {
        let mut command = Command::new(self.binaries.join("createdb"));
        command.args(["--host", "127.0.0.1", "--port", &self.port.to_string(), "--username", SUPERUSER]);
        command.args(["--no-password", "--", name]).stdin(Stdio::null());
        forget_environment(&mut command);
        let output =
            command.output().with_context(|| format!("cannot run {}", command.get_program().display()))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        // The server speaks English: its locale is our choice.
        if output.status.success() || complaint.contains("already exists") {
            return Ok(());
        }
        bail!("cannot create the database {name}: {}", complaint.trim())
    }

    /// Stops the server and waits for its end, as dropping does, but says when it did not end well.
    pub fn stop(mut self) -> Result<()> {
        let status = self.server.stop()?;
        if status.success() { Ok(()) } else { bail!("PostgreSQL ended with {status}") }
    }

    /// Breaks the server off, as `pg_ctl stop --mode=immediate` does: transactions are cut short and nothing is
    /// written out, so that the next start recovers from the log as after a crash.
    pub fn stop_immediately(mut self) -> Result<()> {
        self.server
            .signal_and_wait(libc::SIGQUIT, IMMEDIATE_STOP_LIMIT)?
            .context("PostgreSQL did not end")?;
        Ok(())
    }
}

fn server_command(binaries: &Path, data: &Path, port: u16, options: &PostgresOptions) -> Command {
    let mut command = Command::new(binaries.join("postgres"));
    command.arg("-D").arg(data);
    let mut set = |setting: &str| {
        command.args(["-c", setting]);
    };
    set("listen_addresses=127.0.0.1");
    set("unix_socket_directories=");
    set(&format!("port={port}"));
    set(&format!("max_connections={}", options.max_connections));
    set("timezone=UTC");
    set("log_timezone=UTC");
    if !options.durable {
        set("fsync=off");
        set("synchronous_commit=off");
        set("full_page_writes=off");
        // Nothing is replicated either.
        set("wal_level=minimal");
        set("max_wal_senders=0");
    }
    command.current_dir("/").stdin(Stdio::null());
    forget_environment(&mut command);
    command
}

/// Does the server `pid` take connections?
fn is_ready(pid: u32, data: &Path) -> Result<bool> {
    Ok(pidfile::read(data)?.is_some_and(|file| file.pid == pid && file.state == State::Ready))
}

/// The caller's `PG*` variables are about another server.
pub(crate) fn forget_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
}

fn url(port: u16, database: &str) -> String {
    format!("postgres://{SUPERUSER}@{}:{port}/{database}", Ipv4Addr::LOCALHOST)
}

/// A live server that is on its way out is waited for; one that is there to stay is an error; a dead one's file is
/// removed.
fn wait_for_previous(data: &Path) -> Result<()> {
    let begun = Instant::now();
    while let Some(other) = pidfile::read(data)? {
        if !other.is_live_on(data) {
            return pidfile::remove_stale(data);
        }
        let limit = if other.state == State::Stopping { STOP_LIMIT } else { HANDOVER_LIMIT };
        if begun.elapsed() > limit {
            let port = other.port.map_or_else(String::new, |port| format!(", port {port}"));
            bail!(
                "another PostgreSQL server (process {}{port}) is already running on {}: stop it, or choose another \
                 data folder",
                other.pid,
                data.display()
            );
        }
        thread::sleep(POLL);
    }
    Ok(())
}
