//! A pooled connection that is watched: it is closed when the server falls silent, and when whoever had it went away
//! in the middle of their work.
//!
//! The limits that the server enforces (statement, lock, idle transaction) cannot help where the server itself hangs
//! or the network swallows what is sent; the ones here need nobody's cooperation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use diesel::ConnectionError;
use diesel::connection::InstrumentationEvent;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, SimpleAsyncConnection, TransactionManager,
};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::connect::{Transport, dial};
use crate::{Conn, PoolSettings};

/// How much longer than the server's own limit a statement may go unanswered.
const GRACE: Duration = Duration::from_secs(1);
/// How often a statement's age is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What all connections of a pool have in common.
#[derive(Debug)]
pub(crate) struct Circumstances {
    url: String,
    /// What a new connection is told first.
    limits: String,
    /// How long a statement may go unanswered.
    patience: Duration,
    /// How many statements have begun.
    pub(crate) statements: Arc<AtomicU64>,
    /// How often the server fell silent. Connections from before the last time are not used again.
    silences: Arc<AtomicU64>,
}

impl Circumstances {
    pub(crate) fn of(settings: &PoolSettings) -> Self {
        let statement_timeout = settings.statement_timeout.as_millis();
        // The last one is for a client that is gone while its statement runs or waits for a lock: the server would
        // otherwise notice only when it answers. Servers before 14 and those of other systems do not know it.
        let limits = format!(
            "SET statement_timeout = {statement_timeout}; \
             SET lock_timeout = 5000; \
             SET idle_in_transaction_session_timeout = 30000; \
             SET TIME ZONE 'UTC'; \
             SELECT set_config(name, '500', false) FROM pg_settings \
             WHERE name = 'client_connection_check_interval' AND version() LIKE '%linux%'"
        );
        Self {
            url: settings.url.clone(),
            limits,
            patience: settings.statement_timeout + GRACE,
            statements: Arc::default(),
            silences: Arc::default(),
        }
    }

    fn silences(&self) -> u64 {
        self.silences.load(Ordering::Relaxed)
    }
}

/// A connection and what keeps it alive.
pub(crate) struct Link {
    pub(crate) conn: Conn,
    pulse: Arc<Pulse>,
    driver: Driver,
    silences_before: u64,
}

impl Link {
    pub(crate) async fn establish(common: &Circumstances) -> Result<Self, ConnectionError> {
        let silences_before = common.silences();
        let (client, transport) = dial(&common.url).await?;
        let pulse = Arc::new(Pulse::new());
        let watch = Watch {
            pulse: Arc::clone(&pulse),
            patience: common.patience,
            silences: Arc::clone(&common.silences),
        };
        let driver = Driver(tokio::spawn(drive(transport, watch)));
        let mut conn = AsyncPgConnection::try_from(client).await?;
        let told = conn.batch_execute(&common.limits).await;
        told.map_err(ConnectionError::CouldntSetupConfiguration)?;
        let (felt, statements) = (Arc::clone(&pulse), Arc::clone(&common.statements));
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| match event {
            InstrumentationEvent::StartQuery { .. } => {
                statements.fetch_add(1, Ordering::Relaxed);
                felt.begin();
            }
            InstrumentationEvent::FinishQuery { .. } => felt.end(),
            _ => {}
        });
        Ok(Self { conn, pulse, driver, silences_before })
    }

    /// Whether somebody else may have it.
    pub(crate) fn is_fit(&mut self, common: &Circumstances) -> bool {
        !self.is_unfinished() && !self.driver.0.is_finished() && self.silences_before == common.silences()
    }

    /// Whether a transaction is open, a statement unanswered or a transaction's end uncertain.
    pub(crate) fn is_unfinished(&mut self) -> bool {
        !self.pulse.is_quiet() || AnsiTransactionManager::is_broken_transaction_manager(&mut self.conn)
    }

    /// Closes the connection without waiting for the server, which then undoes what was open.
    pub(crate) fn hang_up(&self) {
        self.driver.0.abort();
    }
}

/// The task that carries a connection's bytes. Without it the connection is closed.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Since when statements have been waiting for an answer.
struct Pulse {
    made: Instant,
    /// How many wait: reads may be sent one after the other without waiting for the answers in between.
    waiting: AtomicU32,
    /// When the first of them was sent or the last answer came, in milliseconds after `made`.
    since: AtomicU64,
}

impl Pulse {
    fn new() -> Self {
        Self { made: Instant::now(), waiting: AtomicU32::new(0), since: AtomicU64::new(0) }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn begin(&self) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            self.since.store(self.now(), Ordering::Relaxed);
        }
    }

    fn end(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.since.store(self.now(), Ordering::Relaxed);
    }

    fn is_quiet(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) == 0
    }

    /// How long the statement that is next to be answered has waited.
    fn age(&self) -> Option<Duration> {
        let since = self.since.load(Ordering::Relaxed);
        (!self.is_quiet()).then(|| Duration::from_millis(self.now().saturating_sub(since)))
    }
}

struct Watch {
    pulse: Arc<Pulse>,
    patience: Duration,
    silences: Arc<AtomicU64>,
}

/// Carries bytes until either side closes the connection, or a statement has gone unanswered for too long.
async fn drive(mut transport: Transport, watch: Watch) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            outcome = &mut transport => {
                if let Err(error) = outcome {
                    tracing::debug!(error = error.to_string(), "a database connection was lost");
                }
                return;
            }
            _ = looks.tick() => {
                if watch.pulse.age().is_some_and(|age| age > watch.patience) {
                    watch.silences.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(waited = ?watch.patience, "the database fell silent: the connection is closed");
                    return;
                }
            }
        }
    }
}
