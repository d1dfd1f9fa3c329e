//! What the HTTP layer refuses is a problem like any other.

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Server, problem, somebody};

#[tokio::test(flavor = "multi_thread")]
async fn addresses_and_methods() {
    let server = Server::start().await;
    for path in [
        "/",
        "/nowhere",
        "/api/v1",
        "/api/v1/notes/not-an-id",
        "/api/v1/notes/%FF",
        "/api/v1/notes/%00",
        "/api/v1/notes/0190b0a000007000800000000000000a",
        "/api/docs/../../etc/passwd",
        "/api/docs/unknown.js",
        "/api/v1/notes/a%2Fb",
    ] {
        problem(server.get(path).send().await.unwrap(), 404, "not_found").await;
    }
    let refused = server.ask(Method::DELETE, "/api/v1/notes").send().await.unwrap();
    let allow = refused.headers()["allow"].to_str().unwrap().to_owned();
    assert!(allow.contains("GET") && allow.contains("POST") && !allow.contains("DELETE"), "{allow}");
    problem(refused, 405, "method_not_allowed").await;
    let refused = server.ask(Method::PUT, "/api/schema/").send().await.unwrap();
    assert!(refused.headers()["allow"].to_str().unwrap().contains("GET"));
    problem(refused, 405, "method_not_allowed").await;
    problem(server.ask(Method::TRACE, "/health").send().await.unwrap(), 405, "method_not_allowed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies() {
    let server = Server::start().await;
    let token = somebody();
    let send = |kind: &'static str, body: Vec<u8>| {
        server.post("/api/v1/notes").bearer_auth(&token).header("content-type", kind).body(body).send()
    };
    let json = "application/json";
    problem(send("text/plain", b"{}".to_vec()).await.unwrap(), 415, "unsupported_media_type").await;
    problem(
        send("application/json; charset=latin1", b"{}".to_vec()).await.unwrap(),
        415,
        "unsupported_media_type",
    )
    .await;
    problem(send("\u{e9}", b"{}".to_vec()).await.unwrap(), 415, "unsupported_media_type").await;
    problem(send(json, b"{".to_vec()).await.unwrap(), 400, "malformed_json").await;
    problem(send(json, b"\"\xff\"".to_vec()).await.unwrap(), 400, "malformed_json").await;
    problem(send(json, vec![b' '; 300_000]).await.unwrap(), 413, "body_too_large").await;
    // Nothing is an empty object, of whatever type it is said to be.
    let nothing = server.post("/api/v1/notes").bearer_auth(&token).send();
    for none in [nothing.await, send(json, Vec::new()).await, send("text/plain", Vec::new()).await] {
        let told = problem(none.unwrap(), 422, "invalid_input").await;
        assert_eq!(
            told["errors"],
            json!([{ "pointer": "/title", "code": "required", "message": "is required" }])
        );
    }
    let told = problem(send(json, b"{\"title\":\"x\"}".to_vec()).await.unwrap(), 422, "invalid_input").await;
    assert_eq!(
        told["errors"],
        json!([{ "pointer": "/quantity", "code": "required", "message": "is required" }])
    );
    let body = br#"{"title":"x","quantity":"1","price":{"amount":"1","currency":"USD"}}"#.to_vec();
    let told = problem(send(json, body).await.unwrap(), 422, "invalid_input").await;
    assert_eq!(told["errors"][0]["pointer"], "/price/amount");
    let body = br#"{"title":"x","quantity":"1","price":{"amount":1,"currency":"XYZ"}}"#.to_vec();
    let told = problem(send(json, body).await.unwrap(), 422, "invalid_input").await;
    assert_eq!(told["errors"][0]["pointer"], "/price/currency");
    let body = br#"{"title":"a\u0000b","quantity":"1","price":{"amount":1,"currency":"USD"}}"#.to_vec();
    let told = problem(send(json, body).await.unwrap(), 422, "invalid_input").await;
    assert_eq!(told["errors"][0]["pointer"], "/title");
}

#[tokio::test(flavor = "multi_thread")]
async fn encodings() {
    let server = Server::start().await;
    let token = somebody();
    let request = server.post("/api/v1/notes").bearer_auth(&token).header("content-type", "application/json");
    let refused = request.header("content-encoding", "gzip").body("not gzip").send().await.unwrap();
    problem(refused, 415, "unsupported_media_type").await;
    let refused =
        server.get("/health").header("accept-encoding", "identity;q=0, nothing").send().await.unwrap();
    problem(refused, 406, "not_acceptable").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn origins() {
    let server = Server::start_with(&[("CORS_ALLOWED_ORIGINS", "https://shop.example")]).await;
    let preflight = |origin: &'static str| {
        let request = server.ask(Method::OPTIONS, "/api/v1/notes").header("origin", origin);
        request
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization, idempotency-key, if-match, x-cart-token",
            )
            .send()
    };
    let allowed = preflight("https://shop.example").await.unwrap();
    assert_eq!((allowed.status().as_u16(), allowed.content_length()), (200, Some(0)));
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://shop.example");
    problem(preflight("https://evil.example").await.unwrap(), 403, "origin_refused").await;
    // A refusal must be readable by the page that is allowed to call.
    let refused = server.get("/nowhere").header("origin", "https://shop.example").send().await.unwrap();
    assert_eq!(refused.headers()["access-control-allow-origin"], "https://shop.example");
    let exposed = refused.headers()["access-control-expose-headers"].to_str().unwrap().to_lowercase();
    assert!(exposed.contains("etag") && exposed.contains("retry-after"), "{exposed}");
    let other = server.get("/health").header("origin", "https://evil.example").send().await.unwrap();
    assert!(!other.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_ours_says_nothing_but_the_request() {
    let server = Server::start().await;
    let answer = server.get("/api/v1/broken").header("x-request-id", "req-1").send().await.unwrap();
    let told = problem(answer, 500, "internal").await;
    assert_eq!(told["request_id"], "req-1");
    assert_eq!(told.get("detail"), None);
    // What could forge a log line is replaced.
    let answer = server.get("/nowhere").header("x-request-id", "a b").send().await.unwrap();
    assert_ne!(problem(answer, 404, "not_found").await["request_id"], "a b");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text() {
    let server = Server::start().await;
    let address = server.running.base_url.trim_start_matches("http://").to_owned();
    let problem = "content-type: application/problem+json";
    for (request, status, told) in [
        (b"GET /nowhere HTTP/1.1\r\nx-odd: \xff".as_slice(), "404", problem),
        (b"GET /api/v1/auth/who HTTP/1.1\r\nauthorization: Bearer \xff", "401", problem),
        (b"GET /api/v1/notes HTTP/1.1\r\nif-none-match: \xff", "200", "content-type: application/json"),
        // No HTTP at all: refused before there is a request that could be answered.
        (b"GET /api/v1/notes?title=\xff HTTP/1.1\r\nx: y", "400", "content-length: 0"),
        (b"GET /\xff HTTP/1.1\r\nx: y", "400", "content-length: 0"),
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(&[request, b"\r\nhost: x\r\nconnection: close\r\n\r\n"].concat()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(told), "{answer}");
    }
}
