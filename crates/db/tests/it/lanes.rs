//! A pool divided among threads is still one pool.

use std::time::Duration;

use db::{Database, DbError, PoolSettings};
use diesel_async::RunQueryDsl;
use futures_util::future::{Either, select};
use testkit::TestDatabase;

use crate::support::{backend, patient_pool};

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_can_be_had_from_any_thread() {
    let db = TestDatabase::create().await;
    let wait = Duration::from_millis(300);
    let settings = PoolSettings { max_connections: 3, lanes: 3, wait, ..PoolSettings::new(&db.url) };
    let database = Database::open(&settings).unwrap();
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(database.conn().await.unwrap());
    }
    assert_eq!(database.usage(), (3, 3));
    assert!(matches!(database.conn().await, Err(DbError::Busy)));
    let mut last = all.pop().unwrap();
    let idle = backend(&mut last).await.unwrap();
    drop(last);
    let mut again = database.conn().await.unwrap();
    assert_eq!(backend(&mut again).await.unwrap(), idle, "what idles in another lane is taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_with_a_statement_unanswered_beside_an_answered_one_is_not_handed_on() {
    let db = TestDatabase::create().await;
    let database = patient_pool(&db.url, 1);
    let mut conn = database.conn().await.unwrap();
    let before = backend(&mut conn).await.unwrap();
    {
        let (mut first, mut second) = (&*conn, &*conn);
        let quick = diesel::sql_query("SELECT 1").execute(&mut first);
        // The statement takes long and is given up: nothing waits for it to finish.
        let slow = diesel::sql_query("SELECT pg_sleep(8)").execute(&mut second);
        assert!(matches!(select(quick, slow).await, Either::Left((Ok(1), _given_up))));
    }
    drop(conn);
    let mut next = database.conn().await.unwrap();
    assert_ne!(backend(&mut next).await.unwrap(), before);
}
