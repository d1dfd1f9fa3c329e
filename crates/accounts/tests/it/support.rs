//! A database, a clock and people with accounts.

use std::sync::LazyLock;

use accounts::{
    AccountsError, AddressDetails, Geocoded, Hasher, Located, LogIn, Password, Register, SignedIn,
    TokenSigner, generate_key_pem,
};
use chrono::{DateTime, Utc};
use db::Conn;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AnsiTransactionManager, RunQueryDsl, TransactionManager};
use kernel::{Clock, ManualClock, UserId};
use serde_json::Value;
use testkit::TestDatabase;

pub const PASSWORD: &str = "kale, figs & a fence";

static KEY: LazyLock<String> = LazyLock::new(|| generate_key_pem().unwrap());

/// Everything that a use case takes.
pub struct World {
    pub test: TestDatabase,
    pub clock: ManualClock,
    pub hasher: Hasher,
    pub signer: TokenSigner,
}

impl World {
    pub async fn new() -> Self {
        Self::with_connections(16).await
    }

    pub async fn with_connections(connections: usize) -> Self {
        Self {
            test: TestDatabase::with_connections(connections).await,
            clock: testkit::clock(),
            hasher: Hasher::with_capacity(2, 1000).unwrap(),
            signer: TokenSigner::from_pem(&KEY, "https://silkcart.test", "silkcart").unwrap(),
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub async fn conn(&self) -> db::PooledConn {
        self.test.conn().await
    }

    pub async fn register(&self, email: &str) -> Result<SignedIn, AccountsError> {
        let request = Register {
            email: email.to_owned(),
            password: Password::new(PASSWORD),
            display_name: "Ana".to_owned(),
            phone: None,
            user_agent: Some("garden/1.0".to_owned()),
        };
        accounts::register(&self.test.database, &self.hasher, &self.signer, self.now(), request).await
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Result<SignedIn, AccountsError> {
        let request = LogIn { email: email.to_owned(), password: Password::new(password), user_agent: None };
        accounts::log_in(&self.test.database, &self.hasher, &self.signer, self.now(), request).await
    }

    pub async fn refresh(&self, pair: &SignedIn) -> Result<SignedIn, AccountsError> {
        accounts::refresh(&self.test.database, &self.signer, self.now(), &pair.refresh).await
    }

    /// Somebody with an account.
    pub async fn somebody(&self, email: &str) -> UserId {
        self.register(email).await.unwrap().account.user.id
    }

    /// Runs a use case in a transaction that is committed unless it fails.
    pub async fn transact<T>(
        &self,
        work: impl AsyncFnOnce(&mut Conn) -> Result<T, AccountsError>,
    ) -> Result<T, AccountsError> {
        let mut conn = self.conn().await;
        AnsiTransactionManager::begin_transaction(&mut *conn).await?;
        let outcome = work(&mut conn).await;
        match outcome {
            Ok(_) => AnsiTransactionManager::commit_transaction(&mut *conn).await?,
            Err(_) => AnsiTransactionManager::rollback_transaction(&mut *conn).await?,
        }
        outcome
    }

    /// Runs `second` while the transaction of `first` is done but not committed; it is committed as soon as `second`
    /// waits for it.
    pub async fn overlap<A, B>(
        &self,
        first: impl AsyncFnOnce(&mut Conn) -> Result<A, AccountsError>,
        second: impl Future<Output = B>,
    ) -> (A, B) {
        let mut conn = self.conn().await;
        AnsiTransactionManager::begin_transaction(&mut *conn).await.unwrap();
        let done = first(&mut conn).await.unwrap();
        let commit = async {
            self.until_somebody_waits().await;
            AnsiTransactionManager::commit_transaction(&mut *conn).await.unwrap();
        };
        let (outcome, ()) = tokio::join!(second, commit);
        (done, outcome)
    }

    /// Returns when a connection waits for another's lock, or when none has for a while.
    async fn until_somebody_waits(&self) {
        let waiting = "SELECT count(*) AS count FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        for _ in 0..500 {
            if self.count(waiting).await > 0 {
                return;
            }
        }
    }

    /// The kinds of the facts so far, oldest first.
    pub async fn events(&self) -> Vec<String> {
        self.facts().await.into_iter().map(|(kind, _)| kind).collect()
    }

    /// The facts since the first `skip`, oldest first.
    pub async fn events_after(&self, skip: usize) -> Vec<String> {
        self.events().await.split_off(skip)
    }

    /// The facts so far with their data, oldest first.
    pub async fn facts(&self) -> Vec<(String, Value)> {
        let rows: Vec<FactRow> = diesel::sql_query("SELECT kind, data::text AS data FROM events ORDER BY id")
            .load(&mut *self.conn().await)
            .await
            .unwrap();
        rows.into_iter().map(|row| (row.kind, serde_json::from_str(&row.data).unwrap())).collect()
    }

    /// A number that a query counts.
    pub async fn count(&self, query: &str) -> i64 {
        let row: CountRow = diesel::sql_query(query).get_result(&mut *self.conn().await).await.unwrap();
        row.count
    }

    /// A text that a query finds.
    pub async fn text(&self, query: &str) -> String {
        let row: TextRow = diesel::sql_query(query).get_result(&mut *self.conn().await).await.unwrap();
        row.text
    }
}

#[derive(QueryableByName)]
struct FactRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    data: String,
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct TextRow {
    #[diesel(sql_type = Text)]
    text: String,
}

pub fn address(line1: &str) -> AddressDetails {
    AddressDetails {
        line1: line1.to_owned(),
        city: "Denver".to_owned(),
        state: "CO".to_owned(),
        postal_code: "80202".to_owned(),
        ..AddressDetails::default()
    }
}

pub fn denver() -> Geocoded {
    Geocoded::Located(Located::new(39.7525, -104.9995, "postal_code").unwrap())
}
