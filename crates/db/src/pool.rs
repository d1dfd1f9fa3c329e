//! A bounded pool of connections that counts the statements it carries.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{TimeoutType, Timeouts};
use diesel::connection::InstrumentationEvent;
use diesel_async::pooled_connection::deadpool::{Object, Pool, PoolError};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use futures_util::FutureExt;

use crate::{Conn, connect};

/// A connection on loan from the pool.
pub type PooledConn = Object<Conn>;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The server refuses or cannot be reached.
    #[error("cannot connect to the database: {0}")]
    Connect(#[source] diesel::ConnectionError),
    /// Every connection stayed in use for as long as a caller may wait.
    #[error("every database connection is in use")]
    Busy,
    /// The pool itself failed.
    #[error("the connection pool failed: {0}")]
    Pool(String),
}

/// How many connections, and for how long anybody waits.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// `postgres://...`
    pub url: String,
    /// The most connections held at once.
    pub max_connections: usize,
    /// How long a caller waits for a free connection.
    pub wait: Duration,
    /// How long one statement may run.
    pub statement_timeout: Duration,
}

impl PoolSettings {
    /// The usual limits: 16 connections, 2 s of waiting, 10 s a statement.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 16,
            wait: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(10),
        }
    }
}

/// The database, as handlers and jobs see it. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: Pool<Conn>,
    statements: Arc<AtomicU64>,
    url: Arc<str>,
}

impl Database {
    /// A pool that opens connections as they are needed; it does not connect yet.
    pub fn open(settings: &PoolSettings) -> Result<Self, DbError> {
        let statements = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&statements);
        let statement_timeout = settings.statement_timeout.as_millis();
        let mut manager = ManagerConfig::default();
        manager.recycling_method = RecyclingMethod::Fast;
        manager.custom_setup = Box::new(move |url| {
            let (url, counter) = (url.to_owned(), Arc::clone(&counter));
            async move {
                let mut conn = connect::establish(&url).await?;
                let limits = format!(
                    "SET statement_timeout = {statement_timeout}; \
                     SET lock_timeout = 5000; \
                     SET idle_in_transaction_session_timeout = 30000; SET TIME ZONE 'UTC'"
                );
                conn.batch_execute(&limits)
                    .await
                    .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                    if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                        counter.fetch_add(1, Ordering::Relaxed);
                    }
                });
                Ok(conn)
            }
            .boxed()
        });
        let pool = Pool::builder(AsyncDieselConnectionManager::new_with_config(&settings.url, manager))
            .max_size(settings.max_connections)
            .timeouts(Timeouts {
                wait: Some(settings.wait),
                create: Some(Duration::from_secs(5)),
                recycle: Some(Duration::from_secs(5)),
            })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| DbError::Pool(error.to_string()))?;
        Ok(Self { pool, statements, url: settings.url.as_str().into() })
    }

    /// A connection, returned to the pool when dropped.
    pub async fn conn(&self) -> Result<PooledConn, DbError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => DbError::Busy,
            PoolError::Backend(diesel_async::pooled_connection::PoolError::ConnectionError(error)) => {
                DbError::Connect(error)
            }
            other => DbError::Pool(other.to_string()),
        })
    }

    /// How many statements the pool's connections have begun since the pool was opened.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Connections in use, and connections held.
    #[must_use]
    pub fn usage(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size.saturating_sub(status.available), status.size)
    }

    /// Where the database is, for the connection that listens for notifications.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("usage", &self.usage()).finish_non_exhaustive()
    }
}
