//! Access tokens: short-lived JWTs (RFC 7519) signed with Ed25519 (RFC 8037), and the public keys
//! that others verify them with (RFC 7517).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use kernel::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How long an access token can be used.
pub const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// How far the clocks of two servers may be apart.
const LEEWAY: TimeDelta = TimeDelta::seconds(5);
/// Ours have about 500 bytes, most of them the issuer's name; beyond this nothing is looked at.
const MOST_BYTES: usize = 4096;

/// A signed access token.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The compact serialization.
    pub token: String,
    /// How long it can be used from the moment it was issued.
    pub expires_in: TimeDelta,
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessToken").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// What a verified access token says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessClaims {
    /// Who (`sub`).
    pub user_id: UserId,
    /// In which session (`sid`).
    pub session_id: SessionId,
    /// Which token (`jti`).
    pub token_id: Uuid,
    /// Since when (`iat`).
    pub issued_at: DateTime<Utc>,
    /// Until when (`exp`).
    pub expires_at: DateTime<Utc>,
}

impl AccessClaims {
    /// Whether the token's time is over, for a server whose clock may be a little behind.
    #[must_use]
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at + LEEWAY <= now
    }
}

/// Why an access token is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenError {
    /// It was valid once.
    #[error("the access token has expired")]
    Expired,
    /// It is damaged, forged, or meant for somebody else.
    #[error("the access token is not valid")]
    Invalid,
}

/// Why a signing key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is no Ed25519 private key in PKCS #8.
    #[error("the key is not an ed25519 private key in pkcs#8: {0}")]
    Unreadable(String),
    /// No key could be made.
    #[error("no key could be generated")]
    Generation,
}

/// The claims on the wire.
#[derive(Serialize, Deserialize)]
struct WireClaims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    iat: i64,
    exp: i64,
    /// Never written, and honoured all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    jti: Uuid,
}

/// A public key under its name.
#[derive(Clone)]
struct PublicKey {
    /// The RFC 7638 thumbprint.
    kid: String,
    /// The 32 bytes in base64url.
    x: String,
    /// How the tokens that it signs begin.
    header: String,
    verifier: DecodingKey,
}

/// Signs access tokens with one key, and verifies those of that key and of its predecessors.
#[derive(Clone)]
pub struct TokenSigner {
    signing: EncodingKey,
    /// The first belongs to the signing key.
    keys: Vec<PublicKey>,
    issuer: String,
    audience: String,
}

impl TokenSigner {
    /// A signer with a private key in PEM (`-----BEGIN PRIVATE KEY-----`), for tokens from `issuer`
    /// to `audience`.
    pub fn from_pem(pem: &str, issuer: &str, audience: &str) -> Result<Self, KeyError> {
        Self::new(read_pem(pem)?, issuer, audience)
    }

    /// A signer with a private key in DER.
    pub fn from_der(pkcs8: &[u8], issuer: &str, audience: &str) -> Result<Self, KeyError> {
        Self::new(EncodingKey::from_ed_der(pkcs8), issuer, audience)
    }

    fn new(signing: EncodingKey, issuer: &str, audience: &str) -> Result<Self, KeyError> {
        let keys = vec![PublicKey::of(&signing)?];
        Ok(Self { signing, keys, issuer: issuer.to_owned(), audience: audience.to_owned() })
    }

    /// Accepts the tokens of a predecessor of the signing key as well, so that a key can be replaced
    /// without anybody being logged out.
    pub fn also_accepting(mut self, previous_pem: &str) -> Result<Self, KeyError> {
        let key = PublicKey::of(&read_pem(previous_pem)?)?;
        if self.keys.iter().all(|known| known.kid != key.kid) {
            self.keys.push(key);
        }
        Ok(self)
    }

    /// The name of the signing key.
    #[must_use]
    pub fn key_id(&self) -> &str {
        self.keys.first().map_or("", |key| key.kid.as_str())
    }

