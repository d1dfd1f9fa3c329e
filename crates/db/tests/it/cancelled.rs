//! Whoever goes away in the middle of their work leaves nothing behind: no lock, no statement, no transaction.

use std::time::{Duration, Instant};

use db::{Database, PooledConn};
use diesel_async::{AnsiTransactionManager, SimpleAsyncConnection, TransactionManager};
use testkit::TestDatabase;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::{PATIENCE, backend, number, patient_pool};

/// Takes the advisory lock `key` in a transaction.
async fn lock(conn: &mut PooledConn, key: i64) {
    AnsiTransactionManager::begin_transaction(&mut **conn).await.unwrap();
    conn.batch_execute(&format!("SELECT pg_advisory_xact_lock({key})")).await.unwrap();
}

/// How long it takes until `key` can be had.
async fn time_until_free(database: &Database, key: i64) -> Duration {
    let begun = Instant::now();
    let mut conn = database.conn().await.unwrap();
    lock(&mut conn, key).await;
    AnsiTransactionManager::rollback_transaction(&mut *conn).await.unwrap();
    begun.elapsed()
}

/// Cancels the task, as a server does with the handler of a client that went away.
async fn cancel(task: JoinHandle<()>) {
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_are_free_at_once_when_their_holder_is_cancelled() {
    let db = TestDatabase::create().await;
    let database = patient_pool(&db.url, 8);
    // Some that rest, so that the cancelled one would not be the next to be used.
    let resting = [database.conn().await.unwrap(), database.conn().await.unwrap()];
    drop(resting);
    let (locked, is_locked) = oneshot::channel();
    let pool = database.clone();
    let holder = tokio::spawn(async move {
        let mut conn = pool.conn().await.unwrap();
        lock(&mut conn, 1).await;
        locked.send(()).unwrap();
        std::future::pending::<()>().await;
    });
    is_locked.await.unwrap();
    cancel(holder).await;
    let waited = time_until_free(&database, 1).await;
    assert!(waited < Duration::from_secs(1), "{waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_are_free_soon_when_their_holder_waits_for_another_and_is_cancelled() {
    let db = TestDatabase::create().await;
    let database = patient_pool(&db.url, 8);
    let mut other = database.conn().await.unwrap();
    lock(&mut other, 2).await;
    let pool = database.clone();
    let holder = tokio::spawn(async move {
        let mut conn = pool.conn().await.unwrap();
        lock(&mut conn, 1).await;
        conn.batch_execute("SELECT pg_advisory_xact_lock(2)").await.unwrap();
    });
    let waiting = "SELECT count(*) AS value FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    let mut witness = db.conn().await;
    while number(&mut witness, waiting).await.unwrap() == 0 {}
    cancel(holder).await;
    let waited = time_until_free(&database, 1).await;
    assert!(waited < Duration::from_secs(2), "{waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_nobody_waits_for_does_not_hold_up_the_next_caller() {
    let db = TestDatabase::create().await;
    let database = patient_pool(&db.url, 1);
    let slow = async {
        let mut conn = database.conn().await.unwrap();
        // The statement takes long, until somebody ends it: nothing waits for it to finish.
        conn.batch_execute("SELECT pg_sleep(8)").await.unwrap();
    };
    tokio::time::timeout(Duration::from_millis(100), slow).await.unwrap_err();
    let begun = Instant::now();
    assert_eq!(number(&mut database.conn().await.unwrap(), "SELECT 1::bigint AS value").await.unwrap(), 1);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_returned_whole_is_used_again() {
    let db = TestDatabase::create().await;
    let database = patient_pool(&db.url, 1);
    let mut conn = database.conn().await.unwrap();
    let first = backend(&mut conn).await.unwrap();
    // A refused statement and a rolled back transaction are no reason to part.
    assert!(conn.batch_execute("SELECT nonsense").await.is_err());
    lock(&mut conn, 1).await;
    AnsiTransactionManager::rollback_transaction(&mut *conn).await.unwrap();
    drop(conn);
    assert_eq!(backend(&mut database.conn().await.unwrap()).await.unwrap(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_server_ended_is_replaced() {
    let db = TestDatabase::create().await;
    let database = patient_pool(&db.url, 1);
    let mut conn = database.conn().await.unwrap();
    let ended = backend(&mut conn).await.unwrap();
    drop(conn);
    let end = format!("SELECT pg_terminate_backend({ended}, 5000)::int::bigint AS value");
    assert_eq!(number(&mut *db.conn().await, &end).await.unwrap(), 1);
    let replaced = async {
        // The news of the end may be a moment behind.
        while backend(&mut database.conn().await.unwrap()).await.unwrap_or(ended) == ended {}
    };
    tokio::time::timeout(PATIENCE, replaced).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_ended_in_the_middle_counts_as_lost() {
    let db = TestDatabase::create().await;
    let database = patient_pool(&db.url, 1);
    let mut conn = database.conn().await.unwrap();
    let pid = backend(&mut conn).await.unwrap();
    // The statement takes long, until somebody ends it: nothing waits for it to finish.
    let working = tokio::spawn(async move { conn.batch_execute("SELECT pg_sleep(8)").await.unwrap_err() });
    let mut admin = db.conn().await;
    let sleeping = format!(
        "SELECT count(*) AS value FROM pg_stat_activity WHERE pid = {pid} AND wait_event = 'PgSleep'"
    );
    while number(&mut admin, &sleeping).await.unwrap() == 0 {}
    let end = format!("SELECT pg_terminate_backend({pid})::int::bigint AS value");
    assert_eq!(number(&mut admin, &end).await.unwrap(), 1);
    let error = working.await.unwrap();
    assert!(db::is_connection_lost(&error), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_not_a_lost_connection() {
    let db = TestDatabase::create().await;
    let error = db.conn().await.batch_execute("SELECT nonsense").await.unwrap_err();
    assert!(!db::is_connection_lost(&error), "{error:?}");
}
