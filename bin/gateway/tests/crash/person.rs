//! Somebody with an app that does what a good client does: it repeats a request whose answer it did not get, with the
//! same key.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::machine::{Gateway, PASSWORD};

/// Longer than any outage of a test.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the clients went through.
#[derive(Debug, Default)]
pub struct Trials {
    /// Requests that got no answer.
    pub unanswered: AtomicU64,
    /// Answers of 503.
    pub unavailable: AtomicU64,
    /// Answers given again for a key.
    pub replayed: AtomicU64,
}

#[derive(Clone, Debug)]
pub struct Person {
    pub id: Uuid,
    pub token: String,
    pub base_url: String,
    pub client: Client,
    pub trials: Arc<Trials>,
}

#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    pub async fn to(request: RequestBuilder) -> Result<Self, reqwest::Error> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await?;
        Ok(Self { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The problem's code; nothing for a success.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub fn done(self) -> Value {
        assert!(self.is_success(), "{}: {}", self.status, self.body);
        self.body
    }
}

impl Person {
    fn stranger(gateway: &Gateway, trials: &Arc<Trials>) -> Self {
        Self {
            id: Uuid::nil(),
            token: String::new(),
            base_url: gateway.base_url.clone(),
            client: Client::builder().timeout(Duration::from_secs(20)).build().unwrap(),
            trials: Arc::clone(trials),
        }
    }

    fn with(self, session: &Value) -> Self {
        let token = session["access_token"].as_str().unwrap().to_owned();
        Self { id: id_of(&session["user"]), token, ..self }
    }

    pub async fn log_in(gateway: &Gateway, trials: &Arc<Trials>, email: &str) -> Self {
        let stranger = Self::stranger(gateway, trials);
        let body = json!({ "email": email, "password": PASSWORD });
        let session = stranger.insists(Method::POST, "/api/v1/auth/login", None, Some(&body)).await.done();
        stranger.with(&session)
    }

    pub async fn register(gateway: &Gateway, trials: &Arc<Trials>, name: &str) -> Self {
        let email = format!("{}@example.com", name.to_lowercase());
        let body = json!({ "email": email, "password": PASSWORD, "display_name": name });
        let stranger = Self::stranger(gateway, trials);
        let session = stranger.insists(Method::POST, "/api/v1/auth/register", None, Some(&body)).await.done();
        stranger.with(&session)
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base_url));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    /// Repeats the request until it is answered for good.
    pub async fn insists(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Reply {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(50);
        loop {
            let mut request = self.ask(method.clone(), path);
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            match Reply::to(request).await {
                Ok(reply) if reply.status == 503 => {
                    assert!(reply.headers.contains_key("retry-after"), "{path}: {}", reply.body);
                    self.trials.unavailable.fetch_add(1, Ordering::Relaxed);
                }
                Ok(reply) if reply.code() == "request_in_flight" => {}
                Ok(reply) => {
                    assert!(
                        reply.status < 500,
                        "a crash is no fault of the request's: {path}: {}",
                        reply.body
                    );
                    if reply.headers.contains_key("idempotent-replayed") {
                        self.trials.replayed.fetch_add(1, Ordering::Relaxed);
                    }
                    return reply;
                }
                Err(_unanswered) => {
                    self.trials.unanswered.fetch_add(1, Ordering::Relaxed);
                }
            }
            assert!(begun.elapsed() < PATIENCE, "{method} {path} was never answered");
            // A client that repeated at once would only be in the way of the recovery.
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(400));
        }
    }

    pub async fn gets(&self, path: &str) -> Reply {
        self.insists(Method::GET, path, None, None).await
    }

    pub async fn posts(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.insists(Method::POST, path, Some(key), Some(body)).await
    }
}

#[track_caller]
pub fn id_of(thing: &Value) -> Uuid {
    thing["id"].as_str().unwrap_or_else(|| panic!("no id in {thing}")).parse().unwrap()
}
