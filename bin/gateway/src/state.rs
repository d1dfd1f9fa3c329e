//! What every handler shares: opened once by [`start`](crate::start), cheap to clone.

use std::ops::Deref;
use std::sync::Arc;

use accounts::{Hasher, TokenSigner};
use db::{Conn, Database};
use diesel_async::{AnsiTransactionManager, TransactionManager};
use kernel::{Clock, CursorKey};
use logistics::{CenterIndex, Geocoder};
use outbox::Runner;
use placement::Visitors;

use crate::extract::TokenVerifier;
use crate::middleware::RateLimits;
use crate::settings::Settings;
use crate::{Problem, ProblemKind};

/// The application's parts. Clones share them.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Parts>);

/// See [`AppState`].
#[derive(Debug)]
pub struct Parts {
    /// The pool.
    pub database: Database,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Signs page cursors.
    pub cursors: CursorKey,
    /// As read at the start.
    pub settings: Arc<Settings>,
    /// The in-process job runner; woken after a commit.
    pub runner: Runner,
    /// Reads access tokens.
    pub verifier: Arc<dyn TokenVerifier>,
    /// Writes access tokens.
    pub signer: Arc<TokenSigner>,
    /// Hashes passwords, a few at a time.
    pub hasher: Hasher,
    /// Finds addresses on the map.
    pub geocoder: Arc<dyn Geocoder>,
    /// The approved centers, in memory.
    pub centers: Arc<CenterIndex>,
    /// Knows what visitors can reach.
    pub visitors: Visitors,
    /// How often each caller has called.
    pub limits: RateLimits,
}

impl AppState {
    /// Shares the parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// A connection outside a transaction, for reads.
    pub async fn conn(&self) -> Result<db::PooledConn, Problem> {
        Ok(self.database.conn().await?)
    }

    /// Runs `work` in one transaction, and wakes the job runner when it has committed. A problem rolls back.
    ///
    /// Where the caller goes away meanwhile, the future is dropped: the connection then counts as broken, and the
    /// server rolls back as the pool closes it.
    pub async fn transact<T, F>(&self, work: F) -> Result<T, Problem>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<T, Problem>,
    {
        let mut conn = self.database.conn().await?;
        AnsiTransactionManager::begin_transaction(&mut *conn).await?;
        match work(&mut conn).await {
            Ok(outcome) => {
                AnsiTransactionManager::commit_transaction(&mut *conn).await?;
                self.runner.wake();
                Ok(outcome)
            }
            Err(problem) => {
                if let Err(error) = AnsiTransactionManager::rollback_transaction(&mut *conn).await {
                    tracing::warn!(error = error.to_string(), "a transaction could not be rolled back");
                }
                Err(problem)
            }
        }
    }

    /// Whether the parts a request needs answer, and what waits.
    pub(crate) async fn backlog(&self) -> Result<outbox::Backlog, Problem> {
        self.runner.backlog().await.map_err(|error| {
            tracing::error!(error = crate::problem::chain(error.as_ref()), "the server is not ready");
            Problem::new(ProblemKind::Unavailable).detail("the database does not answer").retry_after(5)
        })
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
