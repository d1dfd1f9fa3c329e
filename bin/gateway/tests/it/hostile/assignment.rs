//! Members and parameters that no form offers, at every operation of the served document.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::actors::{Actor, Answer, BOULDER, Market};
use crate::document::{Document, Operation};

/// What somebody would like to decide about themselves, or about their goods.
const WANTED: &[&str] = &[
    "role",
    "roles",
    "is_admin",
    "price",
    "status",
    "user_id",
    "vendor_id",
    "seller_id",
    "id",
    "version",
    "created_at",
    "updated_at",
    "amount",
    "total",
    "paid",
    "hidden",
    "email_verified",
    "password_hash",
    "__proto__",
    "constructor",
    "$where",
];

async fn send(actor: &Actor<'_>, operation: &Operation, body: String) -> Answer {
    let path = operation.at(&Uuid::new_v4().to_string());
    let request = actor
        .ask(operation.method.clone(), &path)
        .header("idempotency-key", Uuid::new_v4().to_string())
        .header("x-cart-token", "of-a-cart")
        .header("x-order-token", "of-an-order")
        .header("content-type", "application/json")
        .body(body);
    Answer::to(if operation.is_conditional() { request.header("if-match", "*") } else { request }).await
}

/// The pointers to every object of the body, the outermost first.
fn objects(at: &str, body: &Value, found: &mut Vec<String>) {
    match body {
        Value::Object(members) => {
            found.push(at.to_owned());
            members.iter().for_each(|(name, value)| objects(&format!("{at}/{name}"), value, found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| objects(&format!("{at}/{index}"), value, found));
        }
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_is_not_documented_is_refused_in_every_body() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    let mut tried = 0;
    for operation in Document::of(&market.server).await.operations() {
        let Some(sample) = operation.sample() else { continue };
        let mut places = Vec::new();
        objects("", &sample, &mut places);
        for place in places {
            for wanted in WANTED {
                let mut body = sample.clone();
                let members = body.pointer_mut(&place).unwrap().as_object_mut().unwrap();
                if members.contains_key(*wanted) {
                    continue;
                }
                members.insert((*wanted).to_owned(), json!("admin"));
                let answer = send(&admin, &operation, body.to_string()).await;
                let what = format!("{} with {place}/{wanted}: {}", operation.name(), answer.body);
                assert_eq!(
                    (answer.status, answer.body["code"].as_str()),
                    (422, Some("invalid_input")),
                    "{what}"
                );
                assert_eq!(answer.body["errors"][0]["pointer"], format!("{place}/{wanted}"), "{what}");
                assert_eq!(answer.body["errors"][0]["code"], "unknown", "{what}");
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_is_said_twice_is_refused_in_every_body() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    let mut tried = 0;
    for operation in Document::of(&market.server).await.operations() {
        let Some(sample) = operation.sample() else { continue };
        for (name, value) in sample.as_object().unwrap() {
            // Whichever of the two a proxy has looked at, the other might count.
            let member = format!("{}:{value}", json!(name));
            let text = sample.to_string();
            for twice in [
                format!("{{{member},{}", &text[1..]),
                format!("{},{member}}}", &text[..text.len() - 1]),
                format!(
                    "{{\"\\u{:04x}{}\":null,{}",
                    u32::from(name.chars().next().unwrap()),
                    &name[1..],
                    &text[1..]
                ),
            ] {
                let answer = send(&admin, &operation, twice.clone()).await;
                let what = format!("{} with {twice}: {}", operation.name(), answer.body);
                assert_eq!(
                    (answer.status, answer.body["code"].as_str()),
                    (422, Some("invalid_input")),
                    "{what}"
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_is_not_documented_is_refused_in_every_query() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    for operation in Document::of(&market.server).await.operations() {
        for wanted in WANTED.iter().chain(&["Limit", "limit[]", "cursor%00"]) {
            if operation.query.iter().any(|(name, _)| name == wanted) {
                continue;
            }
            let path = format!("{}?{wanted}=admin", operation.at(&Uuid::new_v4().to_string()));
            let answer = Answer::to(admin.ask(operation.method.clone(), &path)).await;
            let code = answer.body["code"].as_str().unwrap_or_default();
            let refused = answer.status == 400 && ["unknown_parameter", "malformed_request"].contains(&code);
            assert!(refused, "{} with {wanted}: {} {}", operation.name(), answer.status, answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_themselves_more_than_they_are() {
    let market = Market::open().await;
    let mallory = market.gardener("Mallory", BOULDER).await;
    let before = mallory.get("/api/v1/me").await.done();
    for body in [
        json!({ "role": "admin" }),
        json!({ "roles": ["admin"] }),
        json!({ "user": { "roles": ["admin"] } }),
        json!({ "display_name": "Mallory", "is_admin": true }),
        json!({ "status": "active", "display_name": "Root" }),
    ] {
        mallory.patch("/api/v1/me", &body).await.refused(422, "invalid_input");
    }
    assert_eq!(mallory.get("/api/v1/me").await.done(), before);
    let grant = format!("/api/v1/admin/users/{}/roles/admin", mallory.id);
    mallory.does(&grant).await.refused(403, "forbidden");
    // Tunnelled methods are no methods.
    let tunnelled = mallory.ask(Method::GET, "/api/v1/me").header("x-http-method-override", "DELETE");
    Answer::to(tunnelled).await.done();
    let body = json!({
        "email": "m2@example.com", "password": "a turnip for your thoughts", "display_name": "M", "roles": ["admin"],
    });
    Answer::to(market.server.post("/api/v1/auth/register").json(&body)).await.refused(422, "invalid_input");
}
