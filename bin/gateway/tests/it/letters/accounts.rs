//! Confirming an address, and setting a new password by the link in a mail.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{letter, mailbox, subjects};
use crate::actors::{Answer, Market};

const RESET: &str = "/api/v1/auth/password-reset";
const CONFIRM: &str = "/api/v1/auth/password-reset/confirm";
const VERIFY: &str = "/api/v1/auth/verify-email";

async fn asks(market: &Market, path: &str, body: &Value) -> Answer {
    Answer::to(market.server.post(path).json(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_registers_is_welcome_and_confirms_their_address() {
    let market = Market::open().await;
    let robin = market.newcomer("Robin").await;
    market.work().await;
    assert_eq!(subjects(&market, "robin@example.com"), ["Confirm your email address", "Welcome to SilkCart"]);
    let verified = async || robin.get("/api/v1/me").await.done()["user"]["email_verified"].clone();
    assert_eq!(verified().await, false);
    let mail = letter(&market, "robin@example.com", "Confirm");
    let token = mail.after("http://127.0.0.1:8080/verify-email?token=");

    let wrong = json!({ "token": format!("{token}x") });
    asks(&market, VERIFY, &wrong).await.refused(409, "mailed_link_invalid");
    // Another purpose's link is nothing here.
    let other = json!({ "token": token, "new_password": "an orchard of old pears" });
    asks(&market, CONFIRM, &other).await.refused(409, "mailed_link_invalid");
    assert_eq!(asks(&market, VERIFY, &json!({ "token": token })).await.status, 204);
    assert_eq!(verified().await, true);
    asks(&market, VERIFY, &json!({ "token": token })).await.refused(409, "mailed_link_invalid");
    robin.does("/api/v1/me/verify-email").await.refused(409, "email_verified");

    let late = market.newcomer("Lara").await;
    market.work().await;
    market.clock.advance(chrono::TimeDelta::days(4));
    let token = letter(&market, "lara@example.com", "Confirm").after("verify-email?token=");
    asks(&market, VERIFY, &json!({ "token": token })).await.refused(409, "mailed_link_invalid");
    assert_eq!(late.does("/api/v1/me/verify-email").await.status, 202);
    market.work().await;
    let newest = mailbox(&market, "lara@example.com").pop().unwrap().after("verify-email?token=");
    assert_eq!(asks(&market, VERIFY, &json!({ "token": newest })).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_forgets_their_password_sets_a_new_one_by_the_link_once() {
    let market = Market::open().await;
    let body =
        json!({ "email": "ana@example.com", "password": "a turnip for thought", "display_name": "Ana" });
    let session = asks(&market, "/api/v1/auth/register", &body).await.done();
    let log_in = async |password: &str| {
        asks(&market, "/api/v1/auth/login", &json!({ "email": "ana@example.com", "password": password }))
            .await
    };
    for _ in 0..6 {
        assert!([401, 429].contains(&log_in("not the password").await.status));
    }
    let known = asks(&market, RESET, &json!({ "email": "Ana@Example.com" })).await;
    let unknown = asks(&market, RESET, &json!({ "email": "nobody@example.com" })).await;
    assert_eq!((known.status, unknown.status), (202, 202));
    assert_eq!(known.done(), unknown.done(), "nothing is told");
    let vague = asks(&market, RESET, &json!({ "email": "ana" })).await.refused(422, "invalid_input");
    assert_eq!(vague["errors"][0]["pointer"], "/email");
    market.work().await;
    assert!(mailbox(&market, "nobody@example.com").is_empty());

    let token = letter(&market, "ana@example.com", "Set a new password")
        .after("http://127.0.0.1:8080/reset-password?token=");
    let confirm = async |password: &str| {
        asks(&market, CONFIRM, &json!({ "token": token, "new_password": password })).await
    };
    let short = confirm("short").await.refused(422, "invalid_input");
    assert_eq!(short["errors"][0]["pointer"], "/new_password");
    let passwords: Vec<String> = (0..4).map(|number| format!("an orchard of old pears {number}")).collect();
    let answers = join_all(passwords.iter().map(|password| confirm(password))).await;
    let won: Vec<usize> = (0..4).filter(|at| answers[*at].status == 204).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    for (at, answer) in answers.into_iter().enumerate().filter(|(at, _)| *at != won[0]) {
        assert_eq!((at, answer.status), (at, 409), "{}", answer.body);
    }
    confirm("another orchard of pears").await.refused(409, "mailed_link_invalid");

    assert_eq!(log_in(&passwords[won[0]]).await.status, 200, "at once, whatever had failed before");
    log_in("a turnip for thought").await.refused(401, "wrong_credentials");
    let old = json!({ "refresh_token": session["refresh_token"] });
    asks(&market, "/api/v1/auth/refresh", &old).await.refused(401, "refresh_token_invalid");
    market.work().await;
    let warning = letter(&market, "ana@example.com", "Your password was changed");
    assert!(warning.text.contains("http://127.0.0.1:8080/forgot-password"), "{}", warning.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_mail_is_counted() {
    let market = Market::open_with(&[("RATE_LIMIT_AUTH_PER_MINUTE", "5")]).await;
    let robin = market.newcomer("Robin").await;
    let ask = json!({ "email": "nobody@example.com" });
    for _ in 0..2 {
        assert_eq!(asks(&market, RESET, &ask).await.status, 202);
    }
    asks(&market, RESET, &ask).await.refused(429, "rate_limited");
    // An account of one's own buys no more guesses.
    Answer::to(robin.ask(reqwest::Method::POST, RESET).json(&ask)).await.refused(429, "rate_limited");
    assert_eq!(robin.does("/api/v1/me/verify-email").await.status, 202);
}
