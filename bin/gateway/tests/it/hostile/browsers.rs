//! What a page of somebody else's could make a browser do.

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::json;

use crate::actors::{Answer, BOULDER, Market};
use crate::document::Document;
use crate::support::{Server, problem};

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

#[track_caller]
fn guarded(headers: &HeaderMap, what: &str) {
    assert_eq!(text(headers, "x-content-type-options"), Some("nosniff"), "{what}");
    assert_eq!(text(headers, "referrer-policy"), Some("no-referrer"), "{what}");
    assert_eq!(text(headers, "x-frame-options"), Some("DENY"), "{what}");
    assert_eq!(text(headers, "cross-origin-resource-policy"), Some("same-origin"), "{what}");
    assert_eq!(text(headers, "cross-origin-opener-policy"), Some("same-origin"), "{what}");
    let policy = text(headers, "content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{what}: {policy}"
    );
    assert!(
        !policy.contains("unsafe-eval") && !policy.contains("script-src 'unsafe-inline'"),
        "{what}: {policy}"
    );
    assert_eq!(headers.get_all("content-security-policy").iter().count(), 1, "{what}");
    assert_eq!(text(headers, "access-control-allow-credentials"), None, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_guarded() {
    let market = Market::open().await;
    let customer = market.customer("Casey", BOULDER).await;
    let server = &market.server;
    for (method, path, status) in [
        (Method::GET, "/health", 200),
        (Method::GET, "/api/docs/", 200),
        (Method::GET, "/api/docs/swagger-ui-bundle.js", 200),
        (Method::GET, "/api/schema/", 200),
        (Method::GET, "/metrics", 200),
        (Method::GET, "/api/v1/listings", 200),
        (Method::GET, "/nowhere", 404),
        (Method::GET, "/api/docs/..%2f..%2fetc%2fpasswd", 404),
        (Method::DELETE, "/api/v1/listings", 405),
        (Method::GET, "/api/v1/me", 401),
        (Method::POST, "/api/v1/auth/login", 415),
        (Method::GET, "/api/v1/listings?x=1", 400),
    ] {
        let answer = server.ask(method, path).body("{}").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        guarded(answer.headers(), path);
        // A proxy in front of us ends TLS; in development nothing may be pinned to it.
        assert_eq!(text(answer.headers(), "strict-transport-security"), None, "{path}");
        if status >= 400 {
            assert_eq!(text(answer.headers(), "cache-control"), Some("no-store"), "{path}");
        }
    }
    // What is one person's is kept nowhere, and that alone.
    for path in
        ["/api/v1/me", "/api/v1/me/addresses", "/api/v1/orders", "/api/v1/cart", "/api/v1/auth/sessions"]
    {
        let mine = customer.get(path).await;
        assert_eq!(text(&mine.headers, "cache-control"), Some("no-store"), "{path}");
        mine.done();
    }
    let guest = server.get("/api/v1/cart").header("x-cart-token", "none").send().await.unwrap();
    assert_eq!(text(guest.headers(), "cache-control"), Some("no-store"));
    let keys = customer.get("/.well-known/jwks.json").await;
    assert_eq!(text(&keys.headers, "cache-control"), Some("public, max-age=300"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_document_runs_no_script_but_its_own() {
    let server = Server::start().await;
    let page = server.get("/api/docs/").send().await.unwrap();
    let policy = text(page.headers(), "content-security-policy").unwrap().to_owned();
    let directive = |name: &str| {
        let found = policy.split(';').map(str::trim).find(|one| one.split(' ').next() == Some(name));
        found.unwrap_or_else(|| panic!("{name}: {policy}")).to_owned()
    };
    assert_eq!(directive("script-src"), "script-src 'self'");
    assert_eq!(directive("style-src"), "style-src 'self'");
    assert_eq!(directive("base-uri"), "base-uri 'none'");
    assert_eq!(directive("form-action"), "form-action 'none'");
    let html = page.text().await.unwrap();
    // Nothing in it that the policy would have to allow beyond that.
    assert!(!html.contains("<style") && !html.contains(" on") && !html.contains("style="), "{html}");
    for script in html.split("<script").skip(1) {
        assert!(script.starts_with(" src=\"/api/docs/") && script.contains("></script>"), "{script}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn production_asks_for_https() {
    let settings = [
        ("SILKCART_ENV", "production"),
        ("SILKCART_PUBLIC_URL", "https://api.shop.example"),
        ("MAIL_URL", "smtps://mail.shop.example"),
        ("MAIL_FROM", "hello@shop.example"),
        ("MEDIA_FOLDER", "/nowhere/pictures"),
    ];
    let server = Server::start_with(&settings).await;
    for path in ["/health", "/nowhere"] {
        let answer = server.get(path).send().await.unwrap();
        assert_eq!(
            text(answer.headers(), "strict-transport-security"),
            Some("max-age=63072000; includeSubDomains")
        );
    }
    // Without a list no page may call, not even one of this machine.
    let answer = server.get("/health").header("origin", "http://localhost:3000").send().await.unwrap();
    assert_eq!(text(answer.headers(), "access-control-allow-origin"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_on_the_list_may_read_answers() {
    let list = "https://shop.example, https://admin.example:8443";
    let server = Server::start_with(&[("CORS_ALLOWED_ORIGINS", list)]).await;
    let preflight = async |origin: &str| {
        let request = server.ask(Method::OPTIONS, "/api/v1/notes").header("origin", origin);
        request.header("access-control-request-method", "POST").send().await.unwrap()
    };
    for origin in ["https://shop.example", "https://admin.example:8443"] {
        let answer = server.get("/api/v1/notes").header("origin", origin).send().await.unwrap();
        assert_eq!(text(answer.headers(), "access-control-allow-origin"), Some(origin));
        let varies: Vec<_> =
            answer.headers().get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
        assert!(varies.join(",").to_lowercase().contains("origin"), "{varies:?}");
        assert_eq!(preflight(origin).await.status(), 200);
        guarded(answer.headers(), origin);
    }
    for origin in [
        "null",
        "",
        "*",
        "https://evil.example",
        "https://shop.example.evil.com",
        "https://evilshop.example",
        "https://evil.com/https://shop.example",
        "https://shop.example@evil.com",
        "https://shop.example:444",
        "https://shop.example.",
        "https://admin.example",
        "http://shop.example",
        "https://SHOP.example",
        "https://shop.example/",
        "https://sub.shop.example",
        "https://shop.example, https://evil.com",
        "file://",
        "http://localhost:3000",
    ] {
        let answer = server.get("/api/v1/notes").header("origin", origin).send().await.unwrap();
        assert_eq!(text(answer.headers(), "access-control-allow-origin"), None, "{origin}");
        let refused = preflight(origin).await;
        assert_eq!(text(refused.headers(), "access-control-allow-origin"), None, "{origin}");
        assert!(refused.status().is_client_error(), "{origin}: {}", refused.status());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_development_only_this_machine_is_believed() {
    let server = Server::start().await;
    for (origin, believed) in [
        ("http://localhost:3000", true),
        ("http://127.0.0.1:5173", true),
        ("http://[::1]:5173", true),
        ("http://localhost.evil.com", false),
        ("http://evil.com#localhost", false),
        ("http://127.0.0.1.evil.com", false),
        ("null", false),
    ] {
        let answer = server.get("/health").header("origin", origin).send().await.unwrap();
        let allowed = text(answer.headers(), "access-control-allow-origin");
        assert_eq!(allowed, believed.then_some(origin), "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_send_and_read_every_header_that_the_document_names() {
    let server = Server::start_with(&[("CORS_ALLOWED_ORIGINS", "https://shop.example")]).await;
    let document = Document::of(&server).await;
    let mut sent = vec!["authorization".to_owned(), "content-type".to_owned(), "x-request-id".to_owned()];
    let mut read = vec!["retry-after".to_owned(), "x-request-id".to_owned()];
    for item in document.0["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let headers = parameters.filter(|one| one["in"] == "header");
            sent.extend(headers.map(|one| one["name"].as_str().unwrap().to_lowercase()));
            let answers = operation["responses"].as_object().into_iter().flatten();
            let headers = answers.filter_map(|(_, answer)| answer["headers"].as_object()).flatten();
            read.extend(headers.map(|(name, _)| name.to_lowercase()));
        }
    }
    let schemes = document.0["components"]["securitySchemes"].as_object().unwrap().values();
    let schemes = schemes.filter(|one| one["in"] == "header");
    sent.extend(schemes.map(|one| one["name"].as_str().unwrap().to_lowercase()));
    read.extend(["limit", "remaining", "reset", "policy"].map(|name| format!("ratelimit-{name}")));
    for known in ["idempotency-key", "if-match", "if-none-match", "x-cart-token", "x-order-token"] {
        assert!(sent.contains(&known.to_owned()), "{known}");
    }
    for name in &sent {
        let request = server.ask(Method::OPTIONS, "/api/v1/notes").header("origin", "https://shop.example");
        let request = request.header("access-control-request-method", "PATCH");
        let answer = request.header("access-control-request-headers", name).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
    }
    let answer = server.get("/api/v1/notes").header("origin", "https://shop.example").send().await.unwrap();
    let exposed = text(answer.headers(), "access-control-expose-headers").unwrap().to_lowercase();
    let exposed: Vec<_> = exposed.split(',').map(str::trim).collect();
    for name in &read {
        assert!(exposed.contains(&name.as_str()), "{name}: {exposed:?}");
    }
    let request = server.ask(Method::OPTIONS, "/api/v1/notes").header("origin", "https://shop.example");
    let request = request.header("access-control-request-method", "POST");
    let refused = request.header("access-control-request-headers", "x-evil").send().await.unwrap();
    problem(refused, 400, "malformed_request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_page_changes_nothing() {
    let market = Market::open().await;
    // What a browser sends from a form without asking first.
    for kind in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"] {
        let body = json!({ "email": "a@example.com", "password": "a turnip for your thoughts" }).to_string();
        let request = market.server.post("/api/v1/auth/login").header("content-type", kind);
        Answer::to(request.body(body)).await.refused(415, "unsupported_media_type");
    }
}
