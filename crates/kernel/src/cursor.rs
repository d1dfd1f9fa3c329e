//! Opaque page cursors: the last item's sort key, signed, and bound to the very list it came from.
//!
//! A cursor is `base64url(mac ‖ json)`, the MAC being HMAC-SHA-256 (RFC 2104, truncated to 16 bytes)
//! over the list's scope and the key. A cursor of another filter, sort or server key is refused
//! rather than misread.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use subtle::ConstantTimeEq;

const MAC_BYTES: usize = 16;

/// The server's secret for cursors.
#[derive(Clone)]
pub struct CursorKey([u8; 32]);

/// A cursor that this server did not issue for this list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the cursor does not belong to this list; start again without it")]
pub struct CursorError;

impl CursorKey {
    /// A key of 256 random bits.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// Writes the cursor that goes on after `key` in the list named by `scope` (route, filters, sort).
    ///
    /// # Errors
    /// When `key` does not serialize, which no sort key of ours does.
    pub fn seal<K: Serialize>(&self, scope: &str, key: &K) -> Result<String, CursorError> {
        let payload = serde_json::to_vec(key).map_err(|_unserializable| CursorError)?;
        let mut bytes = self.mac(scope, &payload)?.to_vec();
        bytes.extend_from_slice(&payload);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads a cursor of the list named by `scope`.
    pub fn open<K: DeserializeOwned>(&self, scope: &str, cursor: &str) -> Result<K, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_not_base64| CursorError)?;
        let (mac, payload) = bytes.split_at_checked(MAC_BYTES).ok_or(CursorError)?;
        if !bool::from(self.mac(scope, payload)?.ct_eq(mac)) {
            return Err(CursorError);
        }
        serde_json::from_slice(payload).map_err(|_other_shape| CursorError)
    }

    fn mac(&self, scope: &str, payload: &[u8]) -> Result<[u8; MAC_BYTES], CursorError> {
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).map_err(|_any_length_fits| CursorError)?;
        // The length keeps (scope, payload) pairs apart that concatenate alike.
        mac.update(&(scope.len() as u64).to_be_bytes());
        mac.update(scope.as_bytes());
        mac.update(payload);
        let full = mac.finalize().into_bytes();
        let mut short = [0; MAC_BYTES];
        short.copy_from_slice(&full[..MAC_BYTES]);
        Ok(short)
    }
}

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_one_list_of_one_server() {
        let key = CursorKey::new([7; 32]);
        let cursor = key.seal("listings?sort=newest", &(3, "x".to_owned())).unwrap();
        assert_eq!(key.open("listings?sort=newest", &cursor), Ok((3, "x".to_owned())));
        assert_eq!(key.open::<(i32, String)>("listings?sort=nearest", &cursor), Err(CursorError));
        let other = CursorKey::new([8; 32]);
        assert_eq!(other.open::<(i32, String)>("listings?sort=newest", &cursor), Err(CursorError));
    }

    #[test]
    fn a_forged_or_damaged_cursor_is_refused() {
        let key = CursorKey::new([7; 32]);
        let cursor = key.seal("list", &1).unwrap();
        for forged in ["", "!", "AAAA", &cursor[1..], &format!("{cursor}A"), "é"] {
            assert_eq!(key.open::<i32>("list", forged), Err(CursorError), "{forged}");
        }
    }
}
