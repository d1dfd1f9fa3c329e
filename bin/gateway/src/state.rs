//! What every handler shares: opened once by [`start`](crate::start), cheap to clone.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use accounts::{Hasher, TokenSigner};
use assembly::LinkKeys;
use assembly::settings::Settings;
use correspondence::Pages;
use db::{Conn, Database};
use diesel_async::{AnsiTransactionManager, TransactionManager};
use kernel::{Clock, CursorKey};
use live::Hub;
use logistics::{CenterIndex, Geocoder};
use media::Media;
use outbox::Runner;
use placement::Visitors;
use tokio::sync::Semaphore;

use crate::extract::TokenVerifier;
use crate::middleware::RateLimits;
use crate::{Problem, ProblemKind};

/// How long the work of a transaction may take in all. Each statement has a limit of its own; this one is for many
/// slow ones.
const WORK_LIMIT: Duration = Duration::from_secs(15);
/// How long an orchestrator waits to hear that the database does not answer.
const READINESS_LIMIT: Duration = Duration::from_secs(2);

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
    /// What the links in mails are made of.
    pub link_keys: LinkKeys,
    /// Where they lead.
    pub pages: Pages,
    /// Finds addresses on the map.
    pub geocoder: Arc<dyn Geocoder>,
    /// The approved centers, in memory.
    pub centers: Arc<CenterIndex>,
    /// Knows what visitors can reach.
    pub visitors: Visitors,
    /// Who listens to what happens.
    pub live: Arc<Hub>,
    /// Handles pictures.
    pub media: Media,
    /// The places of those who send files.
    pub uploads: Arc<Semaphore>,
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

    /// Runs `work` in one transaction, and wakes the job runner when it has committed jobs or facts. A problem rolls back, and so
    /// does taking longer than 15 s.
    ///
    /// Where the caller goes away meanwhile, the future is dropped: the pool then closes the connection, the server
    /// rolls back, and whatever was locked is free.
    pub async fn transact<T, F>(&self, work: F) -> Result<T, Problem>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<T, Problem>,
    {
        let mut conn = self.database.conn().await?;
        AnsiTransactionManager::begin_transaction(&mut *conn).await?;
        // Not the commit: once it is on its way, giving up would be a guess at how it ended.
        let noticed = outbox::noticing_work(work(&mut conn));
        let Ok((outcome, left_work)) = tokio::time::timeout(WORK_LIMIT, noticed).await else {
            tracing::warn!(limit = ?WORK_LIMIT, "a transaction took too long");
            return Err(ProblemKind::Timeout.into());
        };
        match outcome {
            Ok(outcome) => {
                AnsiTransactionManager::commit_transaction(&mut *conn).await.map_err(uncommitted)?;
                if left_work {
                    self.runner.wake();
                }
                Ok(outcome)
            }
            Err(problem) => {
                if let Err(error) = AnsiTransactionManager::rollback_transaction(&mut *conn).await
                    && !db::is_connection_lost(&error)
                {
                    tracing::warn!(error = error.to_string(), "a transaction could not be rolled back");
                }
                Err(problem)
            }
        }
    }

    /// Whether the parts a request needs answer, and what waits.
    pub(crate) async fn backlog(&self) -> Result<outbox::Backlog, Problem> {
        let unready = |error: &dyn std::fmt::Display| {
            tracing::debug!(error = %error, "the server is not ready");
            Problem::new(ProblemKind::Unavailable).detail("the database does not answer").retry_after(5)
        };
        match tokio::time::timeout(READINESS_LIMIT, self.runner.backlog()).await {
            Ok(Ok(backlog)) => Ok(backlog),
            Ok(Err(error)) => Err(unready(&error)),
            Err(elapsed) => Err(unready(&elapsed)),
        }
    }
}

/// Why a transaction did not commit; or nobody knows whether it did.
fn uncommitted(error: diesel::result::Error) -> Problem {
    if !db::is_connection_lost(&error) {
        return error.into();
    }
    tracing::warn!(error = error.to_string(), "the database went away during a commit");
    let detail = "the database went away while the request took effect; repeat it with the same Idempotency-Key, or \
                  look whether it did";
    Problem::new(ProblemKind::Unavailable).detail(detail).retry_after(1)
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
