//! How many jobs a worker does, and how soon after the commit: on a PostgreSQL and a RabbitMQ that keep what they are
//! told, all on this machine.
//!
//! `cargo xtask bench jobs` prints
//! - jobs a second from the first that is enqueued to the last whose outcome is on record, with one that enqueues;
//! - the same with twice as many jobs that are there before the worker starts;
//! - at 500 transactions a second, each with a job, how long after its commit a job begins.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench talks, and fails by panicking"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use broker::Broker;
use db::{Conn, Database, PoolSettings};
use devstack::{Postgres, PostgresOptions, RabbitMq, RabbitMqOptions};
use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection, RunQueryDsl};
use kernel::SystemClock;
use outbox::{Job, Registry, Services, Waker, enqueue, enqueue_all};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use worker::{Running, StartOptions};

const DATABASE: &str = "jobs";
const JOBS_AT_ONCE: u16 = 64;
/// Of the throughput.
const JOBS: usize = 40_000;
const BATCH: usize = 100;
/// Of the latency.
const PER_SECOND: u32 = 500;
const SECONDS: u32 = 20;

/// What the aims ask for.
const LEAST_JOBS_PER_SECOND: f64 = 3_000.0;
const MOST_LATENCY: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Nothing;

impl Job for Nothing {
    const NAME: &'static str = "bench.nothing";
}

/// Tells when it begins.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Begin {
    number: usize,
}

impl Job for Begin {
    const NAME: &'static str = "bench.begin";
}

type Begun = Arc<Mutex<Vec<Option<Instant>>>>;

/// The servers, and a database that was migrated.
struct Bench {
    url: String,
    amqp: String,
    begun: Begun,
    /// How often a job that does nothing was begun.
    handled: Arc<AtomicUsize>,
    _postgres: Postgres,
    _rabbitmq: RabbitMq,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn prepare() -> Self {
        let folder = devstack::scratch_folder().unwrap();
        let database = PostgresOptions {
            data_dir: folder.path().join("postgres"),
            port: None,
            durable: true,
            max_connections: 100,
        };
        let broker = RabbitMqOptions { folder: folder.path().join("rabbitmq"), port: None };
        let servers = tokio::task::spawn_blocking(move || {
            let broker = thread::spawn(move || RabbitMq::start(&broker).unwrap());
            (Postgres::start(&database).unwrap(), broker.join().unwrap())
        });
        let (postgres, rabbitmq) = servers.await.unwrap();
        postgres.create_database_if_missing(DATABASE).unwrap();
        let (url, amqp) = (postgres.url(DATABASE), rabbitmq.url());
        migrations::run(&url).await.unwrap();
        let begun = Arc::new(Mutex::new(vec![None; (PER_SECOND * SECONDS) as usize]));
        let handled = Arc::default();
        Self { url, amqp, begun, handled, _postgres: postgres, _rabbitmq: rabbitmq, _folder: folder }
    }

    fn database(&self) -> Database {
        Database::open(&PoolSettings::new(&self.url)).unwrap()
    }

    async fn worker(&self) -> Running {
        let mut registry = Registry::default();
        let handled = Arc::clone(&self.handled);
        registry.on_job(move |_, _: Nothing| {
            handled.fetch_add(1, Ordering::Relaxed);
            async { Ok(()) }
        });
        let begun = Arc::clone(&self.begun);
        registry.on_job(move |_, job: Begin| {
            begun.lock().unwrap()[job.number] = Some(Instant::now());
            async { Ok(()) }
        });
        let options = StartOptions {
            registry,
            services: Services { database: self.database(), clock: Arc::new(SystemClock) },
            broker: Broker::at(&self.amqp, "bench", "bench").unwrap(),
            jobs_at_once: JOBS_AT_ONCE,
            bind: ([127, 0, 0, 1], 0).into(),
        };
        worker::start(options).await.unwrap()
    }

    /// Enqueues as gateways do: in transactions, and then wakes the workers.
    async fn enqueue_nothing(&self, conn: &mut Conn, waker: &Waker, jobs: usize) {
        for _ in 0..jobs / BATCH {
            let now = kernel::Clock::now(&SystemClock);
            enqueue_all(conn, now, now, &[Nothing; BATCH]).await.unwrap();
            waker.wake();
        }
    }

