//! The one PostgreSQL that everything is measured on: its settings, its log, and questions to it.
//!
//! Durable and sized as a small production server would be, on a port and in a folder of the bench's own. Owns no
//! data: which database holds what is [`dataset`](crate::dataset)'s business.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use devstack::{Postgres, PostgresOptions};
use tokio_postgres::{Client, NoTls, Row};

/// The gateway's pool, pgbench and ourselves, with room.
const MAX_CONNECTIONS: u16 = 100;

/// Settings beside those that follow from the machine's memory. The first two only keep a checkpoint from falling into
/// one contestant's round and not into the other's.
const SETTINGS: [(&str, &str); 9] = [
    ("max_wal_size", "2GB"),
    ("checkpoint_timeout", "1h"),
    ("work_mem", "16MB"),
    ("maintenance_work_mem", "512MB"),
    ("random_page_cost", "1.1"),
    // Each record of the log begins with a mark that no statement contains.
    ("log_line_prefix", "~%p~%a~ "),
    ("log_checkpoints", "off"),
    ("log_autovacuum_min_duration", "-1"),
    ("debug_pretty_print", "off"),
];
/// Megabytes of memory that are taken for granted where the system does not say.
const USUAL_MEMORY: u64 = 4096;
const MOST_SHARED_BUFFERS: u64 = 8192;

/// What a server is usually given: a quarter of the memory for itself, and the knowledge that much of the rest is the
/// system's cache.
fn settings() -> Vec<(&'static str, String)> {
    let memory = memory_mib().unwrap_or(USUAL_MEMORY);
    let mut settings = vec![
        ("shared_buffers", format!("{}MB", (memory / 4).min(MOST_SHARED_BUFFERS))),
        ("effective_cache_size", format!("{}MB", memory / 2)),
    ];
    settings.extend(SETTINGS.map(|(name, value)| (name, value.to_owned())));
    settings
}

/// Linux keeps it in `/proc`.
fn memory_mib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib / 1024)
}

/// What makes the log say which statements with which values and types of parameters arrive.
const TELLING: [(&str, &str); 3] =
    [("log_statement", "all"), ("debug_print_parse", "on"), ("log_min_error_statement", "log")];

/// A running server.
#[derive(Debug)]
pub struct Server {
    postgres: Postgres,
    log: PathBuf,
}

impl Server {
    /// Starts the server whose data lies in `folder`; makes it when there is none.
    pub async fn start(folder: &Path) -> Result<Self> {
        let data_dir = folder.join("postgres");
        let options =
            PostgresOptions { data_dir, port: None, durable: true, max_connections: MAX_CONNECTIONS };
        let mut server = Self::start_once(&options, folder)?;
        if server.configure().await? {
            server.postgres.stop()?;
            server = Self::start_once(&options, folder)?;
        }
        server.tell_statements(false).await?;
        Ok(server)
    }

    fn start_once(options: &PostgresOptions, folder: &Path) -> Result<Self> {
        let postgres = Postgres::start(options).context("cannot start the bench's PostgreSQL")?;
        Ok(Self { postgres, log: folder.join("postgres.log") })
    }

    /// Writes the settings that differ; whether any did, so that the server must start again.
    async fn configure(&self) -> Result<bool> {
        let client = self.connect("postgres").await?;
        let mut differs = false;
        for (name, value) in settings() {
            // Compared as the server understands it: `2GB` is stored as pages.
            let row = client
                .query_one(
                    "SELECT coalesce((SELECT setting = $2 FROM pg_file_settings WHERE name = $1 \
                     AND sourcefile LIKE '%auto.conf' ORDER BY seqno DESC LIMIT 1), false)",
                    &[&name, &value],
                )
                .await?;
            if !row.get::<_, bool>(0) {
                client.batch_execute(&format!("ALTER SYSTEM SET {name} = '{value}'")).await?;
                differs = true;
            }
        }
        Ok(differs)
    }

    /// Whether every statement is written to the log, which is slow: never while anything is measured.
    pub async fn tell_statements(&self, telling: bool) -> Result<()> {
        let client = self.connect("postgres").await?;
        for (name, value) in TELLING {
            let change = if telling {
                format!("ALTER SYSTEM SET {name} = '{value}'")
            } else {
                format!("ALTER SYSTEM RESET {name}")
            };
            client.batch_execute(&change).await?;
        }
        client.batch_execute("SELECT pg_reload_conf()").await?;
        // The postmaster passes it on to each connection, which reads it before its next statement.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        Ok(())
    }

    /// The server's log, which begins anew with each start.
    pub fn log(&self) -> &Path {
        &self.log
    }

    pub fn port(&self) -> u16 {
        self.postgres.port()
    }

    pub fn url(&self, database: &str) -> String {
        self.postgres.url(database)
    }

    pub fn create_database_if_missing(&self, name: &str) -> Result<()> {
        self.postgres.create_database_if_missing(name)
    }

    /// A connection of ours to the database.
    pub async fn connect(&self, database: &str) -> Result<Client> {
        let mut config: tokio_postgres::Config = self.url(database).parse()?;
        config.application_name("bench");
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// `PostgreSQL 15.4` and so on, with what it may use.
    pub async fn describe(&self) -> Result<String> {
        let client = self.connect("postgres").await?;
        let query = "SELECT current_setting('server_version'), current_setting('shared_buffers')";
        let row = client.query_one(query, &[]).await?;
        let (version, buffers): (String, String) = (row.get(0), row.get(1));
        Ok(format!("PostgreSQL {version} with {buffers} of shared buffers"))
    }

    pub fn stop(self) -> Result<()> {
        self.postgres.stop()
    }
}

/// One number from the database.
pub async fn number(client: &Client, query: &str) -> Result<i64> {
    let row: Row = client.query_one(query, &[]).await.with_context(|| format!("cannot ask `{query}`"))?;
    Ok(row.try_get(0)?)
}

/// Where a program of PostgreSQL's is; not every installation has all of them beside the server.
pub fn program(name: &str) -> Result<PathBuf> {
    let path = Postgres::binaries()?.join(name);
    if !path.is_file() {
        bail!("{} is missing: install PostgreSQL's contrib programs", path.display());
    }
    Ok(path)
}
