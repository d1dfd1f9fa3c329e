//! One case: its requests, the same SQL as a script, the same answers in memory; and the rounds in which they take
//! turns.
//!
//! Owns the order of rounds and what is checked around them. Contestants take turns and never run at once; every other
//! round goes backwards, so that none always comes first.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use hdrhistogram::Histogram;
use tokio_postgres::Client;

use crate::capture::{Log, Statement};
use crate::cases::{Case, Kind, Scene};
use crate::hash::{self, Secret};
use crate::http::{Connection, Request};
use crate::load::{self, Measured, Span, Workload, as_f64, next_number};
use crate::memory::{self, Memory};
use crate::pgbench::Pgbench;
use crate::report::{Latency, Outcome, Said, Series, Wal};
use crate::script::{Scripts, TypeNames, Writer, difference};
use crate::server::{Server, number};

/// How often a request is captured at most, until two captures are alike: what the gateway looks up only once a second
/// is in one of them.
const MOST_CAPTURES: usize = 6;
/// How long after a request the gateway may still be busy with what it woke.
const SETTLE: Duration = Duration::from_millis(20);

/// Rounds, and for how long each contestant runs in one.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    pub count: usize,
    pub span: Span,
    pub with_memory: bool,
}

/// What contestants of one database share.
#[derive(Debug)]
pub struct Arena<'a> {
    pub server: &'a Server,
    pub database: &'a str,
    pub client: &'a Client,
    pub scene: Scene<'a>,
    pub log: &'a mut Log,
    pub type_names: &'a TypeNames,
    pub folder: &'a Path,
    pub rounds: Rounds,
    pub scale: u32,
}

/// Rates and latencies as they come in.
struct Tally {
    gateway: Series,
    compared: Series,
    memory: Series,
    latency: Histogram<u64>,
    wal: [Consumed; 2],
}

/// Write-ahead log and the transactions that it was for.
#[derive(Clone, Copy, Debug, Default)]
struct Consumed {
    bytes: i64,
    transactions: u64,
}

impl Consumed {
    #[expect(clippy::cast_precision_loss, reason = "bytes of a run are far below 2^52")]
    fn each(self) -> f64 {
        self.bytes as f64 / as_f64(self.transactions.max(1))
    }
}

impl Tally {
    fn new() -> Result<Self> {
        Ok(Self {
            gateway: Series::default(),
            compared: Series::default(),
            memory: Series::default(),
            latency: Histogram::new(3)?,
            wal: [Consumed::default(); 2],
        })
    }

    fn add_gateway(&mut self, measured: &Measured, step: usize) -> Result<()> {
        self.gateway.push(measured.per_second);
        let latency = measured.latencies.get(step).context("a step was not measured")?;
        self.latency.add(latency)?;
        Ok(())
    }
}

