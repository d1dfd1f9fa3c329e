//! A database, a namespace on the broker, and workers in this process.

use std::sync::Arc;
use std::time::Duration;

use broker::Broker;
use db::{Database, PoolSettings};
use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use kernel::SystemClock;
use outbox::{Job, Registry, Services, Waker, enqueue_all};
use testkit::TestDatabase;
use tokio_util::sync::CancellationToken;
use worker::{Running, StartOptions};

use crate::count::{self, Count};

/// How long a story waits for what must happen before it calls that a failure.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Where jobs leave their marks. Nothing keeps a job from leaving two: that it does not is what is watched.
pub const TABLE: &str =
    "CREATE TABLE effects (number bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())";

pub struct Stage {
    pub database: TestDatabase,
    pub broker: Broker,
}

impl Stage {
    /// On the database and the RabbitMQ of all tests.
    pub async fn set() -> Self {
        let database = TestDatabase::create().await;
        database.conn().await.batch_execute(TABLE).await.unwrap();
        // The database's name is as unique as a namespace has to be.
        let namespace = database.url.rsplit_once('/').unwrap().1;
        let broker = Broker::at(&testkit::amqp_url(), namespace, "test").unwrap();
        Self { database, broker }
    }

    /// A worker that counts.
    pub async fn worker(&self) -> Running {
        self.worker_of(count::register).await
    }

    /// A worker of what `register` registers.
    pub async fn worker_of(&self, register: impl FnOnce(&mut Registry)) -> Running {
        start(&self.database.url, &self.broker, register).await
    }

    pub async fn enqueue<J: Job>(&self, jobs: &[J]) {
        enqueue(&self.database.url, jobs).await;
    }

    pub async fn number(&self, query: &str) -> i64 {
        number(&self.database.database, query).await
    }

    /// Waits until `query` gives `expected`.
    pub async fn until(&self, query: &str, expected: i64) {
        until(&self.database.database, query, expected).await;
    }
}

pub async fn start(url: &str, broker: &Broker, register: impl FnOnce(&mut Registry)) -> Running {
    let mut registry = Registry::default();
    register(&mut registry);
    let options = StartOptions {
        registry,
        services: services(url),
        broker: broker.clone(),
        jobs_at_once: 16,
        bind: ([127, 0, 0, 1], 0).into(),
    };
    worker::start(options).await.unwrap()
}

/// Services on a pool of their own, as another process would have them.
pub fn services(url: &str) -> Services {
    Services { database: Database::open(&PoolSettings::new(url)).unwrap(), clock: Arc::new(SystemClock) }
}

/// As a gateway would: in a transaction, and then it wakes the workers.
pub async fn enqueue<J: Job>(url: &str, jobs: &[J]) {
    let services = services(url);
    let now = services.clock.now();
    enqueue_all(&mut services.database.conn().await.unwrap(), now, now, jobs).await.unwrap();
    let (waker, stop) = (Waker::of_this_process(), CancellationToken::new());
    let passes_on = tokio::spawn(waker.clone().pass_on(services.database.clone(), stop.clone()));
    waker.wake();
    stop.cancel();
    passes_on.await.unwrap();
}

pub fn counts(numbers: std::ops::Range<i64>) -> Vec<Count> {
    numbers.map(|number| Count { number }).collect()
}

#[derive(QueryableByName)]
struct NumberRow {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

/// The number in the column `value`.
pub async fn number(database: &Database, query: &str) -> i64 {
    let mut conn = database.conn().await.unwrap();
    diesel::sql_query(query).get_result::<NumberRow>(&mut *conn).await.unwrap().value
}

/// Waits until `query` gives `least` or more.
pub async fn at_least(database: &Database, query: &str, least: i64) {
    let reached = async {
        while number(database, query).await < least {
            // Others have the processor meanwhile; nothing tells when they are so far.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, reached).await.is_ok();
    assert!(in_time, "{query}: {} and not {least}", number(database, query).await);
}

pub async fn until(database: &Database, query: &str, expected: i64) {
    until_within(PATIENCE, database, query, expected).await;
}

/// The same for what takes minutes by itself.
pub async fn until_patiently(database: &Database, query: &str, expected: i64) {
    until_within(3 * PATIENCE, database, query, expected).await;
}

async fn until_within(patience: Duration, database: &Database, query: &str, expected: i64) {
    let reached = async {
        while number(database, query).await != expected {
            // Others have the processor meanwhile; nothing tells when they are done.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(patience, reached).await.is_ok();
    assert!(in_time, "{query}: {} and not {expected}", number(database, query).await);
}
