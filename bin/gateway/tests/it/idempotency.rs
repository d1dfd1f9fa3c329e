//! One key, one effect, one answer.

use std::collections::HashSet;

use reqwest::Response;
use serde_json::json;

use crate::support::{Server, problem, somebody};

async fn make(server: &Server, token: &str, key: &str, title: &str) -> Response {
    let body = json!({ "title": title, "quantity": "1", "price": { "amount": 1, "currency": "USD" } });
    let request = server.post("/api/v1/notes").bearer_auth(token).header("idempotency-key", key);
    request.json(&body).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_have_one_effect_and_the_same_answer() {
    let server = Server::start().await;
    let token = somebody();
    let answers = futures_util::future::join_all((0..50).map(|_| make(&server, &token, "one", "Kale"))).await;
    let mut bodies = HashSet::new();
    let mut fresh = 0;
    for answer in answers {
        assert_eq!(answer.status(), 201);
        fresh += usize::from(!answer.headers().contains_key("idempotent-replayed"));
        let headers = ["location", "etag", "content-type"].map(|name| answer.headers()[name].clone());
        bodies.insert((headers, answer.bytes().await.unwrap()));
    }
    assert_eq!((server.notes().await, bodies.len(), fresh), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_one_person_and_one_request() {
    let server = Server::start().await;
    let (ann, bob) = (somebody(), somebody());
    assert_eq!(make(&server, &ann, "key", "Kale").await.status(), 201);
    problem(make(&server, &ann, "key", "Chard").await, 422, "idempotency_key_reused").await;
    let other = make(&server, &bob, "key", "Kale").await;
    assert!(!other.headers().contains_key("idempotent-replayed"));
    let again = make(&server, &ann, "key", "Kale").await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(server.notes().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_does_not_use_up_its_key() {
    let server = Server::start().await;
    let token = somebody();
    problem(make(&server, &token, "key", "").await, 422, "invalid_input").await;
    assert_eq!(make(&server, &token, "key", "Kale").await.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_checked() {
    let server = Server::start().await;
    let token = somebody();
    for key in ["", "two words", &"k".repeat(256)] {
        let told = problem(make(&server, &token, key, "Kale").await, 400, "invalid_parameter").await;
        assert_eq!(told["errors"][0]["pointer"], "header/idempotency-key");
    }
    let path = "/api/v1/notes/0190b0a0-0000-7000-8000-000000000000/pay";
    let refused = server.post(path).bearer_auth(&token).send().await.unwrap();
    problem(refused, 400, "idempotency_key_required").await;
    let missing = server.post(path).bearer_auth(&token).header("idempotency-key", "k").send().await.unwrap();
    problem(missing, 404, "not_found").await;
}
