//! How large a body may be, and in which form.

use reqwest::header::HeaderMap;
use serde_json::json;

use super::answer;
use super::wire::{Wire, statuses};
use crate::document::Document;
use crate::support::{Server, problem, somebody};

const USUAL: usize = 64 * 1024;
const OF_AUTH: usize = 8 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_its_routes_limit_is_refused_with_the_limit() {
    let server = Server::start().await;
    let token = somebody();
    for (path, limit) in [("/api/v1/notes", USUAL), ("/api/v1/auth/login", OF_AUTH), ("/nowhere", USUAL)] {
        let send = async |body: Vec<u8>| {
            let request = server.post(path).bearer_auth(&token).header("content-type", "application/json");
            request.body(body).send().await.unwrap()
        };
        let told = problem(send(vec![b' '; limit + 1]).await, 413, "body_too_large").await;
        assert_eq!(told["limit"], limit, "{told}");
        assert!(told["detail"].as_str().unwrap().contains(&limit.to_string()), "{told}");
        // Not said beforehand, but found out on the way.
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunks = format!("400\r\n{}\r\n", " ".repeat(0x400)).repeat(limit / 0x400);
        let told = answer(&server.running.base_url, format!("{head}{chunks}1\r\n \r\n0\r\n\r\n")).await;
        assert_eq!(statuses(&told), [413], "{told}");
        assert!(told.contains(&format!("\"limit\":{limit}")), "{told}");
        // At the limit it is read, and found to be no JSON, or to be sent to nobody.
        assert!([400, 404].contains(&send(vec![b' '; limit]).await.status().as_u16()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_that_takes_a_body_has_a_limit() {
    let server = Server::start().await;
    let operations = Document::of(&server).await.operations();
    // A file has a limit of its own, and its sender is asked for a token first: see `pictures`.
    for operation in operations.into_iter().filter(|operation| operation.id != "upload_image") {
        let path = operation.at(&uuid::Uuid::new_v4().to_string());
        let request = server.ask(operation.method.clone(), &path).header("content-type", "application/json");
        let refused = request.body(vec![b' '; USUAL + 1]).send().await.unwrap();
        problem(refused, 413, "body_too_large").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_body_is_not_waited_for() {
    let server = Server::start().await;
    // A terabyte is announced, and a byte of it sent.
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let told =
        answer(&server.running.base_url, format!("{head}content-length: 1099511627776\r\n\r\n{{")).await;
    assert_eq!(statuses(&told), [413], "{told}");
    assert!(told.to_lowercase().contains("connection: close"), "{told}");
    // Chunks without an end.
    let mut wire = Wire::to(&server.running.base_url).await;
    wire.send(format!("{head}transfer-encoding: chunked\r\n\r\n")).await;
    let chunk = format!("400\r\n{}\r\n", " ".repeat(0x400));
    let mut sent = 0;
    while sent < 64 * 1024 * 1024 && wire.try_send(&chunk).await {
        sent += chunk.len();
    }
    let told = wire.text().await;
    assert!(statuses(&told).first().is_none_or(|status| *status == 413), "{told}");
    // Somebody who asks first is told before they send anything.
    let told = answer(
        &server.running.base_url,
        format!("{head}expect: 100-continue\r\ncontent-length: 1000000\r\n\r\n"),
    )
    .await;
    assert_eq!(statuses(&told).last(), Some(&413), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_comes_as_it_is() {
    let server = Server::start().await;
    let token = somebody();
    let note = json!({ "title": "x", "quantity": "1", "price": { "amount": 1, "currency": "USD" } });
    // A bomb: a gigabyte of spaces would be a megabyte of these.
    let bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    for encoding in ["gzip", "deflate", "br", "zstd", "GZIP", "gzip, gzip", "identity, gzip", "x", "compress"]
    {
        let request =
            server.post("/api/v1/notes").bearer_auth(&token).header("content-type", "application/json");
        let refused = request.header("content-encoding", encoding).body(bomb.clone()).send().await.unwrap();
        assert_eq!(refused.headers()["accept-encoding"], "identity", "{encoding}");
        problem(refused, 415, "unsupported_media_type").await;
    }
    let mut twice = HeaderMap::new();
    twice.append("content-encoding", "identity".parse().unwrap());
    twice.append("content-encoding", "br".parse().unwrap());
    let request = server.post("/api/v1/notes").bearer_auth(&token).headers(twice).json(&note);
    problem(request.send().await.unwrap(), 415, "unsupported_media_type").await;
    let request = server.post("/api/v1/notes").bearer_auth(&token).header("content-encoding", "identity");
    assert_eq!(request.json(&note).send().await.unwrap().status(), 201);
    assert_eq!(server.notes().await, 1);
}
