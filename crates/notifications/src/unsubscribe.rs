//! Links that switch a kind of mail off without a login, as RFC 8058 asks for: a token that says whose mail of which
//! kind it is, and that only this platform can have made.
//!
//! A token is `base64url(user ‖ mac ‖ kind's name)`, the MAC being HMAC-SHA-256 (RFC 2104) over a label, the user and
//! the name. It does not expire, since mail is read years later; all that it opens is a switch that its owner can turn
//! back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::UserId;
use sha2::Sha256;
use uuid::Uuid;

use crate::{Channel, Kind};

const USER_BYTES: usize = 16;
const MAC_BYTES: usize = 32;
/// Keeps these MACs apart from others under the same key.
const LABEL: &[u8] = b"notifications.unsubscribe\0";

/// The server's secret for these links.
#[derive(Clone)]
pub struct UnsubscribeKey([u8; 32]);

/// A token that this server did not make, or that is for something which cannot be switched off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this link switches nothing off; choose what you are told in your settings")]
pub struct NoSuchSubscription;

/// Mail of a kind to somebody: what a token stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subscription {
    /// Whose.
    pub user_id: UserId,
    /// The kind.
    pub kind: Kind,
}

impl UnsubscribeKey {
    /// A key of 256 random bits. Links that were sent live as long as it does.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The token of a subscription; none where the kind's mail cannot be switched off.
    #[must_use]
    pub fn token(&self, subscription: Subscription) -> Option<String> {
        let name = subscription.name()?;
        let user = subscription.user_id.0.as_bytes();
        let mac = self.mac(user, name.as_bytes())?.finalize().into_bytes();
        let bytes = [user.as_slice(), mac.as_slice(), name.as_bytes()].concat();
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a token stands for. Takes as long for a wrong MAC as for the right one.
    pub fn read(&self, token: &str) -> Result<Subscription, NoSuchSubscription> {
        self.open(token).ok_or(NoSuchSubscription)
    }

    fn open(&self, token: &str) -> Option<Subscription> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (user, rest) = bytes.split_at_checked(USER_BYTES)?;
        let (mac, name) = rest.split_at_checked(MAC_BYTES)?;
        self.mac(user, name)?.verify_slice(mac).ok()?;
        let kind = Kind::from_word(std::str::from_utf8(name).ok()?)?;
        let subscription = Subscription { user_id: UserId(Uuid::from_slice(user).ok()?), kind };
        subscription.name().map(|_name| subscription)
    }

    fn mac(&self, user: &[u8], name: &[u8]) -> Option<Hmac<Sha256>> {
        // A key of any length will do, so there always is one.
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).ok()?;
        mac.update(LABEL);
        mac.update(user);
        mac.update(name);
        Some(mac)
    }
}

impl Subscription {
    /// The kind's name, if its mail can be switched off.
    fn name(self) -> Option<&'static str> {
        self.kind.standing(Channel::Email).is_changeable().then(|| self.kind.as_str())
    }
}

impl std::fmt::Debug for UnsubscribeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnsubscribeKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: Subscription =
        Subscription { user_id: UserId(Uuid::from_u128(7)), kind: Kind::OrderShipped };

    #[test]
    fn a_token_stands_for_one_kind_of_mail_to_one_person() {
        let key = UnsubscribeKey::new([7; 32]);
        let token = key.token(SHIPPED).unwrap();
        assert_eq!(key.read(&token), Ok(SHIPPED));
        let path_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        assert!(token.chars().all(path_safe), "{token}");
        assert_eq!(UnsubscribeKey::new([8; 32]).read(&token), Err(NoSuchSubscription));
    }

    #[test]
    fn a_changed_token_is_nothing() {
        let key = UnsubscribeKey::new([7; 32]);
        let token = key.token(SHIPPED).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(key.read(&URL_SAFE_NO_PAD.encode(changed)), Err(NoSuchSubscription), "{place}");
        }
        for nonsense in ["", "!", "AAAA", &token[1..], &format!("{token}A"), "é"] {
            assert_eq!(key.read(nonsense), Err(NoSuchSubscription), "{nonsense}");
        }
    }

    #[test]
    fn what_must_be_told_has_no_token() {
        let key = UnsubscribeKey::new([7; 32]);
        for kind in Kind::ALL {
            let token = key.token(Subscription { kind, ..SHIPPED });
            assert_eq!(token.is_some(), kind.standing(Channel::Email).is_changeable(), "{kind:?}");
        }
    }
}
