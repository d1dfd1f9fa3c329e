//! Access tokens: the key that signs them, and reading them, with those remembered that were read before.
//!
//! Checking a signature takes longer than anything else of a small request, and a client sends the same token for a
//! quarter of an hour. What is remembered was verified in full; only its time can have run out since.

use std::sync::Arc;

use accounts::{ACCESS_LIFETIME, AccessClaims, TokenError, TokenSigner};
use anyhow::{Context, Result};
use assembly::settings::Settings;
use chrono::{DateTime, Utc};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use crate::extract::{Principal, TokenRefused, TokenVerifier};

/// The most tokens that are remembered: some 200 bytes each.
const MOST: u64 = 20_000;

/// Who access tokens are for.
const AUDIENCE: &str = "silkcart";

/// Signs and reads access tokens with the key in the settings; their issuer is the public address.
pub(crate) fn token_signer(settings: &Settings) -> Result<TokenSigner> {
    let key = settings.secrets.jwt_private_key.as_ref().context("no signing key is set")?;
    let issuer = settings.server.public_url.as_str().trim_end_matches('/');
    TokenSigner::from_pem(key.expose(), issuer, AUDIENCE).context("JWT_PRIVATE_KEY cannot be used")
}

/// Reads the tokens of a signer.
#[derive(Debug)]
pub(crate) struct TokenReader {
    signer: Arc<TokenSigner>,
    /// What valid tokens say, by their SHA-256: the tokens themselves stay in nobody's memory.
    read: Cache<[u8; 32], AccessClaims>,
}

impl TokenReader {
    pub(crate) fn new(signer: Arc<TokenSigner>) -> Self {
        let lifetime = ACCESS_LIFETIME.to_std().unwrap_or_default();
        Self { signer, read: Cache::builder().max_capacity(MOST).time_to_live(lifetime).build() }
    }
}

impl TokenVerifier for TokenReader {
    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Principal, TokenRefused> {
        let digest = Sha256::digest(token).into();
        let claims = match self.read.get(&digest) {
            Some(claims) if claims.has_expired(now) => return Err(TokenRefused::Expired),
            Some(claims) => claims,
            None => {
                let claims = self.signer.verify(now, token)?;
                self.read.insert(digest, claims);
                claims
            }
        };
        Ok(Principal { user_id: claims.user_id, session: claims.session_id })
    }
}

impl From<TokenError> for TokenRefused {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Expired => Self::Expired,
            TokenError::Invalid => Self::Invalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use accounts::generate_key_pem;
    use chrono::TimeDelta;
    use kernel::{SessionId, UserId};

    use super::*;

    #[test]
    fn a_token_that_was_read_before_says_the_same_until_its_time_is_over() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let signer = TokenSigner::from_pem(&generate_key_pem().unwrap(), "us", "them").unwrap();
        let (user_id, session) = (UserId::new(), SessionId::new());
        let token = signer.issue(now, user_id, session).unwrap().token;
        let reader = TokenReader::new(Arc::new(signer));
        let principal = Principal { user_id, session };
        assert_eq!(reader.verify(&token, now), Ok(principal));
        assert_eq!(reader.verify(&token, now + TimeDelta::minutes(14)), Ok(principal));
        assert_eq!(reader.verify(&token, now + TimeDelta::minutes(16)), Err(TokenRefused::Expired));
    }

    #[test]
    fn nothing_is_remembered_of_what_was_refused_and_a_changed_token_is_another() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let signer = TokenSigner::from_pem(&generate_key_pem().unwrap(), "us", "them").unwrap();
        let token = signer.issue(now, UserId::new(), SessionId::new()).unwrap().token;
        let reader = TokenReader::new(Arc::new(signer));
        assert!(reader.verify(&token, now).is_ok());
        for other in [&token[..token.len() - 1], &format!("{token}A"), &token.to_uppercase(), ""] {
            assert_eq!(reader.verify(other, now), Err(TokenRefused::Invalid), "{other}");
            assert_eq!(reader.verify(other, now), Err(TokenRefused::Invalid), "{other}");
        }
        // Not valid yet, and valid later: what was refused was not kept.
        let early = now - TimeDelta::minutes(1);
        let other = TokenReader::new(Arc::clone(&reader.signer));
        assert_eq!(other.verify(&token, early), Err(TokenRefused::Invalid));
        assert!(other.verify(&token, now).is_ok());
    }
}
