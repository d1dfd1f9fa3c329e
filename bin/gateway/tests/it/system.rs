//! Health, metrics, limits, the document and its page.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, problem};

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_in_every_spelling() {
    let server = Server::start().await;
    for path in ["/health", "/health/", "//health//"] {
        let answer = server.get(path).send().await.unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "status": "ok" }), "{path}");
    }
    let ready: Value = server.get("/health/ready").send().await.unwrap().json().await.unwrap();
    assert_eq!((&ready["status"], &ready["due_jobs"]), (&json!("ready"), &json!(0)));
    let head = server.ask(Method::HEAD, "/health/").send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.bytes().await.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_database_lives_but_is_not_ready() {
    let url = ("DATABASE_URL", "postgres://silkcart@127.0.0.1:1/none?sslmode=disable");
    let server = Server::start_with(&[url]).await;
    assert_eq!(server.get("/health").send().await.unwrap().status(), 200);
    let answer = server.get("/health/ready").send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "5");
    problem(answer, 503, "unavailable").await;
    problem(server.get("/api/v1/notes").send().await.unwrap(), 503, "unavailable").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_guarded_and_compressed() {
    let server = Server::start().await;
    let answer = server.get("/health").header("accept-encoding", "gzip").send().await.unwrap();
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"));
    assert_eq!(header("x-frame-options").as_deref(), Some("DENY"));
    assert!(header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert_eq!(header("strict-transport-security"), None);
    let document = server.get("/api/schema/").header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(document.headers()["content-encoding"], "gzip");
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_limited_per_route() {
    let limits = [("RATE_LIMIT_AUTH_PER_MINUTE", "3"), ("RATE_LIMIT_PER_MINUTE", "1000")];
    let server = Server::start_with(&limits).await;
    for left in ["2", "1", "0"] {
        let answer = server.get("/api/v1/auth/who").send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["ratelimit-remaining"]),
            (200, &left.parse().unwrap())
        );
    }
    let refused = server.get("/api/v1/auth/who").send().await.unwrap();
    assert_eq!(refused.headers()["ratelimit-limit"], "3");
    assert_eq!(refused.headers()["retry-after"], refused.headers()["ratelimit-reset"]);
    problem(refused, 429, "rate_limited").await;
    let other = server.get("/api/v1/notes").send().await.unwrap();
    assert_eq!(
        (other.status().as_u16(), &other.headers()["ratelimit-limit"]),
        (200, &"1000".parse().unwrap())
    );
    // A token of somebody's own has a bucket of its own, a bad one has not.
    let known = server.get("/api/v1/auth/who").bearer_auth(crate::support::somebody()).send().await.unwrap();
    assert_eq!(known.status(), 200);
    problem(server.get("/api/v1/auth/who").bearer_auth("bad").send().await.unwrap(), 429, "rate_limited")
        .await;
    assert!(!server.get("/health").send().await.unwrap().headers().contains_key("ratelimit-limit"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_route() {
    let server = Server::start().await;
    server.get("/api/v1/notes").send().await.unwrap();
    server.get("/nowhere/at/all").send().await.unwrap();
    let text = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(
        text.contains("http_requests_total{method=\"GET\",route=\"/api/v1/notes\",status=\"200\"}"),
        "{text}"
    );
    assert!(text.contains("route=\"unmatched\",status=\"404\""), "{text}");
    assert!(text.contains("http_request_duration_seconds_bucket"), "{text}");
    assert!(text.contains("db_pool_connections_held"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_document_needs_nothing_from_elsewhere() {
    let server = Server::start().await;
    for path in ["/api/docs", "/api/docs/"] {
        let page = server.get(path).send().await.unwrap();
        assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self'"));
        let page = page.text().await.unwrap();
        assert!(!page.contains("//") || !page.contains("http"), "{page}");
        for address in page.split('"').filter(|part| part.starts_with("/api/docs/")) {
            assert_eq!(server.get(address).send().await.unwrap().status(), 200, "{address}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_whole() {
    let server = Server::start().await;
    let document: Value = server.get("/api/schema/").send().await.unwrap().json().await.unwrap();
    assert_eq!(server.get("/api/v1/schema").send().await.unwrap().json::<Value>().await.unwrap(), document);
    assert_eq!(document["openapi"], "3.0.3");
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert!(
        schemas.contains_key("PageView_NoteView") && schemas.contains_key("Problem"),
        "{:?}",
        schemas.keys()
    );
    let create = &document["paths"]["/api/v1/notes"]["post"];
    assert_eq!(create["security"], json!([{ "bearer": [] }]));
    assert!(create["responses"]["201"]["headers"]["Location"].is_object(), "{create}");
    assert_eq!(
        create["responses"]["422"]["$ref"],
        "#/components/responses/invalid_input_or_idempotency_key_reused"
    );
    let refused = &document["components"]["responses"]["invalid_input_or_idempotency_key_reused"];
    let parts = &refused["content"]["application/problem+json"]["schema"]["allOf"];
    assert_eq!(parts[0]["$ref"], "#/components/schemas/Problem", "{refused}");
    assert_eq!(parts[1]["properties"]["code"]["enum"], json!(["invalid_input", "idempotency_key_reused"]));
    let change = &document["paths"]["/api/v1/notes/{id}"]["patch"];
    assert!(change["responses"]["428"].is_object());
    assert_eq!(schemas["ChangeNoteBody"].get("required"), None);
    assert_eq!(schemas["CreateNoteBody"]["additionalProperties"], false);
    let price = &schemas["CreateNoteBody"]["properties"]["price"];
    assert_eq!(price["allOf"][0]["$ref"], "#/components/schemas/MoneyBody", "{price}");
    assert_eq!(schemas["MoneyBody"]["additionalProperties"], false);
    assert_eq!(schemas["NoteView"].get("additionalProperties"), None);
    let key =
        create["parameters"].as_array().unwrap().iter().find(|one| one["name"] == "Idempotency-Key").unwrap();
    assert_eq!(key["schema"]["maxLength"], 255);
    assert_eq!(document["paths"]["/health"]["get"]["security"], json!([]));
    assert_eq!(document["paths"]["/api/v1/auth/who"]["get"]["security"], json!([{}, { "bearer": [] }]));
    let mut ids = HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key("500") && !responses.contains_key("default"), "{method} {path}");
        }
    }
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
}
