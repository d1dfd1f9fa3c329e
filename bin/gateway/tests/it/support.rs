//! A gateway of its own for each test, on a database of its own.

use std::collections::HashMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use assembly::settings::Settings;
use chrono::{DateTime, Utc};
use diesel_async::SimpleAsyncConnection;
use gateway::extract::{Principal, TokenRefused, TokenVerifier};
use gateway::{GivenParts, Routes, Running, StartOptions};
use kernel::{ManualClock, SessionId, UserId};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use testkit::TestDatabase;
use uuid::Uuid;

use crate::notes;

static SIGNING_KEY: LazyLock<String> = LazyLock::new(|| ::accounts::generate_key_pem().unwrap());

/// A running gateway and a client of it.
pub struct Server {
    pub running: Running,
    pub client: Client,
    /// Removed when the server is gone.
    scratch: Scratch,
}

/// What a server of a test's own keeps.
struct Scratch {
    database: TestDatabase,
    /// What is made up, and mail.
    folder: TempDir,
}

/// Reads `user-<uuid>`; `old-...` has expired.
#[derive(Debug)]
struct PlainTokens;

impl TokenVerifier for PlainTokens {
    fn verify(&self, token: &str, _now: DateTime<Utc>) -> Result<Principal, TokenRefused> {
        if token.starts_with("old-") {
            return Err(TokenRefused::Expired);
        }
        let id = token.strip_prefix("user-").and_then(|id| id.parse::<UserId>().ok());
        let user_id = id.ok_or(TokenRefused::Invalid)?;
        Ok(Principal { user_id, session: SessionId(user_id.0) })
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With settings of the test's own.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let (options, scratch) = options(settings).await;
        let parts = GivenParts { verifier: Some(Arc::new(PlainTokens)), ..GivenParts::default() };
        Self::launch(StartOptions { parts, ..options }, scratch).await
    }

    /// The product as it is: its own tokens, its own routes. The clock is the test's; jobs run when they are drained.
    pub async fn start_product(clock: &ManualClock) -> Self {
        Self::start_product_with(clock, &[]).await
    }

    /// Like [`start_product`](Self::start_product), with settings of the test's own.
    pub async fn start_product_with(clock: &ManualClock, settings: &[(&str, &str)]) -> Self {
        let (options, scratch) = options(settings).await;
        let parts = GivenParts { clock: Arc::new(clock.clone()), ..GivenParts::default() };
        Self::launch(StartOptions { parts, routes: Routes::default(), ..options }, scratch).await
    }

    async fn launch(options: StartOptions, scratch: Scratch) -> Self {
        let running = gateway::start(options).await.unwrap();
        Self { running, client: Client::builder().build().unwrap(), scratch }
    }

    /// The product as it runs in earnest: the time of day, and jobs that run by themselves.
    pub async fn start_in_earnest() -> Self {
        let (options, scratch) = options(&[]).await;
        Self::launch(StartOptions { routes: Routes::default(), run_jobs: true, ..options }, scratch).await
    }

    /// Another gateway on the same database, with the same keys.
    pub async fn beside(&self, settings: &[(&str, &str)]) -> Running {
        let database = &self.scratch.database.url;
        let settings = read(database, self.folder(), settings);
        let parts = GivenParts { clock: Arc::clone(&self.running.state.clock), ..GivenParts::default() };
        let options = StartOptions { parts, routes: Routes::default(), ..plain(settings) };
        gateway::start(options).await.unwrap()
    }

    /// Where the gateway keeps what it makes up: mail is in `mail` below it.
    pub fn folder(&self) -> &Path {
        self.scratch.folder.path()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.base_url)
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.ask(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.ask(Method::POST, path)
    }

    /// How many notes there are.
    pub async fn notes(&self) -> i64 {
        notes::count(&mut self.running.state.conn().await.unwrap()).await
    }
}

async fn options(settings: &[(&str, &str)]) -> (StartOptions, Scratch) {
    let database = TestDatabase::create().await;
    database.conn().await.batch_execute(notes::TABLE).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = plain(read(&database.url, folder.path(), settings));
    (options, Scratch { database, folder })
}

fn read(database: &str, folder: &Path, settings: &[(&str, &str)]) -> Settings {
    let defaults = [
        ("DATABASE_URL", database),
        ("JWT_PRIVATE_KEY", SIGNING_KEY.as_str()),
        ("CURSOR_SECRET", "the secret of the tests, long enough"),
        ("TOKEN_SECRET", "another secret of the tests, long enough"),
        ("SILKCART_DATA_DIR", folder.to_str().unwrap()),
        ("RATE_LIMIT_PER_MINUTE", "0"),
        ("RATE_LIMIT_AUTH_PER_MINUTE", "0"),
    ];
    let environment: HashMap<String, String> = defaults
        .iter()
        .chain(settings)
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    Settings::read(&environment).unwrap()
}

fn plain(settings: Settings) -> StartOptions {
    StartOptions {
        listener: Some(TcpListener::bind("127.0.0.1:0").unwrap()),
        routes: Routes::default().and(notes::configure),
        workers: Some(2),
        signals: false,
        run_jobs: false,
        ..StartOptions::new(settings)
    }
}

/// A token of a new person.
pub fn somebody() -> String {
    format!("user-{}", Uuid::new_v4())
}

/// Checks that the answer is a problem of this kind, and returns it.
pub async fn problem(answer: Response, status: u16, code: &str) -> Value {
    assert_eq!(answer.status(), StatusCode::from_u16(status).unwrap(), "{code}: {answer:?}");
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind, "application/problem+json", "{code}");
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], code, "{body}");
    assert_eq!(body["status"], status, "{body}");
    assert_eq!(body["request_id"], id.as_str(), "{body}");
    assert!(body["type"].as_str().unwrap().starts_with("/problems/"), "{body}");
    body
}
