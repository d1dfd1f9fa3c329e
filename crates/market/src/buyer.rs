//! Who buys: somebody with an account, or a guest, whose orders are opened by a token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Actor, CheckoutId, UserId};
use sha2::{Digest, Sha256};

use crate::GuestToken;

/// How long after a guest's checkout its token opens the orders.
pub const ORDER_TOKEN_LIFETIME: TimeDelta = TimeDelta::days(30);

/// Keeps this use of a cart's token apart from any other.
const PURPOSE: &[u8] = b"silkcart order token 1";

/// Who bought something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Buyer {
    /// Somebody with an account.
    Customer(UserId),
    /// Somebody without.
    Guest(GuestContact),
}

/// How a guest is reached. Their name and address are those the order ships to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GuestContact {
    /// As it was typed; nobody has confirmed that it is theirs.
    pub email: String,
}

/// Who places orders, and with what right.
#[derive(Clone, Debug)]
pub enum PlacedBy {
    /// Somebody with an account.
    Customer(UserId),
    /// Whoever has this cart.
    Guest {
        /// How they are reached.
        contact: GuestContact,
        /// Their cart's secret, of which the orders' token is made.
        cart: GuestToken,
    },
}

/// The secret that opens the orders of one guest's checkout. Only its digest is stored.
///
/// It is made of the cart's secret and the checkout's id, so that a repeated request can be given the same token although
/// nothing that is kept would do to make it.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderToken(pub String);

impl OrderToken {
    /// The token of the orders that a checkout of this cart made.
    #[must_use]
    pub fn of(cart: &GuestToken, checkout: CheckoutId) -> Self {
        // A cart's secret has 43 characters, so that it is the key as it stands. Its digest would not do: that is stored.
        let mut key = [0; 64];
        key.iter_mut().zip(cart.0.bytes()).for_each(|(place, byte)| *place = byte);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&key.into());
        mac.update(PURPOSE);
        mac.update(checkout.0.as_bytes());
        Self(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    /// What is stored of it.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl std::fmt::Debug for OrderToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OrderToken(..)")
    }
}

impl Buyer {
    /// The account, where there is one.
    #[must_use]
    pub fn customer(&self) -> Option<UserId> {
        match self {
            Self::Customer(user) => Some(*user),
            Self::Guest(_) => None,
        }
    }

    /// The guest, where it is one.
    #[must_use]
    pub fn guest(&self) -> Option<&GuestContact> {
        match self {
            Self::Customer(_) => None,
            Self::Guest(contact) => Some(contact),
        }
    }

    /// The buyer as events and movements know them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.customer().map_or(Actor::Guest, Actor::from)
    }
}

impl PlacedBy {
    /// Whose the orders will be.
    #[must_use]
    pub fn buyer(&self) -> Buyer {
        match self {
            Self::Customer(user) => Buyer::Customer(*user),
            Self::Guest { contact, .. } => Buyer::Guest(contact.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_cart_and_one_checkout() {
        let (cart, other) = (GuestToken("one".to_owned()), GuestToken("two".to_owned()));
        let (first, second) = (CheckoutId::new(), CheckoutId::new());
        let token = |cart, checkout| OrderToken::of(cart, checkout);
        assert_eq!(token(&cart, first), token(&cart, first));
        assert_ne!(token(&cart, first), token(&cart, second));
        assert_ne!(token(&cart, first), token(&other, first));
        assert_eq!(token(&cart, first).0.len(), 43, "256 bits");
        assert_eq!(format!("{:?}", token(&cart, first)), "OrderToken(..)");
    }
}
