//! Forgetting what has no use any more.

use chrono::{DateTime, TimeDelta, Utc};
use db::Conn;

use crate::AccountsError;
use crate::lockout::RUN_LIFETIME;
use crate::store;

/// How long it is known that a link was mailed, after it has ceased to work.
const PROOF_KEPT: TimeDelta = TimeDelta::days(7);

/// How much was forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Purged {
    /// Refresh tokens that had expired.
    pub refresh_tokens: usize,
    /// Sessions that had no token left.
    pub sessions: usize,
    /// Runs of failed logins that had ended.
    pub login_failures: usize,
    /// Mailed links that were over.
    pub proofs: usize,
    /// Tickets of streams that nobody used.
    pub tickets: usize,
}

/// Forgets what had ended by `before`: expired refresh tokens, the sessions that only they kept
/// alive, failed logins, and mailed links a week later.
pub async fn purge(conn: &mut Conn, before: DateTime<Utc>) -> Result<Purged, AccountsError> {
    Ok(Purged {
        refresh_tokens: store::delete_expired_tokens(conn, before).await?,
        sessions: store::delete_abandoned_sessions(conn, before).await?,
        login_failures: store::delete_failure_runs_before(conn, before - RUN_LIFETIME).await?,
        proofs: store::delete_proofs_before(conn, before - PROOF_KEPT).await?,
        tickets: store::delete_expired_tickets(conn, before).await?,
    })
}
