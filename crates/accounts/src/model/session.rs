//! Sessions and the refresh tokens that keep them alive.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{SessionId, UserId};
use rand::Rng;
use sha2::{Digest, Sha256};

/// How long a refresh token can be used after it was issued; a session that is not used for as long
/// is over.
pub const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(30);

/// A login: every refresh token that descends from it belongs to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Named by the access tokens (`sid`).
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// What the client called itself when it logged in.
    pub user_agent: Option<String>,
    /// When somebody logged in.
    pub created_at: DateTime<Utc>,
    /// When tokens were last issued.
    pub last_used_at: DateTime<Utc>,
}

/// Why a session was ended before its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RevokeReason {
    /// Its user logged out.
    LoggedOut,
    /// Its user logged out everywhere.
    LoggedOutEverywhere,
    /// Its user ended it from another session.
    EndedByUser,
    /// One of its refresh tokens was used twice: somebody else may have it.
    TokenReplayed,
    /// The password was changed from another session, or reset.
    PasswordChanged,
    /// The account was disabled.
    AccountDisabled,
}

impl RevokeReason {
    /// As it is recorded.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::LoggedOutEverywhere => "logged_out_everywhere",
            Self::EndedByUser => "ended_by_user",
            Self::TokenReplayed => "token_replayed",
            Self::PasswordChanged => "password_changed",
            Self::AccountDisabled => "account_disabled",
        }
    }
}

/// An opaque secret of 256 random bits in base64url. The database knows only its digest.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(String);

impl RefreshToken {
    /// A fresh token, from the thread's cryptographic generator.
    #[must_use]
    pub fn generate() -> Self {
        let mut secret = [0_u8; 32];
        rand::rng().fill(&mut secret);
        Self(URL_SAFE_NO_PAD.encode(secret))
    }

    /// Whatever a client presents as its token.
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

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_random_and_never_printed() {
        let token = RefreshToken::generate();
        assert_eq!(token.expose().len(), 43);
        assert_ne!(token, RefreshToken::generate());
        assert_eq!(format!("{token:?}"), "RefreshToken(..)");
        assert_eq!(RefreshToken::presented(token.expose()).digest(), token.digest());
    }
}
