//! A server that hangs, or a network that swallows what is sent: nobody waits forever, and nobody has to restart
//! anything afterwards.

use std::time::{Duration, Instant};

use db::DbError;
use testkit::{Proxy, TestDatabase};

use crate::support::{backend, pool};

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_is_never_answered_fails_a_little_after_its_limit() {
    let db = TestDatabase::create().await;
    let proxy = Proxy::of(&db.url).await;
    let database = pool(&proxy.url(&db.url), 2);
    let mut conn = database.conn().await.unwrap();
    backend(&mut conn).await.unwrap();
    proxy.fall_silent();
    let begun = Instant::now();
    let error = backend(&mut conn).await.unwrap_err();
    assert!(db::is_connection_lost(&error), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_connection_to_a_silent_server_is_given_up_in_time() {
    let db = TestDatabase::create().await;
    let proxy = Proxy::of(&db.url).await;
    let database = pool(&proxy.url(&db.url), 2);
    proxy.fall_silent();
    let begun = Instant::now();
    let error = database.conn().await.unwrap_err();
    assert!(matches!(error, DbError::Connect(_)), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_from_before_a_silence_are_not_trusted_after_it() {
    let db = TestDatabase::create().await;
    let proxy = Proxy::of(&db.url).await;
    let database = pool(&proxy.url(&db.url), 4);
    let mut before = Vec::new();
    let mut loans = Vec::new();
    for _ in 0..4 {
        let mut conn = database.conn().await.unwrap();
        before.push(backend(&mut conn).await.unwrap());
        loans.push(conn);
    }
    drop(loans);
    proxy.fall_silent();
    let mut unlucky = database.conn().await.unwrap();
    backend(&mut unlucky).await.unwrap_err();
    drop(unlucky);
    proxy.speak_again();
    // Three of four have carried nothing meanwhile, and may be dead for all anybody knows.
    let begun = Instant::now();
    for _ in 0..4 {
        let now = backend(&mut database.conn().await.unwrap()).await.unwrap();
        assert!(!before.contains(&now), "{now} of {before:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}
