//! What comes back from us, or goes into our log, is never more than a value: no line of a header, no line of a log.

use outbox::TraceParent;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::actors::{Answer, BOULDER, Market};
use crate::support::Server;
use crate::town::PASSWORD;

async fn raw(server: &Server, request: &[u8]) -> String {
    let address = server.running.base_url.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_ours_unless_it_is_harmless() {
    let server = Server::start().await;
    for id in ["req-1", "a.b_c-D", &"x".repeat(128)] {
        let answer = server.get("/health").header("x-request-id", id).send().await.unwrap();
        assert_eq!(answer.headers()["x-request-id"], id);
    }
    for id in
        ["", "a b", "a\tb", "<script>", "a;b", "\"", "é", "%0d%0aset-cookie:x", &"x".repeat(129), "{\"a\":1}"]
    {
        let answer = server.get("/health").header("x-request-id", id).send().await.unwrap();
        let given = answer.headers()["x-request-id"].to_str().unwrap();
        assert!(given.parse::<uuid::Uuid>().is_ok(), "{id}: {given}");
        assert_eq!(answer.headers().get_all("x-request-id").iter().count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_causes_belongs_to_its_caller_s_trace_where_that_can_be_read() {
    let trace_of = async |sent: &str| -> TraceParent {
        let server = Server::start_product(&testkit::clock()).await;
        let body = json!({ "email": "ana@example.com", "password": PASSWORD, "display_name": "Ana" });
        let request = server.post("/api/v1/auth/register").header("traceparent", sent).json(&body);
        assert_eq!(request.send().await.unwrap().status(), 201);
        let mut conn = server.running.state.conn().await.unwrap();
        outbox::sequence(&mut conn).await.unwrap();
        let registered = outbox::read(&mut conn, 0, 1).await.unwrap().remove(0);
        registered.trace_parent.unwrap().parse().unwrap()
    };
    let theirs = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let caused = trace_of(theirs).await;
    assert_eq!(caused.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_ne!(caused.span_id(), "00f067aa0ba902b7", "it is work of its own");
    let forged = theirs.replace("4bf9", "\"};x");
    assert_ne!(trace_of(&forged).await.trace_id(), caused.trace_id());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_begins_a_header_of_its_own() {
    let server = Server::start().await;
    let split = "%0d%0aSet-Cookie:%20stolen=1%0d%0a%0d%0a<html>";
    for path in [
        format!("/api/v1/notes?{split}=1"),
        format!("/api/v1/notes?title={split}"),
        format!("/api/v1/notes?cursor={split}"),
        format!("/api/v1/notes/{split}"),
        format!("/{split}"),
        format!("/api/docs/{split}"),
    ] {
        for id in ["x", "%0d%0aSet-Cookie: a=b"] {
            let request = format!(
                "GET {path} HTTP/1.1\r\nhost: x\r\nx-request-id: {id}\r\norigin: http://localhost:1\r\n\
                 idempotency-key: {id}\r\nif-none-match: {id}\r\nconnection: close\r\n\r\n"
            );
            let answer = raw(&server, request.as_bytes()).await;
            let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
            assert!(answer.starts_with("HTTP/1.1 ") && !head.contains("set-cookie"), "{path}: {answer}");
        }
    }
    // A bare CR or LF within a header is no header at all.
    for evil in ["x-request-id: a\rSet-Cookie: b=c", "x-request-id: a\nSet-Cookie: b=c", "x-request-id: a\0b"]
    {
        let request = format!("GET /health HTTP/1.1\r\nhost: x\r\n{evil}\r\nconnection: close\r\n\r\n");
        let answer = raw(&server, request.as_bytes()).await;
        assert!(!answer.to_lowercase().contains("set-cookie"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_things_place_is_made_of_its_id() {
    let market = Market::open().await;
    let mallory = market.customer("Mallory", BOULDER).await;
    let body = json!({ "kind": "maker", "business_name": "x / .. %0d%0a <script>alert(1)</script>" });
    let shop = mallory.post("/api/v1/me/vendor", &body).await;
    let place = shop.headers.get("location").map(|value| value.to_str().unwrap().to_owned());
    let harmless =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte));
    assert!(place.as_deref().is_none_or(harmless), "{place:?}");
    let shop = shop.done();
    let slug = shop["profile"]["slug"].as_str().unwrap_or_else(|| panic!("{shop}")).to_owned();
    assert!(
        slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
        "{slug}"
    );
    // JSON is no page, whatever it says.
    let shown = Answer::to(market.server.get(&format!("/api/v1/vendors/{slug}"))).await;
    assert_eq!(shown.headers["content-type"], "application/json");
    assert_eq!(shown.headers["x-content-type-options"], "nosniff");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_document_has_its_own_files_only() {
    let server = Server::start().await;
    for name in [
        "../../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "....//etc/passwd",
        "..%5c..%5cwindows%5cwin.ini",
        "%2fetc%2fpasswd",
        "swagger-ui.css%00.js",
        "swagger-ui.css/..",
        "/etc/passwd",
        "file:///etc/passwd",
        "SWAGGER-UI.CSS",
        "swagger-ui-bundle.js.map",
        ".",
        "index.html",
    ] {
        let request = format!("GET /api/docs/{name} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = raw(&server, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{name}: {answer}");
        assert!(!answer.contains("root:"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_opens_to_its_own_token_only() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    admin.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let kale = gardener.lists("Kale", "lb", 300, "10").await;
    let line = json!({ "offering_id": kale, "quantity": "1" });
    let ask = |method: Method, path: &str, token: &str| {
        market.server.ask(method, path).header("x-cart-token", token)
    };
    let begun = Answer::to(market.server.post("/api/v1/cart/lines").json(&line)).await.done();
    let token = begun["cart_token"].as_str().unwrap().to_owned();
    assert!(token.len() >= 32, "nobody guesses {token}");
    let mine = Answer::to(ask(Method::GET, "/api/v1/cart", &token)).await.done();
    assert_eq!(mine["lines"].as_array().unwrap().len(), 1);
    let id = mine["id"].as_str().unwrap_or("no-id").to_owned();
    for guess in [
        id,
        token.to_lowercase(),
        token.to_uppercase(),
        format!("{token} "),
        token[1..].to_owned(),
        "%".into(),
    ] {
        if guess.trim() == token {
            continue;
        }
        let seen = Answer::to(ask(Method::GET, "/api/v1/cart", &guess)).await;
        assert!(seen.body["lines"].as_array().is_none_or(Vec::is_empty), "{guess}: {}", seen.body);
        let path = format!("/api/v1/cart/lines/{kale}");
        let removed = Answer::to(ask(Method::DELETE, &path, &guess)).await;
        assert_eq!(removed.status, 404, "{guess}: {}", removed.body);
    }
    let mine = Answer::to(ask(Method::GET, "/api/v1/cart", &token)).await.done();
    assert_eq!(mine["lines"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_serves_whom_it_was_given() {
    let market = Market::open().await;
    let (gale, oren) = (market.gardener("Gale", BOULDER).await, market.gardener("Oren", BOULDER).await);
    for actor in [&gale, &oren] {
        for name in ["Kale", "Fig", "Plum"] {
            actor.grows(name).await;
        }
    }
    let page = gale.get("/api/v1/plants?limit=1").await.done();
    let cursor = page["next_cursor"].as_str().unwrap();
    gale.get(&format!("/api/v1/plants?limit=1&cursor={cursor}")).await.done();
    oren.get(&format!("/api/v1/plants?limit=1&cursor={cursor}")).await.refused(400, "invalid_cursor");
    for list in ["/api/v1/vendor/listings", "/api/v1/orders", "/api/v1/listings", "/api/v1/auth/sessions"] {
        let answer = gale.get(&format!("{list}?cursor={cursor}")).await;
        assert_eq!(answer.status, 400, "{list}: {}", answer.body);
    }
}
