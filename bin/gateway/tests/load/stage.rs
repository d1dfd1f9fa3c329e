//! The product on a database of its own, with settings of the test's.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::LazyLock;

use assembly::settings::Settings;
use gateway::{Running, StartOptions};
use reqwest::Client;
use serde_json::json;
use testkit::TestDatabase;

static SIGNING_KEY: LazyLock<String> = LazyLock::new(|| accounts::generate_key_pem().unwrap());

pub const EMAIL: &str = "ana@example.com";
pub const PASSWORD: &str = "a turnip for your thoughts";

/// A running gateway and a client of it.
pub struct Stage {
    pub running: Running,
    pub client: Client,
    /// Removed when the gateway is gone.
    _database: TestDatabase,
}

impl Stage {
    /// Where Ana has an account, and nobody's requests are counted.
    pub async fn set(settings: &[(&str, &str)]) -> Self {
        let database = TestDatabase::create().await;
        let defaults = [
            ("DATABASE_URL", database.url.as_str()),
            ("JWT_PRIVATE_KEY", SIGNING_KEY.as_str()),
            ("CURSOR_SECRET", "the secret of the tests, long enough"),
            ("TOKEN_SECRET", "another secret of the tests, long enough"),
            ("RATE_LIMIT_PER_MINUTE", "0"),
            ("RATE_LIMIT_AUTH_PER_MINUTE", "0"),
        ];
        let all = defaults.iter().chain(settings);
        let environment: HashMap<_, _> =
            all.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let options = StartOptions {
            listener: Some(TcpListener::bind("127.0.0.1:0").unwrap()),
            workers: Some(2),
            signals: false,
            run_jobs: false,
            ..StartOptions::new(Settings::read(&environment).unwrap())
        };
        let running = gateway::start(options).await.unwrap();
        let stage = Self { running, client: Client::builder().build().unwrap(), _database: database };
        let body = json!({ "email": EMAIL, "password": PASSWORD, "display_name": "Ana" });
        let registered =
            stage.client.post(stage.url("/api/v1/auth/register")).json(&body).send().await.unwrap();
        assert_eq!(registered.status(), 201);
        stage
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.base_url)
    }

    pub async fn get(&self, path: &str) -> u16 {
        self.client.get(self.url(path)).send().await.unwrap().status().as_u16()
    }
}