    /// The public keys as a JWK set.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let keys: Vec<Value> = self.keys.iter().map(PublicKey::jwk).collect();
        json!({ "keys": keys })
    }

    /// A token for a user in a session.
    ///
    /// # Errors
    /// [`AccountsError::Cryptography`](crate::AccountsError::Cryptography) when signing fails.
    pub fn issue(
        &self,
        now: DateTime<Utc>,
        user_id: UserId,
        session_id: SessionId,
    ) -> Result<AccessToken, crate::AccountsError> {
        let claims = WireClaims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: user_id,
            sid: session_id,
            iat: now.timestamp(),
            exp: (now + ACCESS_LIFETIME).timestamp(),
            nbf: None,
            jti: Uuid::new_v4(),
        };
        let token = jsonwebtoken::encode(&header(self.key_id()), &claims, &self.signing)
            .map_err(|error| crate::AccountsError::Cryptography(error.to_string()))?;
        Ok(AccessToken { token, expires_in: ACCESS_LIFETIME })
    }

    /// Checks a token: its algorithm, key, signature, issuer, audience and time.
    pub fn verify(&self, now: DateTime<Utc>, token: &str) -> Result<AccessClaims, TokenError> {
        // Our headers are known to the letter. Whatever else one says, about algorithms, keys, where to find them or
        // what must be understood, is not read at all.
        let (header, _) = token.split_once('.').ok_or(TokenError::Invalid)?;
        let key = self.keys.iter().find(|key| key.header == header).ok_or(TokenError::Invalid)?;
        if token.len() > MOST_BYTES {
            return Err(TokenError::Invalid);
        }
        let claims = jsonwebtoken::decode::<WireClaims>(token, &key.verifier, &self.validation())
            .map_err(|_refused| TokenError::Invalid)?
            .claims;
        let instant = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(TokenError::Invalid);
        let not_before = instant(claims.nbf.unwrap_or(claims.iat))?;
        let claims = AccessClaims {
            user_id: claims.sub,
            session_id: claims.sid,
            token_id: claims.jti,
            issued_at: instant(claims.iat)?,
            expires_at: instant(claims.exp)?,
        };
        if claims.issued_at > now + LEEWAY || not_before > now + LEEWAY {
            return Err(TokenError::Invalid);
        }
        if claims.has_expired(now) {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    fn validation(&self) -> Validation {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library asks the system's clock; `verify` asks the caller's.
        validation.validate_exp = false;
        validation
    }
}

impl std::fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenSigner").field("key_id", &self.key_id()).finish_non_exhaustive()
    }
}

impl PublicKey {
    fn of(private: &EncodingKey) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(private.as_bytes())
            .map_err(|rejected| KeyError::Unreadable(rejected.to_string()))?;
        let public = pair.public_key().as_ref();
        let x = URL_SAFE_NO_PAD.encode(public);
        let kid = thumbprint(&x);
        let header =
            serde_json::to_vec(&header(&kid)).map_err(|error| KeyError::Unreadable(error.to_string()))?;
        let header = URL_SAFE_NO_PAD.encode(header);
        Ok(Self { kid, x, header, verifier: DecodingKey::from_ed_der(public) })
    }

    fn jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": self.x, "kid": self.kid, "alg": "EdDSA", "use": "sig" })
    }
}

fn header(kid: &str) -> Header {
    Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) }
}

/// The name of a key: SHA-256 over its required members in alphabetical order, without spaces (RFC
/// 7638, section 3; RFC 8037, section 2 for which members those are).
fn thumbprint(x: &str) -> String {
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes()))
}

fn read_pem(pem: &str) -> Result<EncodingKey, KeyError> {
    EncodingKey::from_ed_pem(pem.as_bytes()).map_err(|error| KeyError::Unreadable(error.to_string()))
}

/// A fresh Ed25519 private key in PKCS #8, PEM.
pub fn generate_key_pem() -> Result<String, KeyError> {
    let pair = Ed25519KeyPair::generate().map_err(|_unspecified| KeyError::Generation)?;
    // Version 1, without the public key: the form that OpenSSL reads and writes.
    let pkcs8 = pair.to_pkcs8v1().map_err(|_unspecified| KeyError::Generation)?;
    // 48 bytes make one line of 64 characters.
    let body = STANDARD.encode(pkcs8.as_ref());
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"))
}

#[cfg(test)]
mod tests;