impl Arena<'_> {
    pub async fn hold(&mut self, case: Case, secret: &Secret) -> Result<Outcome> {
        match case.kind {
            Kind::LogIn => self.hold_logins(case, secret).await,
            Kind::Flood => self.hold_flood(case).await,
            _ => self.hold_scripted(case).await,
        }
    }

    /// The gateway, pgbench and the memory server.
    async fn hold_scripted(&mut self, case: Case) -> Result<Outcome> {
        self.server.tell_statements(true).await?;
        let workload = self.scene.workload(case.kind).await?;
        // The statements' types are in what was said meanwhile.
        self.log.take()?;
        let (scripts, said) = self.capture(case, &workload).await?;
        self.server.tell_statements(false).await?;
        let folder = self.folder.join("scripts").join(case.name);
        let connections = self.scene.connections;
        let mut pgbench = Pgbench::prepare(self.server, self.database, connections, &scripts, &folder)?;
        let memory = if self.rounds.with_memory { Some(self.memory(&workload).await?) } else { None };

        let mut tally = Tally::new()?;
        for round in 0..self.rounds.count {
            let mut order = [0, 1, 2];
            if round % 2 == 1 {
                order.reverse();
            }
            for contestant in order {
                match contestant {
                    0 => self.round_of_gateway(case, &workload, &mut tally).await?,
                    1 => self.round_of_pgbench(case, &mut pgbench, &mut tally).await?,
                    _ => {
                        if let Some(memory) = &memory {
                            let measured = load::run(memory.address, &workload, self.rounds.span).await?;
                            tally.memory.push(measured.per_second);
                        }
                    }
                }
            }
        }
        let wal =
            (!case.reads_only()).then(|| Wal { gateway: tally.wal[0].each(), pgbench: tally.wal[1].each() });
        Ok(Outcome { said: Some(said), wal, ..self.outcome(case, tally, "pgbench") })
    }

    async fn round_of_gateway(&self, case: Case, workload: &Workload, tally: &mut Tally) -> Result<()> {
        let before = self.effects(case).await?;
        let measured = load::run(self.scene.address, workload, self.rounds.span).await?;
        let after = self.effects(case).await?;
        tally.wal[0].bytes += after.wal - before.wal;
        tally.wal[0].transactions += measured.transactions;
        before.expect(case, after, measured.transactions).context("the gateway's answers were good, but")?;
        tally.add_gateway(&measured, case.timed_step())
    }

    /// pgbench must have had the effects that it claims.
    async fn round_of_pgbench(&self, case: Case, pgbench: &mut Pgbench, tally: &mut Tally) -> Result<()> {
        let before = self.effects(case).await?;
        let outcome = pgbench.run(self.rounds.span).await?;
        let after = self.effects(case).await?;
        tally.wal[1].bytes += after.wal - before.wal;
        tally.wal[1].transactions += outcome.transactions;
        before.expect(case, after, outcome.transactions).context("pgbench claims success, but")?;
        tally.compared.push(outcome.per_second);
        Ok(())
    }

    async fn effects(&self, case: Case) -> Result<Effects> {
        if case.reads_only() {
            return Ok(Effects::default());
        }
        let ask = async |query| number(self.client, query).await;
        Ok(Effects {
            orders: ask("SELECT count(*) FROM orders").await?,
            changes: ask("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").await?,
            wal: ask("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint").await?,
        })
    }

    /// The gateway beside the bare hash.
    async fn hold_logins(&self, case: Case, secret: &Secret) -> Result<Outcome> {
        let workload = self.scene.workload(case.kind).await?;
        let mut tally = Tally::new()?;
        for round in 0..self.rounds.count {
            for contestant in if round % 2 == 0 { [0, 1] } else { [1, 0] } {
                if contestant == 0 {
                    let measured = load::run(self.scene.address, &workload, self.rounds.span).await?;
                    tally.add_gateway(&measured, 0)?;
                } else {
                    tally.compared.push(hash::run(secret, self.rounds.span)?);
                }
            }
        }
        Ok(self.outcome(case, tally, "argon2"))
    }

    /// Browse while as many connections again log in without end, beside browse alone.
    async fn hold_flood(&self, case: Case) -> Result<Outcome> {
        let workload = self.scene.workload(case.kind).await?;
        let logins = self.scene.logins().await?;
        let mut tally = Tally::new()?;
        for round in 0..self.rounds.count {
            for flooded in if round % 2 == 0 { [false, true] } else { [true, false] } {
                if flooded {
                    let browse = load::run(self.scene.address, &workload, self.rounds.span);
                    let flood = load::run(self.scene.address, &logins, self.rounds.span);
                    let (measured, flood) = tokio::join!(browse, flood);
                    flood.context("the flood was turned away")?;
                    tally.add_gateway(&measured?, 0)?;
                } else {
                    let measured = load::run(self.scene.address, &workload, self.rounds.span).await?;
                    tally.compared.push(measured.per_second);
                }
            }
        }
        Ok(self.outcome(case, tally, "alone"))
    }

    fn outcome(&self, case: Case, tally: Tally, reference: &'static str) -> Outcome {
        let has_memory = case.has_script() && self.rounds.with_memory;
        Outcome {
            case: case.name,
            scale: self.scale,
            latency: Latency::of(&tally.latency),
            gateway: tally.gateway,
            reference,
            compared: tally.compared,
            memory: has_memory.then_some(tally.memory),
            said: None,
            wal: None,
            aim: case.aim,
        }
    }

    async fn memory(&self, workload: &Workload) -> Result<Memory> {
        let requests = workload.distinct().flatten();
        let answers = memory::collect(self.scene.address, requests).await?;
        Memory::start(&answers, self.folder).await
    }

    /// Sends the requests one by one and makes scripts of what they say to the database.
    async fn capture(&mut self, case: Case, workload: &Workload) -> Result<(Scripts, Said)> {
        let mut connection = Connection::open(self.scene.address).await?;
        let mut clients: Vec<Vec<(Vec<Statement>, Vec<Statement>)>> = Vec::new();
        let lists = if case.reads_only() { &workload.lists()[..1] } else { workload.lists() };
        for list in lists {
            let mut transactions = Vec::new();
            for transaction in list.iter() {
                transactions.push(self.capture_twice(&mut connection, transaction).await?);
            }
            clients.push(transactions);
        }
        let said = said(&clients);
        let writer = Writer::new(self.log, self.type_names);
        let scripts = if case.reads_only() {
            let requests: Vec<Vec<Statement>> =
                clients.into_iter().flatten().map(|(_, second)| second).collect();
            writer.one_each(&requests)?
        } else {
            writer.by_client(&clients)?
        };
        Ok((scripts, said))
    }

    /// Two captures that say the same.
    async fn capture_twice(
        &mut self,
        connection: &mut Connection,
        requests: &[Request],
    ) -> Result<(Vec<Statement>, Vec<Statement>)> {
        let mut captures: Vec<Vec<Statement>> = Vec::new();
        for _ in 0..MOST_CAPTURES {
            let fresh = self.capture_one(connection, requests).await?;
            if let Some(same) = captures.iter().position(|other| difference(other, &fresh).is_none()) {
                return Ok((captures.swap_remove(same), fresh));
            }
            captures.push(fresh);
        }
        let odd = captures.first().zip(captures.last()).and_then(|(first, last)| difference(first, last));
        bail!("a request says something else each time, such as `{}`", odd.unwrap_or_default())
    }

    async fn capture_one(
        &mut self,
        connection: &mut Connection,
        requests: &[Request],
    ) -> Result<Vec<Statement>> {
        let mut statements = Vec::new();
        for request in requests {
            // What the gateway says between two requests it says on its own account.
            while self.log.learn_background()? {
                tokio::time::sleep(SETTLE).await;
            }
            connection.perform(request, next_number()).await?;
            statements.extend(self.log.take_request()?);
        }
        Ok(statements)
    }
}

