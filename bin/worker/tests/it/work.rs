//! What workers do with jobs, facts and schedules.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use diesel_async::{AnsiTransactionManager, TransactionManager};
use kernel::Actor;
use outbox::{Event, Job, RetryPolicy, emit, enqueue};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::count::Count;
use crate::stage::*;

const DONE: &str = "SELECT count(*) AS value FROM jobs WHERE state = 'done'";
const EFFECTS: &str = "SELECT count(*) AS value FROM effects";

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_done_if_and_only_if_its_transaction_committed() {
    let stage = Stage::set().await;
    let running = stage.worker().await;
    {
        let conn = &mut *stage.database.conn().await;
        AnsiTransactionManager::begin_transaction(conn).await.unwrap();
        enqueue(conn, services(&stage.database.url).clock.now(), &Count { number: 1 }).await.unwrap();
        AnsiTransactionManager::rollback_transaction(conn).await.unwrap();
    }
    stage.enqueue(&counts(2..5)).await;
    stage.until(DONE, 3).await;
    assert_eq!(stage.number("SELECT min(number) AS value FROM effects").await, 2);
    running.stop().await.unwrap();
    assert_eq!(stage.number(EFFECTS).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_workers_do_each_job_once() {
    let stage = Stage::set().await;
    let mut workers = Vec::new();
    for _ in 0..3 {
        workers.push(stage.worker().await);
    }
    stage.enqueue(&counts(0..1_000)).await;
    stage.until(DONE, 1_000).await;
    assert_eq!(stage.number(EFFECTS).await, 1_000);
    assert_eq!(stage.number("SELECT count(DISTINCT number) AS value FROM effects").await, 1_000);
    for worker in workers {
        worker.stop().await.unwrap();
    }
}

#[derive(Serialize, Deserialize)]
struct Tick;

impl Job for Tick {
    const NAME: &'static str = "test.tick";
    const RETRY: RetryPolicy = RetryPolicy::NONE;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_round_of_periodic_work_is_done_once_however_many_workers_there_are() {
    let stage = Stage::set().await;
    let rounds = Arc::new(AtomicI64::new(0));
    let mut workers = Vec::new();
    for _ in 0..3 {
        let rounds = Arc::clone(&rounds);
        let worker = stage.worker_of(|registry| {
            registry.every(Duration::from_hours(1), move |_, _: Tick| {
                rounds.fetch_add(1, Ordering::SeqCst);
                async { Ok(()) }
            });
        });
        workers.push(worker.await);
    }
    stage.until(DONE, 1).await;
    for worker in workers {
        worker.stop().await.unwrap();
    }
    assert_eq!(rounds.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_fact_reaches_its_subscriber_once_and_what_it_asks_for_is_done() {
    let stage = Stage::set().await;
    let mut workers = Vec::new();
    for _ in 0..2 {
        let worker = stage.worker_of(|registry| {
            crate::count::register(registry);
            registry.on_events("counting", |tx, services, event| {
                Box::pin(async move {
                    let number = event.data["number"].as_i64().unwrap_or_default();
                    enqueue(tx, services.clock.now(), &Count { number }).await?;
                    Ok(())
                })
            });
        });
        workers.push(worker.await);
    }
    let now = services(&stage.database.url).clock.now();
    for number in 0..50 {
        let fact = Event {
            kind: "thing.counted",
            subject_type: "thing",
            subject_id: uuid::Uuid::nil(),
            actor: Actor::System,
            data: json!({ "number": number }),
        };
        emit(&mut *stage.database.conn().await, now, fact).await.unwrap();
    }
    stage.until(DONE, 50).await;
    assert_eq!(stage.number("SELECT count(DISTINCT number) AS value FROM effects").await, 50);
    for worker in workers {
        worker.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stops_finishes_what_it_has_begun_and_nothing_else() {
    let stage = Stage::set().await;
    let (begun, may_end) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (arrivals, passes) = (Arc::clone(&begun), Arc::clone(&may_end));
    let running = stage.worker_of(move |registry| {
        registry.on_job(move |_, _: Count| {
            let (arrivals, passes) = (Arc::clone(&arrivals), Arc::clone(&passes));
            async move {
                arrivals.add_permits(1);
                passes.acquire().await?.forget();
                Ok(())
            }
        });
    });
    let running = running.await;
    stage.enqueue(&counts(0..1)).await;
    tokio::time::timeout(PATIENCE, begun.acquire()).await.expect("the job is begun").unwrap().forget();
    let stopping = tokio::spawn(running.stop());
    // What comes while it stops is for another.
    stage.enqueue(&counts(1..2)).await;
    may_end.add_permits(1);
    stopping.await.unwrap().unwrap();
    assert_eq!(stage.number(DONE).await, 1);
    assert_eq!(begun.available_permits(), 0);
    let heir = stage.worker().await;
    stage.until(DONE, 2).await;
    heir.stop().await.unwrap();
}
