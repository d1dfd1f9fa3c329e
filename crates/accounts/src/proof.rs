//! Tokens in the links that we mail: whoever presents one has read what was sent to an address.
//!
//! A token is `base64url(id ‖ mac)`, the MAC being HMAC-SHA-256 (RFC 2104) over the kind and the id of its row. It is made
//! when a mail is written and never stored; the row says whether it still counts. So neither a copy of the database nor
//! of the key alone opens an account.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::ProofId;
use sha2::Sha256;
use uuid::Uuid;

use crate::ProofKind;

const ID_BYTES: usize = 16;

/// The server's secret for these links.
#[derive(Clone)]
pub struct ProofKey([u8; 32]);

impl ProofKey {
    /// A key of 256 random bits, used for nothing else. Links that were sent live as long as it does.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The token of a proof.
    #[must_use]
    pub fn token(&self, kind: ProofKind, id: ProofId) -> String {
        let id = id.0.as_bytes();
        let mac = self.mac(kind, id).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([id.as_slice(), mac.as_slice()].concat())
    }

    /// Which proof a token is of; none where it is not one of ours for this kind. Takes as long for a wrong MAC as for
    /// the right one.
    pub(crate) fn read(&self, kind: ProofKind, token: &str) -> Option<ProofId> {
        let bytes = URL_SAFE_NO_PAD.decode(token.trim()).ok()?;
        let (id, mac) = bytes.split_at_checked(ID_BYTES)?;
        self.mac(kind, id).verify_slice(mac).ok()?;
        Some(ProofId(Uuid::from_slice(id).ok()?))
    }

    fn mac(&self, kind: ProofKind, id: &[u8]) -> Hmac<Sha256> {
        // As RFC 2104 fills up a key that is shorter than a block.
        let mut key = [0; 64];
        key.iter_mut().zip(self.0).for_each(|(place, byte)| *place = byte);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&key.into());
        mac.update(kind.as_str().as_bytes());
        mac.update(b"\0");
        mac.update(id);
        mac
    }
}

impl std::fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProofKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESET: ProofKind = ProofKind::PasswordReset;

    #[test]
    fn a_token_is_of_one_proof_and_one_kind() {
        let (key, id) = (ProofKey::new([7; 32]), ProofId::new());
        let token = key.token(RESET, id);
        assert_eq!(token.len(), 64);
        assert_eq!(key.read(RESET, &token), Some(id));
        assert_eq!(key.read(RESET, &format!(" {token}\n")), Some(id), "as people paste it");
        assert_eq!(key.read(ProofKind::EmailVerification, &token), None);
        assert_eq!(ProofKey::new([8; 32]).read(RESET, &token), None);
        assert_eq!(format!("{key:?}"), "ProofKey(..)");
    }

    #[test]
    fn a_changed_token_is_nothing() {
        let key = ProofKey::new([7; 32]);
        let token = key.token(RESET, ProofId::new());
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(key.read(RESET, &URL_SAFE_NO_PAD.encode(changed)), None, "{place}");
        }
        for nonsense in ["", "!", "AAAA", &token[..63], &token[1..], &format!("{token}AAAA"), "é"] {
            assert_eq!(key.read(RESET, nonsense), None, "{nonsense}");
        }
    }
}