/// What the database has seen so far.
#[derive(Clone, Copy, Debug, Default)]
struct Effects {
    orders: i64,
    /// Transactions that changed anything: each takes a number.
    changes: i64,
    /// Bytes of write-ahead log.
    wal: i64,
}

impl Effects {
    /// Whether so many transactions left behind until `after` what they must.
    fn expect(self, case: Case, after: Self, transactions: u64) -> Result<()> {
        let claimed = i64::try_from(transactions)?;
        let orders = if case.kind == Kind::CheckOut { claimed } else { 0 };
        // A cart is filled and checked out in two.
        let changes = match case.kind {
            Kind::CheckOut => 2 * claimed,
            Kind::AddToCart => claimed,
            _ => 0,
        };
        let (made, seen) = (after.orders - self.orders, after.changes - self.changes);
        ensure!(made == orders, "{made} orders are there of {orders}");
        // The gateway's own jobs make some more.
        ensure!(seen >= changes, "{seen} transactions changed something of {changes}");
        Ok(())
    }
}

/// What a transaction of requests says on the average.
fn said(clients: &[Vec<(Vec<Statement>, Vec<Statement>)>]) -> Said {
    let mut said = Said::default();
    let mut transactions = 0.0;
    for (_, statements) in clients.iter().flatten() {
        transactions += 1.0;
        for statement in statements {
            said.statements += 1.0;
            said.prepared_anew += f64::from(u8::from(!statement.kept));
        }
    }
    Said { statements: said.statements / transactions, prepared_anew: said.prepared_anew / transactions }
}
