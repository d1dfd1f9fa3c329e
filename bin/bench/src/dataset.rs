//! The data that is loaded and kept, one database for each scale.
//!
//! Owns the databases' names, what is known of their contents, and that they are as they were loaded whenever a run
//! begins, whatever the run before wrote or wherever it broke off. How data is made is the gateway's own business
//! (`seed-demo --scale`).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::gateway::Program;
use crate::hash::Secret;
use crate::server::{Server, number};

const VENDORS: u32 = 5_000;
const CENTERS: u32 = 500;
/// Half of them in the dense region: enough for each connection's own buyers.
const CUSTOMERS: u32 = 400;

/// A place on the map.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub lat: f64,
    pub lon: f64,
}

impl Place {
    /// A neighbour's place, each number's another one, within two miles.
    pub fn near(self, number: u8) -> Self {
        let (row, column) = (f64::from(number / 4), f64::from(number % 4));
        Self { lat: self.lat + (row - 1.0) * 0.01, lon: self.lon + (column - 1.5) * 0.01 }
    }

    /// As the end of a query.
    pub fn query(self) -> String {
        format!("&lat={:.4}&lon={:.4}", self.lat, self.lon)
    }
}

/// What requests need to know of the data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Facts {
    pub dense: Place,
    pub sparse: Place,
    /// Shares of all offerings that the two reach.
    pub dense_share: f64,
    pub sparse_share: f64,
    /// Email addresses of customers in the dense region.
    pub customers: Vec<String>,
    /// Everybody's.
    pub password: String,
    /// Tables that hold nothing after loading: carts, orders, sessions, jobs and the like.
    pub empty_tables: Vec<String>,
}

/// What `seed-demo --json` says, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Summary {
    password: String,
    listings: u32,
    dense: Visitor,
    sparse: Visitor,
}

#[derive(Debug, Deserialize)]
struct Visitor {
    lat: f64,
    lon: f64,
    listings: u32,
    customer_email: String,
    customers: u32,
}

/// The data of one scale.
#[derive(Debug)]
pub struct Dataset {
    pub scale: u32,
    pub facts: Facts,
}

impl Dataset {
    /// Finds the data, or loads it, which takes minutes for a million; brings its schema up to date.
    pub async fn ensure(server: &Server, program: &Program, scale: u32, reload: bool) -> Result<Self> {
        let name = loaded(scale);
        let file = program.folder.join(format!("{name}.json"));
        if reload || !file.is_file() {
            load(server, program, scale, &file).await?;
        }
        let facts = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let facts = serde_json::from_slice(&facts).context("what is known of the data cannot be read")?;
        let mut migrate = program.development(&server.url(&name));
        migrate.arg("migrate");
        let migrated = Command::from(migrate).output().await.context("cannot run the gateway's migrate")?;
        ensure!(
            migrated.status.success(),
            "migrating failed: {}{}",
            String::from_utf8_lossy(&migrated.stdout),
            String::from_utf8_lossy(&migrated.stderr)
        );
        Ok(Self { scale, facts })
    }

    pub fn database(&self) -> String {
        loaded(self.scale)
    }

    /// Takes away what requests have written. Stock that was made plentiful stays so.
    pub async fn clear(&self, server: &Server) -> Result<()> {
        let client = server.connect(&self.database()).await?;
        let tables = self.facts.empty_tables.join(", ");
        // What is empty is not looked at by ANALYZE: its plans would be made for tables that stay empty, and kept.
        let clear =
            format!("TRUNCATE {tables}; UPDATE pools SET taken = 0 WHERE taken > 0; VACUUM (ANALYZE) pools");
        for statement in clear.split("; ") {
            client.batch_execute(statement).await.with_context(|| {
                format!("cannot clear the data (load it anew with --reload): {statement}")
            })?;
        }
        Ok(())
    }

    /// Reads everything once, so that no contestant has to wait for the disk, and writes what waits to be written.
    pub async fn warm(&self, server: &Server) -> Result<()> {
        let client = server.connect(&self.database()).await?;
        client.batch_execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm").await?;
        let of_ours = "relnamespace = 'public'::regnamespace";
        let relations =
            format!("SELECT sum(pg_prewarm(oid)) FROM pg_class WHERE relkind IN ('r', 'i') AND {of_ours}");
        client.query_one(&relations, &[]).await?;
        client.batch_execute("CHECKPOINT").await?;
        Ok(())
    }

    /// A stored hash of the customers' password.
    pub async fn secret(&self, client: &tokio_postgres::Client) -> Result<Secret> {
        let first = self.facts.customers.first().context("the data has no customers")?;
        let query = "SELECT password_hash FROM users WHERE lower(email) = lower($1)";
        let row = client.query_one(query, &[first]).await?;
        Ok(Secret { hash: row.get(0), password: self.facts.password.clone() })
    }
}

fn loaded(scale: u32) -> String {
    format!("loaded_{scale}")
}

async fn load(server: &Server, program: &Program, scale: u32, file: &PathBuf) -> Result<()> {
    if file.exists() {
        std::fs::remove_file(file)?;
    }
    let name = loaded(scale);
    let client = server.connect("postgres").await?;
    client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    server.create_database_if_missing(&name)?;
    println!("loading {scale} listings of {VENDORS} vendors; this is done once");
    let begun = Instant::now();
    let mut command = program.development(&server.url(&name));
    command.args(["seed-demo", "--json", "--scale", &scale.to_string()]);
    command.args(["--vendors", &VENDORS.to_string(), "--centers", &CENTERS.to_string()]);
    command.args(["--customers", &CUSTOMERS.to_string()]);
    let output = Command::from(command).output().await.context("cannot run the gateway's seed-demo")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "loading failed: {said}{complaint}");
    // The log may stand before it.
    let json = said.lines().rev().find(|line| line.starts_with('{')).context("seed-demo said nothing")?;
    let summary: Summary = serde_json::from_str(json).with_context(|| format!("cannot read {json}"))?;
    let facts = facts(&summary, empty_tables(&server.connect(&name).await?).await?);
    std::fs::write(file, serde_json::to_vec_pretty(&facts)?)?;
    println!("loaded in {} s", rounded(begun.elapsed()));
    Ok(())
}

fn rounded(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_millis() >= 500)
}

async fn empty_tables(client: &tokio_postgres::Client) -> Result<Vec<String>> {
    let tables =
        "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    let mut empty = Vec::new();
    for row in client.query(tables, &[]).await? {
        let table: String = row.get(0);
        if number(client, &format!("SELECT count(*) FROM (SELECT FROM {table} LIMIT 1) row")).await? == 0 {
            empty.push(table);
        }
    }
    Ok(empty)
}

fn facts(summary: &Summary, empty_tables: Vec<String>) -> Facts {
    let place = |visitor: &Visitor| Place { lat: visitor.lat, lon: visitor.lon };
    let share = |visitor: &Visitor| f64::from(visitor.listings) / f64::from(summary.listings);
    let email = &summary.dense.customer_email;
    Facts {
        dense: place(&summary.dense),
        sparse: place(&summary.sparse),
        dense_share: share(&summary.dense),
        sparse_share: share(&summary.sparse),
        customers: (1..=summary.dense.customers).map(|n| email.replace("{n}", &format!("{n:04}"))).collect(),
        password: summary.password.clone(),
        empty_tables,
    }
}
