//! What opens a live stream.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{SessionId, UserId};
use rand::Rng;
use sha2::{Digest, Sha256};

/// How long a ticket can be used.
pub const TICKET_LIFETIME: TimeDelta = TimeDelta::seconds(30);

/// An opaque secret of 256 random bits in base64url that opens a stream once. The database knows only its digest.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamTicket(String);

/// A ticket as it is handed out.
#[derive(Clone, Debug)]
pub struct IssuedTicket {
    /// The secret.
    pub ticket: StreamTicket,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

/// Somebody with a session that has not ended and an account that is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Who.
    pub user_id: UserId,
    /// Their session.
    pub session_id: SessionId,
    /// Whether they run the platform.
    pub is_admin: bool,
}

impl StreamTicket {
    pub(crate) fn generate() -> Self {
        let mut secret = [0_u8; 32];
        rand::rng().fill(&mut secret);
        Self(URL_SAFE_NO_PAD.encode(secret))
    }

    /// Whatever a client presents as its ticket.
    pub fn presented(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret, for the one answer that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored: SHA-256 is enough for a secret that cannot be guessed.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for StreamTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamTicket(..)")
    }
}
