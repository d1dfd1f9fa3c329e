//! Runners, jobs and facts for the stories.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use db::{Conn, Database, PoolSettings};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join_all;
use kernel::{Actor, Clock, JobId, ManualClock};
use outbox::{
    Event, HandlerError, Job, LEASE, Origin, Registry, RetryPolicy, Runner, Services, TraceParent, emit,
    enqueue,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use testkit::{TestDatabase, start_of_tests};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How long a story waits for what must happen before it calls that a failure.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A little longer than a lease.
pub const PAST_LEASE: TimeDelta = TimeDelta::seconds(LEASE.as_secs().cast_signed() + 1);

pub fn now() -> DateTime<Utc> {
    start_of_tests()
}

/// A database with a table where handlers leave their mark, and a clock that is moved by hand.
pub struct Stage {
    pub db: TestDatabase,
    pub clock: ManualClock,
}

impl Stage {
    pub async fn set() -> Self {
        let db = TestDatabase::create().await;
        let marks = "CREATE TABLE marks (id bigint GENERATED ALWAYS AS IDENTITY, label text NOT NULL)";
        db.conn().await.batch_execute(marks).await.unwrap();
        Self { db, clock: testkit::clock() }
    }

    /// Services on a pool of their own, as another process would have them.
    pub fn services(&self) -> Services {
        self.services_on(4, PATIENCE)
    }

    /// Services on `max_connections`, each of which is waited for as long as `wait`.
    pub fn services_on(&self, max_connections: usize, wait: Duration) -> Services {
        let settings = PoolSettings { max_connections, wait, ..PoolSettings::new(&self.db.url) };
        Services { database: Database::open(&settings).unwrap(), clock: Arc::new(self.clock.clone()) }
    }

    /// A runner of what `register` registers.
    pub fn runner(&self, register: impl FnOnce(&mut Registry)) -> Runner {
        let mut registry = Registry::default();
        register(&mut registry);
        Runner::new(registry, self.services())
    }

    pub async fn enqueue<J: Job>(&self, job: &J) -> JobId {
        enqueue(&mut *self.db.conn().await, self.clock.now(), job).await.unwrap()
    }

    /// Records facts of these kinds, one transaction each.
    pub async fn emit(&self, kinds: &[&'static str]) {
        let conn = &mut *self.db.conn().await;
        for kind in kinds {
            emit(conn, self.clock.now(), fact(kind)).await.unwrap();
        }
    }

    /// What the handlers have marked, in their order.
    pub async fn marks(&self) -> Vec<String> {
        texts(&mut *self.db.conn().await, "SELECT label AS value FROM marks ORDER BY id").await
    }

    /// Until when a runner has the job to itself.
    pub async fn leased_until(&self, id: JobId) -> String {
        let query =
            format!("SELECT coalesce(leased_until::text, 'nobody') AS value FROM jobs WHERE id = '{id}'");
        texts(&mut *self.db.conn().await, &query).await.remove(0)
    }

    pub async fn job(&self, id: JobId) -> JobRow {
        diesel::sql_query("SELECT state, attempts, run_at, last_error FROM jobs WHERE id = $1")
            .bind::<diesel::sql_types::Uuid, _>(id)
            .get_result(&mut *self.db.conn().await)
            .await
            .unwrap()
    }
}

/// A job as it stands in its table.
#[derive(QueryableByName, Debug)]
pub struct JobRow {
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    #[diesel(sql_type = Timestamptz)]
    pub run_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
}

impl JobRow {
    pub fn standing(&self) -> (&str, i32) {
        (&self.state, self.attempts)
    }

    pub fn error(&self) -> &str {
        self.last_error.as_deref().unwrap_or_default()
    }
}

/// A job that is to leave its label as a mark.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Note {
    pub label: String,
}

impl Job for Note {
    const NAME: &'static str = "test.note";
    const RETRY: RetryPolicy =
        RetryPolicy { attempts: 3, first: Duration::from_secs(10), longest: Duration::from_mins(1) };
}

pub fn note(label: impl Into<String>) -> Note {
    Note { label: label.into() }
}

/// The handler that does what a [`Note`] asks.
pub async fn write_note(services: Services, note: Note) -> Result<(), HandlerError> {
    Ok(mark(&mut *services.database.conn().await?, &note.label).await?)
}

pub async fn mark(conn: &mut Conn, label: &str) -> diesel::QueryResult<()> {
    diesel::sql_query("INSERT INTO marks (label) VALUES ($1)")
        .bind::<Text, _>(label)
        .execute(conn)
        .await
        .map(drop)
}

/// Ends a runner in the middle of its work.
pub async fn goes_away(runner: JoinHandle<Result<usize, String>>) {
    runner.abort();
    assert!(runner.await.unwrap_err().is_cancelled());
}

/// All runners drain at once.
pub async fn all_drain(runners: &[Runner]) -> usize {
    let drained = join_all(runners.iter().map(draining)).await.into_iter();
    drained.map(|done| done.unwrap().unwrap()).sum()
}

/// Where a handler waits until the story lets it on.
#[derive(Debug)]
pub struct Gate {
    arrivals: Semaphore,
    passes: Semaphore,
}

impl Gate {
    pub fn closed() -> Arc<Self> {
        Arc::new(Self { arrivals: Semaphore::new(0), passes: Semaphore::new(0) })
    }

    /// The handler's side: tells that it is here and waits for a pass.
    pub async fn pass(&self) {
        self.arrivals.add_permits(1);
        self.passes.acquire().await.unwrap().forget();
    }

    /// The story's side: waits until a handler is here.
    pub async fn arrival(&self) {
        let arrival = tokio::time::timeout(PATIENCE, self.arrivals.acquire()).await;
        arrival.expect("the handler is reached").unwrap().forget();
    }

    /// The story's side: lets one handler on.
    pub fn open(&self) {
        self.passes.add_permits(1);
    }
}

/// A request, and its own piece of work in a trace.
pub fn request(id: &str) -> Origin {
    Origin { request_id: id.to_owned(), trace: TraceParent::begin() }
}

/// Drains in a task of its own.
pub fn draining(runner: &Runner) -> JoinHandle<Result<usize, String>> {
    let runner = runner.clone();
    tokio::spawn(async move { runner.drain().await.map_err(|error| error.to_string()) })
}

pub fn fact(kind: &'static str) -> Event {
    Event { kind, subject_type: "thing", subject_id: Uuid::nil(), actor: Actor::System, data: json!({}) }
}

#[derive(QueryableByName)]
struct TextRow {
    #[diesel(sql_type = Text)]
    value: String,
}

/// The texts in the column `value`.
pub async fn texts(conn: &mut Conn, query: &str) -> Vec<String> {
    let rows: Vec<TextRow> = diesel::sql_query(query).load(conn).await.unwrap();
    rows.into_iter().map(|row| row.value).collect()
}

#[derive(QueryableByName)]
struct NumberRow {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

/// The number in the column `value`.
pub async fn number(conn: &mut Conn, query: &str) -> i64 {
    diesel::sql_query(query).get_result::<NumberRow>(conn).await.unwrap().value
}
