//! Requests that are sent again: at once, later, changed, by somebody else.

use chrono::TimeDelta;
use db::Conn;
use diesel::result::Error;
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use futures_util::future::join_all;
use outbox::{Begin, IdempotencyError, IdempotentRequest, StoredAnswer, begin, purge_idempotency, record};
use serde_json::json;

use crate::support::*;

fn request(body: &str) -> IdempotentRequest {
    let route = "POST /api/v1/orders".to_owned();
    IdempotentRequest::new("user:1".into(), route, "key".into(), "/api/v1/orders", body.as_bytes())
}

fn answer(text: &str) -> StoredAnswer {
    StoredAnswer { status: 201, headers: json!({"location": "/orders/7"}), body: text.into() }
}

/// A gateway's way with a request: the effect is a mark, and the answer is told by `text`.
async fn serve(
    conn: &mut Conn,
    request: &IdempotentRequest,
    text: &str,
) -> Result<StoredAnswer, IdempotencyError> {
    conn.transaction(async |tx| match begin(tx, now(), request).await? {
        Begin::Replay(stored) => Ok(stored),
        Begin::Fresh => {
            mark(tx, text).await?;
            record(tx, request, &answer(text)).await?;
            Ok(answer(text))
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_take_effect_once_and_get_one_answer() {
    let stage = Stage::set().await;
    let requests = (0..50).map(|number| {
        let url = stage.db.url.clone();
        tokio::spawn(async move {
            let mut conn = db::connect(&url).await.unwrap();
            serve(&mut conn, &request("a"), &format!("effect {number}")).await.unwrap()
        })
    });
    let answers: Vec<_> = join_all(requests).await.into_iter().map(Result::unwrap).collect();
    let [effect] = &stage.marks().await[..] else { panic!("one effect") };
    assert!(answers.iter().all(|given| *given == answer(effect)), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_good_for_one_request() {
    let stage = Stage::set().await;
    let conn = &mut *stage.db.conn().await;
    serve(conn, &request("a"), "first").await.unwrap();
    let other_body = serve(conn, &request("b"), "second").await;
    assert!(matches!(other_body, Err(IdempotencyError::KeyReused)), "{other_body:?}");
    // The path and the body are told apart: "x" + "yz" is not "xy" + "z".
    let of = |path: &str, body: &[u8]| {
        IdempotentRequest::new(String::new(), String::new(), String::new(), path, body).fingerprint
    };
    assert_ne!(of("x", b"yz"), of("xy", b"z"));
    assert_eq!(stage.marks().await, ["first"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_that_was_rolled_back_leaves_the_key_free() {
    let stage = Stage::set().await;
    let conn = &mut *stage.db.conn().await;
    let undone: Result<(), IdempotencyError> = conn
        .transaction(async |tx| {
            assert_eq!(begin(tx, now(), &request("a")).await?, Begin::Fresh);
            mark(tx, "undone").await?;
            record(tx, &request("a"), &answer("undone")).await?;
            Err(Error::RollbackTransaction.into())
        })
        .await;
    assert!(undone.is_err());
    assert_eq!(serve(conn, &request("other"), "done").await.unwrap(), answer("done"));
    assert_eq!(stage.marks().await, ["done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_different_principals_and_routes_do_not_meet() {
    let stage = Stage::set().await;
    let conn = &mut *stage.db.conn().await;
    let mine = request("a");
    let theirs = IdempotentRequest { principal: "user:2".into(), ..mine.clone() };
    let elsewhere = IdempotentRequest { route: "POST /api/v1/bookings".into(), ..mine.clone() };
    let (first, second, third) = ("mine", "theirs", "elsewhere");
    for (request, text) in [(&mine, first), (&theirs, second), (&elsewhere, third)] {
        assert_eq!(serve(conn, request, text).await.unwrap(), answer(text));
    }
    assert_eq!(serve(conn, &theirs, "again").await.unwrap(), answer(second));
    assert_eq!(stage.marks().await, [first, second, third]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_wait_for_the_first_is_told_that_it_is_in_flight() {
    let stage = Stage::set().await;
    let mut second = db::connect(&stage.db.url).await.unwrap();
    second.batch_execute("SET lock_timeout = 20").await.unwrap();
    let first = &mut *stage.db.conn().await;
    first
        .transaction::<_, IdempotencyError, _>(async |tx| {
            assert_eq!(begin(tx, now(), &request("a")).await?, Begin::Fresh);
            for body in ["a", "b"] {
                let early = serve(&mut second, &request(body), "second").await;
                assert!(matches!(early, Err(IdempotencyError::InFlight)), "{early:?}");
            }
            mark(tx, "first").await?;
            Ok(record(tx, &request("a"), &answer("first")).await?)
        })
        .await
        .unwrap();
    assert_eq!(serve(&mut second, &request("a"), "second").await.unwrap(), answer("first"));
    assert_eq!(stage.marks().await, ["first"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_forgotten_when_they_are_old() {
    let stage = Stage::set().await;
    let conn = &mut *stage.db.conn().await;
    serve(conn, &request("a"), "first").await.unwrap();
    assert_eq!(purge_idempotency(conn, now()).await.unwrap(), 0, "not older than that");
    assert_eq!(purge_idempotency(conn, now() + TimeDelta::hours(24)).await.unwrap(), 1);
    assert_eq!(serve(conn, &request("b"), "second").await.unwrap(), answer("second"));
}
