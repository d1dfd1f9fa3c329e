//! Requests that may be sent twice and take effect once.
//!
//! The record is written in the transaction of the effect: a crash leaves both or neither. The
//! unique key makes a second request wait for the first one's outcome (up to the connection's lock
//! timeout), then replays the stored answer.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::QueryResult;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::store;

/// One request that carries an `Idempotency-Key`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotentRequest {
    /// Whose key it is: keys of different principals never meet.
    pub principal: String,
    /// Method and route pattern.
    pub route: String,
    /// The key, 1 to 255 characters.
    pub key: String,
    /// What the request asked for, so that a key used for something else is noticed.
    pub fingerprint: [u8; 32],
}

impl IdempotentRequest {
    /// A request, its fingerprint taken over the path and the raw body.
    #[must_use]
    pub fn new(principal: String, route: String, key: String, path: &str, body: &[u8]) -> Self {
        let mut digest = Sha256::new();
        digest.update((path.len() as u64).to_be_bytes());
        digest.update(path.as_bytes());
        digest.update(body);
        Self { principal, route, key, fingerprint: digest.finalize().into() }
    }
}

/// The answer to a request, as it is given again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers that belong to the answer, such as `location`.
    pub headers: Value,
    /// The body's bytes.
    pub body: Vec<u8>,
}

/// What to do with a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Begin {
    /// It is new: do it, then [`record`] the answer.
    Fresh,
    /// It was done: give this answer.
    Replay(StoredAnswer),
}

/// Why a request cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum IdempotencyError {
    /// The same request is being worked on, and did not finish while this one waited.
    #[error("a request with this key is still being worked on")]
    InFlight,
    /// The key was used for another request.
    #[error("this key was used for a different request")]
    KeyReused,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Claims the key in the caller's transaction, or finds the answer of the request that has it.
pub async fn begin(
    tx: &mut Conn,
    now: DateTime<Utc>,
    request: &IdempotentRequest,
) -> Result<Begin, IdempotencyError> {
    loop {
        match store::claim_key(tx, now, request).await {
            Ok(true) => return Ok(Begin::Fresh),
            Ok(false) => {}
            Err(error) if db::is_lock_timeout(&error) => return Err(IdempotencyError::InFlight),
            Err(error) => return Err(error.into()),
        }
        // A record that is purged between the two statements leaves the key free: claim it again.
        if let Some((fingerprint, answer)) = store::load_answer(tx, request).await? {
            if fingerprint != request.fingerprint {
                return Err(IdempotencyError::KeyReused);
            }
            return answer.map(Begin::Replay).ok_or(IdempotencyError::InFlight);
        }
    }
}

/// Stores the answer of a request that [`begin`] called fresh, in the same transaction.
pub async fn record(tx: &mut Conn, request: &IdempotentRequest, answer: &StoredAnswer) -> QueryResult<()> {
    store::store_answer(tx, request, answer).await
}

/// Forgets the answers of requests from before `before`.
pub async fn purge_idempotency(conn: &mut Conn, before: DateTime<Utc>) -> QueryResult<usize> {
    store::delete_idempotency_records(conn, before).await
}
