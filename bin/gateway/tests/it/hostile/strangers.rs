//! Whoever tries addresses at the door learns nothing about who lives there: neither from the answer nor from the work
//! that the server does for it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::actors::{Answer, BOULDER, Market};

const WRONG: &str = "not the password of anybody";

/// What a login answers and costs.
#[derive(PartialEq, Debug)]
struct Outcome {
    status: u16,
    body: Value,
    retry_after: Option<String>,
    /// The names of the headers.
    headers: Vec<String>,
    hashes: u64,
    statements: u64,
}

async fn attempt(market: &Market, email: &str, password: &str) -> Outcome {
    let state = &market.server.running.state;
    let before = (state.hasher.runs(), state.database.statements());
    let body = json!({ "email": email, "password": password });
    let mut answer = Answer::to(market.server.post("/api/v1/auth/login").json(&body)).await;
    answer.body.as_object_mut().unwrap().remove("request_id");
    let text = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let mut headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
    headers.sort_unstable();
    Outcome {
        status: answer.status,
        retry_after: text("retry-after"),
        headers,
        body: answer.body,
        hashes: state.hasher.runs() - before.0,
        statements: state.database.statements() - before.1,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_tells_nothing_about_who_has_an_account() {
    let market = Market::open().await;
    market.newcomer("Known").await;
    let admin = market.admin("root@example.com").await;
    let closed = market.newcomer("Closed").await;
    let disable = format!("/api/v1/admin/users/{}/disable", closed.id);
    admin.post(&disable, &json!({ "reason": "spam" })).await.done();
    // Through the free failures, the first locks, and what is refused while locked.
    for round in 0..9 {
        let stranger = attempt(&market, "stranger@example.com", WRONG).await;
        for somebody in ["known@example.com", "KNOWN@Example.com ", "closed@example.com"] {
            // Each address has a run of its own; the two spellings are one.
            if round % 2 == 1 && somebody.starts_with("KNOWN")
                || round % 2 == 0 && somebody.starts_with("known")
            {
                continue;
            }
            let outcome = attempt(&market, somebody, WRONG).await;
            assert_eq!(outcome, stranger, "{somebody} in round {round}");
        }
        assert!(stranger.hashes <= 1 && stranger.status == if round < 5 { 401 } else { 429 }, "{stranger:?}");
        assert_eq!(stranger.hashes, u64::from(stranger.status == 401), "a lock is no reason to hash");
    }
    // While an address is locked, the right password is as good as any other: it is not even compared.
    let right = attempt(&market, "known@example.com", "a turnip for your thoughts").await;
    assert_eq!(right, attempt(&market, "stranger@example.com", WRONG).await);
    assert_eq!((right.status, right.hashes), (429, 0));
    market.clock.advance(TimeDelta::seconds(2));
    assert_eq!(attempt(&market, "known@example.com", "a turnip for your thoughts").await.status, 200);
    // That an account is closed learns only who knows its password.
    market.clock.advance(TimeDelta::hours(1));
    assert_eq!(attempt(&market, "closed@example.com", "a turnip for your thoughts").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_sent_as_an_address_costs_the_same() {
    let market = Market::open().await;
    market.newcomer("Known").await;
    let known = attempt(&market, "known@example.com", WRONG).await;
    for address in
        ["", "x", "not an address", "' OR 1=1 --", "known@example.com.", "\u{0}", "known@example.com\u{0}"]
    {
        assert_eq!(attempt(&market, address, WRONG).await, known, "{address:?}");
    }
    for password in [String::new(), "x".repeat(5000), "\u{0}".into()] {
        let email = format!("{}@example.com", password.len());
        assert_eq!(attempt(&market, &email, &password).await, known, "{} characters", password.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_tells_who_has_an_account_but_not_often() {
    let market = Market::open_with(&[("RATE_LIMIT_AUTH_PER_MINUTE", "30")]).await;
    let body =
        |name: &str| json!({ "email": name, "password": "a turnip for your thoughts", "display_name": "N" });
    let ask =
        async |name: &str| Answer::to(market.server.post("/api/v1/auth/register").json(&body(name))).await;
    ask("first@example.com").await.done();
    for _ in 0..9 {
        ask("First@example.com").await.refused(409, "email_taken");
    }
    let refused = ask("first@example.com").await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.refused(429, "rate_limited");
    // A token of one's own buys no more guesses at others' accounts.
    let state = &market.server.running.state;
    let mallory = kernel::UserId::new();
    let token = state
        .signer
        .issue(kernel::Clock::now(&market.clock), mallory, kernel::SessionId::new())
        .unwrap()
        .token;
    for path in ["register", "login", "refresh"] {
        let request =
            market.server.post(&format!("/api/v1/auth/{path}")).bearer_auth(&token).json(&json!({}));
        Answer::to(request).await.refused(429, "rate_limited");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_does_not_help_to_guess_its_password() {
    let market = Market::open_with(&[("RATE_LIMIT_AUTH_PER_MINUTE", "60")]).await;
    let victim = market.customer("Vic", BOULDER).await;
    let body = json!({ "current_password": WRONG, "new_password": "a new and longer password" });
    let guess = async || victim.post("/api/v1/me/password", &body).await;
    for _ in 0..5 {
        let answer = guess().await;
        assert_eq!(answer.headers["ratelimit-limit"], "60");
        answer.refused(422, "invalid_input");
    }
    guess().await.refused(429, "too_many_attempts");
    let login = attempt(&market, "vic@example.com", "a turnip for your thoughts").await;
    assert_eq!(login.status, 429, "one count for both doors");
}
