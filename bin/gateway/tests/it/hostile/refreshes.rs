//! Stolen refresh tokens: two holders, and the server cannot know who is who.

use reqwest::Client;
use serde_json::{Value, json};

use crate::actors::{Answer, BOULDER, Market};

const PASSWORD: &str = "a turnip for your thoughts";

async fn log_in(market: &Market) -> Value {
    let body = json!({ "email": "vic@example.com", "password": PASSWORD });
    Answer::to(market.server.post("/api/v1/auth/login").json(&body)).await.done()
}

async fn refresh(market: &Market, token: &Value) -> Answer {
    Answer::to(market.server.post("/api/v1/auth/refresh").json(&json!({ "refresh_token": token }))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_comes_back_ends_its_whole_family() {
    let market = Market::open().await;
    let victim = market.customer("Vic", BOULDER).await;
    let (first, other) =
        (log_in(&market).await["refresh_token"].clone(), log_in(&market).await["refresh_token"].clone());
    let second = refresh(&market, &first).await.done()["refresh_token"].clone();
    let third = refresh(&market, &second).await.done()["refresh_token"].clone();
    for _ in 0..2 {
        refresh(&market, &first).await.refused(401, "refresh_token_replayed");
    }
    refresh(&market, &third).await.refused(401, "refresh_token_invalid");
    refresh(&market, &second).await.refused(401, "refresh_token_replayed");
    // Another login of the same person is another family.
    refresh(&market, &other).await.done();
    // Registering, the login that was left alone, and no more.
    let sessions = victim.get("/api/v1/auth/sessions").await.done();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 2, "{sessions}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thirty_refreshes_at_once_one_pair_comes_and_its_family_ends() {
    let market = Market::open().await;
    let victim = market.customer("Vic", BOULDER).await;
    // Each request on a connection of its own.
    let client = Client::builder().pool_max_idle_per_host(0).build().unwrap();
    for _ in 0..3 {
        let token = log_in(&market).await["refresh_token"].clone();
        let attempts = (0..30).map(|_| {
            let request = client
                .post(market.server.url("/api/v1/auth/refresh"))
                .json(&json!({ "refresh_token": token }));
            tokio::spawn(Answer::to(request))
        });
        let attempts: Vec<_> = attempts.collect();
        let mut pairs = Vec::new();
        for attempt in attempts {
            let answer = attempt.await.unwrap();
            if answer.status == 200 {
                pairs.push(answer.body);
            } else {
                answer.refused(401, "refresh_token_replayed");
            }
        }
        assert_eq!(pairs.len(), 1, "exactly one came first");
        // The others were replays, so that the family is at an end: the one new token works no more,
        refresh(&market, &pairs[0]["refresh_token"]).await.refused(401, "refresh_token_invalid");
        // the session is gone,
        let sessions = victim.get("/api/v1/auth/sessions").await.done();
        assert_eq!(sessions["items"].as_array().unwrap().len(), 1, "{sessions}");
        // and the one new access token proves who its bearer is until it expires, as the documentation says.
        let access = pairs[0]["access_token"].as_str().unwrap();
        Answer::to(market.server.get("/api/v1/me").bearer_auth(access)).await.done();
    }
}