    /// Jobs a second until all that were enqueued since `begun` are done.
    async fn rate(&self, conn: &mut Conn, begun: Instant, jobs: usize, done_before: i64) -> f64 {
        let all = done_before + i64::try_from(jobs).unwrap();
        // The table is looked at only near the end: counting it takes time that the worker would use.
        let handled = || i64::try_from(AtomicUsize::load(&self.handled, Ordering::Relaxed)).unwrap();
        while handled() < all || done(conn).await < all {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let rate = f64::from(u32::try_from(jobs).unwrap()) / begun.elapsed().as_secs_f64();
        diesel::sql_query("VACUUM ANALYZE jobs").execute(conn).await.unwrap();
        rate
    }

    /// From each job's commit to its beginning, in order of length.
    async fn latencies(&self, waker: &Waker) -> Vec<Duration> {
        let database = self.database();
        let mut committed = Vec::new();
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
        for number in 0..(PER_SECOND * SECONDS) as usize {
            ticks.tick().await;
            let mut conn = database.conn().await.unwrap();
            let now = kernel::Clock::now(&SystemClock);
            let job = Begin { number };
            let work =
                conn.transaction::<_, diesel::result::Error, _>(async |tx| enqueue(tx, now, &job).await);
            work.await.unwrap();
            committed.push(Instant::now());
            waker.wake();
        }
        let all_begun = || self.begun.lock().unwrap().iter().all(Option::is_some);
        while !all_begun() {
            // The last ones are under way.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let begun = self.begun.lock().unwrap().clone();
        let mut latencies: Vec<_> = committed
            .into_iter()
            .zip(begun)
            .map(|(committed, begun)| begun.unwrap().saturating_duration_since(committed))
            .collect();
        latencies.sort_unstable();
        latencies
    }
}

#[derive(QueryableByName)]
struct Done {
    #[diesel(sql_type = BigInt)]
    done: i64,
}

async fn done(conn: &mut Conn) -> i64 {
    let query = diesel::sql_query("SELECT count(*) AS done FROM jobs WHERE state = 'done'");
    query.get_result::<Done>(conn).await.unwrap().done
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "NOT MET" }
}

#[tokio::main]
async fn main() {
    let bench = Bench::prepare().await;
    let cores = thread::available_parallelism().unwrap();
    println!(
        "{cores} cores; PostgreSQL, RabbitMQ, one worker with {JOBS_AT_ONCE} jobs at once, and one that enqueues"
    );
    let mut conn = db::connect(&bench.url).await.unwrap();
    let (waker, stop) = (Waker::of_this_process(), CancellationToken::new());
    let passes_on = tokio::spawn(waker.clone().pass_on(bench.database(), stop.clone()));

    let before = done(&mut conn).await;
    let begun = Instant::now();
    let worker = bench.worker().await;
    bench.enqueue_nothing(&mut conn, &waker, JOBS).await;
    let rate = bench.rate(&mut conn, begun, JOBS, before).await;
    let met = verdict(rate >= LEAST_JOBS_PER_SECOND);
    println!("enqueued and done:     {rate:>6.0} jobs/s (aim at least {LEAST_JOBS_PER_SECOND:.0}: {met})");
    worker.stop().await.unwrap();

    bench.enqueue_nothing(&mut conn, &waker, 2 * JOBS).await;
    let before = done(&mut conn).await;
    let begun = Instant::now();
    let worker = bench.worker().await;
    let rate = bench.rate(&mut conn, begun, 2 * JOBS, before).await;
    println!("done of what is there: {rate:>6.0} jobs/s");

    let latencies = bench.latencies(&waker).await;
    let at = |share: usize| latencies[(latencies.len() - 1) * share / 1000];
    let met = verdict(at(990) < MOST_LATENCY);
    println!(
        "commit to beginning, at {PER_SECOND} jobs/s: p50 {:.1?}, p99 {:.1?} (aim under {MOST_LATENCY:?}: {met}), longest {:.1?}",
        at(500),
        at(990),
        at(1000)
    );
    worker.stop().await.unwrap();
    stop.cancel();
    passes_on.await.unwrap();
}
