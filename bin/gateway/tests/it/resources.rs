//! Reading, listing, making and changing the example resource.

use db::Conn;
use diesel_async::SimpleAsyncConnection;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{Server, problem, somebody};

fn kale() -> Value {
    json!({ "title": "Kale", "quantity": "2.50", "price": { "amount": 350, "currency": "USD" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_is_made_read_and_changed() {
    let server = Server::start().await;
    let token = somebody();
    let made = server.post("/api/v1/notes").bearer_auth(&token).json(&kale()).send().await.unwrap();
    assert_eq!(made.status(), 201);
    assert_eq!(made.headers()["etag"], "\"v1\"");
    let location = made.headers()["location"].to_str().unwrap().to_owned();
    let view: Value = made.json().await.unwrap();
    assert_eq!(
        (&view["quantity"], &view["price"]),
        (&json!("2.5"), &json!({ "amount": 350, "currency": "USD" }))
    );
    assert_eq!(location, format!("/api/v1/notes/{}", view["id"].as_str().unwrap()));

    let read = server.get(&location).send().await.unwrap();
    assert_eq!(read.headers()["cache-control"], "private, no-cache");
    assert_eq!(read.json::<Value>().await.unwrap(), view);
    let current = server.get(&location).header("if-none-match", "\"v9\", W/\"v1\"").send().await.unwrap();
    assert_eq!((current.status().as_u16(), &current.headers()["etag"]), (304, &"\"v1\"".parse().unwrap()));
    assert_eq!(current.bytes().await.unwrap().len(), 0);

    let change = |tag: &'static str| {
        let request =
            server.ask(Method::PATCH, &location).bearer_auth(&token).json(&json!({ "title": "Chard" }));
        if tag.is_empty() { request.send() } else { request.header("if-match", tag).send() }
    };
    problem(change("").await.unwrap(), 428, "precondition_required").await;
    let changed = change("\"v1\"").await.unwrap();
    assert_eq!((changed.status().as_u16(), &changed.headers()["etag"]), (200, &"\"v2\"".parse().unwrap()));
    problem(change("\"v1\"").await.unwrap(), 412, "precondition_failed").await;
    let removed = server.ask(Method::DELETE, &location).bearer_auth(&token).send().await.unwrap();
    assert_eq!(removed.status(), 204);
    problem(server.get(&location).send().await.unwrap(), 404, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_refused_leaves_nothing_behind() {
    let server = Server::start().await;
    let token = somebody();
    for body in [json!({ "title": "", "quantity": "0", "price": { "amount": 1, "currency": "USD" } })] {
        let refused = server.post("/api/v1/notes").bearer_auth(&token).json(&body).send().await.unwrap();
        let told = problem(refused, 422, "invalid_input").await;
        let pointers: Vec<_> =
            told["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
        assert_eq!(pointers, ["/title", "/quantity"]);
    }
    assert_eq!(server.notes().await, 0);
    // The pool holds no connection with an open transaction.
    let made = server.post("/api/v1/notes").bearer_auth(&token).json(&kale()).send().await.unwrap();
    assert_eq!((made.status().as_u16(), server.notes().await), (201, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_caller_went_away_leaves_nothing_behind() {
    // One connection: whoever comes next gets the one that was left in a transaction, or a fresh one.
    let server = Server::start_with(&[("DATABASE_MAX_CONNECTIONS", "1")]).await;
    let begun = Notify::new();
    let work = async |tx: &mut Conn| {
        let insert = "INSERT INTO notes VALUES (gen_random_uuid(), 'x', 1, 1, 1, now())";
        tx.batch_execute(insert).await?;
        begun.notify_one();
        std::future::pending::<()>().await;
        Ok(())
    };
    tokio::select! {
        _ = server.running.state.transact(work) => unreachable!("it waits for ever"),
        () = begun.notified() => {}
    }
    assert_eq!(server.notes().await, 0);
    let made = server.post("/api/v1/notes").bearer_auth(somebody()).json(&kale()).send().await.unwrap();
    assert_eq!((made.status().as_u16(), server.notes().await), (201, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_cover_a_list_once() {
    let server = Server::start().await;
    let token = somebody();
    for _ in 0..5 {
        server.post("/api/v1/notes").bearer_auth(&token).json(&kale()).send().await.unwrap();
    }
    let mut seen = Vec::new();
    let mut next = String::from("/api/v1/notes?limit=2&title=Kale");
    loop {
        let page: Value = server.get(&next).send().await.unwrap().json().await.unwrap();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("/api/v1/notes?limit=2&title=Kale&cursor={cursor}");
    }
    let mut unique = seen.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!((seen.len(), unique.len()), (5, 5));

    let cursor = next.split("cursor=").last().unwrap();
    let other = server.get(&format!("/api/v1/notes?title=Chard&cursor={cursor}")).send().await.unwrap();
    problem(other, 400, "invalid_cursor").await;
    let larger =
        server.get(&format!("/api/v1/notes?limit=3&title=Kale&cursor={cursor}")).send().await.unwrap();
    assert_eq!(larger.status(), 200, "a cursor does not bind the page's size");
    for limit in ["0", "101", "-1"] {
        let refused = server.get(&format!("/api/v1/notes?limit={limit}")).send().await.unwrap();
        let told = problem(refused, 400, "invalid_parameter").await;
        assert_eq!(told["errors"][0]["pointer"], "query/limit");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_told_apart_by_their_token() {
    let server = Server::start().await;
    let refused = server.post("/api/v1/notes").json(&kale()).send().await.unwrap();
    assert_eq!(refused.headers()["www-authenticate"], "Bearer");
    problem(refused, 401, "unauthenticated").await;
    for token in ["nonsense", "old-token"] {
        let refused = server.get("/api/v1/auth/who").bearer_auth(token).send().await.unwrap();
        assert_eq!(refused.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
        problem(refused, 401, "unauthenticated").await;
    }
    let basic = server.get("/api/v1/auth/who").basic_auth("a", Some("b")).send().await.unwrap();
    problem(basic, 401, "unauthenticated").await;
    let token = somebody();
    let known: Value =
        server.get("/api/v1/auth/who").bearer_auth(&token).send().await.unwrap().json().await.unwrap();
    assert_eq!(format!("user-{}", known["user_id"].as_str().unwrap()), token);
    let stranger: Value = server.get("/api/v1/auth/who").send().await.unwrap().json().await.unwrap();
    assert_eq!(stranger, json!({}));
}
