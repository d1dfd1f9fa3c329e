//! A bounded pool of watched connections that counts the statements it carries.
//!
//! It is divided into [lanes](crate::lane), so that a thread mostly uses connections that it opened.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult, TimeoutType, Timeouts,
};
use diesel::ConnectionError;
use futures_util::FutureExt;
use futures_util::future::select_all;

use crate::Conn;
use crate::connect::CONNECT_LIMIT;
use crate::lane;
use crate::link::{Circumstances, Link};
use crate::outage::Outage;

/// How long a thread waits in its own lane before it waits in all of them.
const AT_HOME: Duration = Duration::from_millis(50);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The server refuses or cannot be reached.
    #[error("cannot connect to the database: {0}")]
    Connect(#[source] ConnectionError),
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
    /// Into how many lanes they are divided: one for each thread that [keeps to one](crate::keep_to_a_lane), and one
    /// for all others.
    pub lanes: usize,
    /// How long a caller waits for a free connection.
    pub wait: Duration,
    /// How long one statement may run. A second later it counts as unanswered, and its connection is closed.
    pub statement_timeout: Duration,
}

impl PoolSettings {
    /// The usual limits: 16 connections in one lane, 2 s of waiting, 10 s a statement.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 16,
            lanes: 1,
            wait: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(10),
        }
    }
}

/// A connection on loan from the pool.
///
/// Dropping it returns it, unless a transaction is open or a statement unanswered, as when a caller was cancelled:
/// then it is closed at once, so that its locks go with it.
pub struct PooledConn(Object<Links>);

impl Deref for PooledConn {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0.conn
    }
}

impl DerefMut for PooledConn {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0.conn
    }
}

impl Drop for PooledConn {
    fn drop(&mut self) {
        if self.0.is_unfinished() {
            self.0.hang_up();
        }
    }
}

impl std::fmt::Debug for PooledConn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PooledConn").finish_non_exhaustive()
    }
}

/// Makes the pool's connections, and tells which can be used again.
#[derive(Debug)]
struct Links(Arc<Circumstances>);

impl Manager for Links {
    type Type = Link;
    type Error = ConnectionError;

    async fn create(&self) -> Result<Link, ConnectionError> {
        // Boxed: it is large, rare, and part of the future of everyone who asks for a connection.
        Box::pin(Link::establish(&self.0)).await
    }

    async fn recycle(&self, link: &mut Link, _: &Metrics) -> RecycleResult<ConnectionError> {
        if link.is_fit(&self.0) { Ok(()) } else { Err(RecycleError::message("the connection is spent")) }
    }
}

fn patience(wait: Duration) -> Timeouts {
    Timeouts { wait: Some(wait), create: Some(CONNECT_LIMIT), recycle: Some(CONNECT_LIMIT) }
}

/// The database, as handlers and jobs see it. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    lanes: Arc<[Pool<Links>]>,
    wait: Duration,
    common: Arc<Circumstances>,
    outage: Arc<Outage>,
    url: Arc<str>,
}

impl Database {
    /// A pool that opens connections as they are needed; it does not connect yet.
    pub fn open(settings: &PoolSettings) -> Result<Self, DbError> {
        let common = Arc::new(Circumstances::of(settings));
        let lanes = lane::divide(settings.max_connections, settings.lanes).map(|connections| {
            let builder = Pool::builder(Links(Arc::clone(&common))).max_size(connections);
            builder.runtime(Runtime::Tokio1).build().map_err(|error| DbError::Pool(error.to_string()))
        });
        Ok(Self {
            lanes: lanes.collect::<Result<_, _>>()?,
            wait: settings.wait,
            common,
            outage: Arc::default(),
            url: settings.url.as_str().into(),
        })
    }

    /// A connection, returned to the pool when dropped.
    pub async fn conn(&self) -> Result<PooledConn, DbError> {
        let silent = || ConnectionError::BadConnection(format!("no answer within {CONNECT_LIMIT:?}"));
        let error = match self.take().await {
            Ok(link) => {
                self.outage.answered();
                return Ok(PooledConn(link));
            }
            Err(PoolError::Timeout(TimeoutType::Wait)) => return Err(DbError::Busy),
            Err(PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle)) => DbError::Connect(silent()),
            Err(PoolError::Backend(error)) => DbError::Connect(error),
            Err(other) => DbError::Pool(other.to_string()),
        };
        self.outage.refused(&error);
        Err(error)
    }

    /// Nobody waits while a connection idles in any lane. Whoever must wait does so in their own lane first: a
    /// connection opened in another's would be carried by the wrong thread for good.
    async fn take(&self) -> Result<Object<Links>, PoolError<ConnectionError>> {
        let own = lane::own(self.lanes.len());
        let (before, from_own) = self.lanes.split_at(own);
        for (distance, lane) in from_own.iter().chain(before).enumerate() {
            if distance > 0 && lane.status().available == 0 {
                continue;
            }
            match lane.timeout_get(&patience(Duration::ZERO)).await {
                Err(PoolError::Timeout(TimeoutType::Wait)) => {}
                outcome => return outcome,
            }
        }
        let at_home = self.wait.min(AT_HOME);
        match self.lanes[own].timeout_get(&patience(at_home)).await {
            Err(PoolError::Timeout(TimeoutType::Wait)) => {}
            outcome => return outcome,
        }
        let rest = patience(self.wait.saturating_sub(at_home));
        select_all(self.lanes.iter().map(|lane| lane.timeout_get(&rest).boxed())).await.0
    }

    /// How many statements the pool's connections have begun since the pool was opened.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.common.statements.load(Ordering::Relaxed)
    }

    /// Connections in use, and connections held.
    #[must_use]
    pub fn usage(&self) -> (usize, usize) {
        let counted = self.lanes.iter().map(Pool::status).map(|lane| (lane.available, lane.size));
        let (idle, held) = counted.fold((0, 0), |(idle, held), lane| (idle + lane.0, held + lane.1));
        (held.saturating_sub(idle), held)
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
