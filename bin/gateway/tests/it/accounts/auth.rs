//! Registering, logging in and out, and the tokens.

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, Person, Town, body, pointers};
use crate::support::problem;

const WRONG: &str = "not the password";

#[tokio::test(flavor = "multi_thread")]
async fn somebody_registers_looks_at_themselves_and_leaves() {
    let town = Town::start().await;
    let answer = town.register("Ana@Example.com").await;
    assert_eq!(answer.headers()["location"], "/api/v1/me");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let registered = body(answer, 201).await;
    assert_eq!((&registered["token_type"], &registered["expires_in"]), (&json!("Bearer"), &json!(900)));
    assert_eq!(registered["user"]["email"], "Ana@Example.com");
    assert_eq!(registered["user"]["roles"], json!(["customer"]));

    let answer = town.log_in("ana@example.com", PASSWORD).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let logged_in = body(answer, 200).await;
    let shape = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(shape(&logged_in), shape(&registered));
    assert_eq!(logged_in["user"], registered["user"]);

    let ana = Person::of(town.log_in("ana@example.com", PASSWORD).await).await;
    let me = body(town.get("/api/v1/me", &ana).await, 200).await;
    assert_eq!(me, json!({ "user": registered["user"] }));
    let left = town.ask(Method::POST, "/api/v1/auth/logout", &ana).send().await.unwrap();
    assert_eq!(left.status(), 204);
    problem(town.refresh(&ana).await, 401, "refresh_token_invalid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_one_account_and_every_wrong_field_is_named() {
    let town = Town::start().await;
    town.somebody("ana@example.com").await;
    let taken = problem(town.register("ANA@example.com").await, 409, "email_taken").await;
    assert_eq!(pointers(&taken), ["/email"]);

    let wrong = json!({ "email": "ana", "password": "password123", "display_name": "", "phone": "x" });
    let refused = town.server.post("/api/v1/auth/register").json(&wrong).send().await.unwrap();
    let refused = problem(refused, 422, "invalid_input").await;
    assert_eq!(pointers(&refused), ["/email", "/password", "/display_name", "/phone"]);
    assert_eq!(refused["errors"][1]["code"], "not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_which_addresses_have_accounts() {
    let town = Town::start().await;
    town.somebody("ana@example.com").await;
    let runs = || town.server.running.state.hasher.runs();
    let before = runs();
    for _ in 0..5 {
        let mut known = problem(town.log_in("ana@example.com", WRONG).await, 401, "wrong_credentials").await;
        let mut unknown =
            problem(town.log_in("ben@example.com", WRONG).await, 401, "wrong_credentials").await;
        known["request_id"].take();
        unknown["request_id"].take();
        assert_eq!(known, unknown);
    }
    assert_eq!(runs() - before, 10, "as much work for both");

    for email in ["ana@example.com", "ben@example.com"] {
        let locked = town.log_in(email, PASSWORD).await;
        assert_eq!(locked.headers()["retry-after"], "1");
        problem(locked, 429, "too_many_attempts").await;
    }
    town.clock.advance(TimeDelta::seconds(1));
    assert_eq!(town.log_in("ana@example.com", PASSWORD).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_is_renewed_when_it_expires() {
    let town = Town::start().await;
    let ana = town.somebody("ana@example.com").await;
    town.clock.advance(TimeDelta::minutes(16));
    let expired = town.get("/api/v1/me", &ana).await;
    assert_eq!(expired.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
    problem(expired, 401, "unauthenticated").await;
    let renewed = Person::of(town.refresh(&ana).await).await;
    assert_eq!(renewed.id, ana.id);
    assert_eq!(town.get("/api/v1/me", &renewed).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_is_used_twice_ends_its_session() {
    let town = Town::start().await;
    let first = town.somebody("ana@example.com").await;
    let elsewhere = Person::of(town.log_in("ana@example.com", PASSWORD).await).await;
    let second = Person::of(town.refresh(&first).await).await;
    let refused = town.refresh(&first).await;
    assert_eq!(refused.headers()["www-authenticate"], "Bearer");
    problem(refused, 401, "refresh_token_replayed").await;
    problem(town.refresh(&second).await, 401, "refresh_token_invalid").await;
    assert_eq!(town.refresh(&elsewhere).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_refreshes_at_once_one_succeeds() {
    let town = Town::start().await;
    let ana = town.somebody("ana@example.com").await;
    let answers = futures_util::future::join_all((0..30).map(|_| town.refresh(&ana))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 401].contains(status)), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_seen_and_ended_one_by_one_or_all() {
    let town = Town::start().await;
    let laptop = town.somebody("ana@example.com").await;
    town.clock.advance(TimeDelta::minutes(1));
    let phone = Person::of(town.log_in("ana@example.com", PASSWORD).await).await;
    let ben = town.somebody("ben@example.com").await;

    let sessions = body(town.get("/api/v1/auth/sessions", &laptop).await, 200).await;
    let current: Vec<_> =
        sessions["items"].as_array().unwrap().iter().map(|session| &session["current"]).collect();
    assert_eq!(current, [false, true], "newest first");
    let phones = format!("/api/v1/auth/sessions/{}", sessions["items"][0]["id"].as_str().unwrap());

    problem(town.delete(&phones, &ben).await, 404, "not_found").await;
    assert_eq!(town.delete(&phones, &laptop).await.status(), 204);
    problem(town.delete(&phones, &laptop).await, 404, "not_found").await;
    problem(town.refresh(&phone).await, 401, "refresh_token_invalid").await;

    let laptop = Person::of(town.refresh(&laptop).await).await;
    let everywhere = town.ask(Method::POST, "/api/v1/auth/logout-everywhere", &laptop).send().await.unwrap();
    assert_eq!(everywhere.status(), 204);
    problem(town.refresh(&laptop).await, 401, "refresh_token_invalid").await;
    assert_eq!(town.refresh(&ben).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_can_verify_a_token_with_the_public_key() {
    let town = Town::start().await;
    let ana = town.somebody("ana@example.com").await;
    let answer = town.server.get("/.well-known/jwks.json").send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "public, max-age=300");
    let keys = body(answer, 200).await;
    let key = &keys["keys"][0];
    let header = jsonwebtoken::decode_header(&ana.access).unwrap();
    assert_eq!(header.kid.as_deref(), key["kid"].as_str());
    assert_eq!((&key["kty"], &key["alg"], &key["use"]), (&json!("OKP"), &json!("EdDSA"), &json!("sig")));

    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["silkcart"]);
    validation.set_issuer(&["http://127.0.0.1:8080"]);
    let public = DecodingKey::from_ed_components(key["x"].as_str().unwrap()).unwrap();
    let claims = jsonwebtoken::decode::<Value>(&ana.access, &public, &validation).unwrap().claims;
    assert_eq!(claims["sub"], ana.id.as_str());
    assert!(claims["sid"].is_string() && claims["jti"].is_string());
}
