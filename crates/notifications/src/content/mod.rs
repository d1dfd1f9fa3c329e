//! What a message says: the plain values of each kind, as the caller knows them.
//!
//! Kept as JSON with a message until it has left, so that a second attempt says the same; that form is this crate's
//! own. Fields are added with a default, since rows of an older version may still wait to be sent. Texts are taken as
//! they come: what writes them down keeps them on one line and harmless.

mod moment;
mod sample;

use kernel::Money;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

pub use moment::{LocalTime, LocalWindow};

use crate::Kind;

/// What is said, by kind. Links are absolute, made by the caller.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Content {
    /// See [`Kind::Welcome`].
    #[serde(rename = "account.welcome")]
    Welcome {
        /// Where to begin.
        link: Url,
    },
    /// See [`Kind::VerifyEmail`].
    #[serde(rename = "account.verify_email")]
    VerifyEmail {
        /// Whoever follows it has shown that the mail reached them.
        link: Url,
        /// Of what the link's token is made when the mail is written; none where the link has one already.
        #[serde(default)]
        proof: Option<Uuid>,
        /// When the link stops working.
        expires: LocalTime,
    },
    /// See [`Kind::PasswordReset`].
    #[serde(rename = "account.password_reset")]
    PasswordReset {
        /// Whoever follows it may set a password.
        link: Url,
        /// See [`Content::VerifyEmail`].
        #[serde(default)]
        proof: Option<Uuid>,
        /// When the link stops working.
        expires: LocalTime,
    },
    /// See [`Kind::PasswordChanged`].
    #[serde(rename = "account.password_changed")]
    PasswordChanged {
        /// When.
        at: LocalTime,
        /// Where somebody who did not do it can act.
        link: Url,
    },
    /// See [`Kind::OrderPlaced`].
    #[serde(rename = "order.placed")]
    OrderPlaced {
        /// The order.
        order: Order,
        /// By when it has to be paid; none where it is paid.
        pay_by: Option<LocalTime>,
    },
    /// See [`Kind::OrderPaid`].
    #[serde(rename = "order.paid")]
    OrderPaid {
        /// The order.
        order: Order,
        /// Whether the buyer now has to choose when to pick it up.
        to_be_scheduled: bool,
    },
    /// See [`Kind::OrderScheduled`].
    #[serde(rename = "order.scheduled")]
    OrderScheduled {
        /// The order.
        order: Order,
        /// Where and when.
        pickup: Pickup,
    },
    /// See [`Kind::OrderShipped`].
    #[serde(rename = "order.shipped")]
    OrderShipped {
        /// The order.
        order: Order,
        /// How to follow it, where the vendor has said so.
        tracking: Option<Tracking>,
    },
    /// See [`Kind::OrderDelivered`].
    #[serde(rename = "order.delivered")]
    OrderDelivered {
        /// The order.
        order: Order,
    },
    /// See [`Kind::OrderCompleted`].
    #[serde(rename = "order.completed")]
    OrderCompleted {
        /// The order.
        order: Order,
    },
    /// See [`Kind::OrderCancelled`]. To the buyer or to a vendor: it says neither "you" nor "they".
    #[serde(rename = "order.cancelled")]
    OrderCancelled {
        /// The order.
        order: Order,
        /// Who did it.
        by: CancelledBy,
        /// Why, in their words.
        reason: Option<String>,
        /// What is given back.
        #[serde(with = "stored::optional")]
        refund: Option<Money>,
    },
    /// See [`Kind::OrderReceived`].
    #[serde(rename = "order.received")]
    OrderReceived {
        /// The order, with the lines and the total of this vendor alone.
        order: Order,
        /// How the goods get to the buyer.
        handover: Handover,
    },
    /// See [`Kind::SalePaid`].
    #[serde(rename = "sale.paid")]
    SalePaid {
        /// The order, with the lines and the total of this vendor alone.
        order: Order,
        /// How the goods get to the buyer.
        handover: Handover,
    },
    /// See [`Kind::SaleScheduled`].
    #[serde(rename = "sale.scheduled")]
    SaleScheduled {
        /// The order, with the lines and the total of this vendor alone.
        order: Order,
        /// Where and when the buyer comes.
        pickup: Pickup,
    },
    /// See [`Kind::PickupReminder`].
    #[serde(rename = "pickup.reminder")]
    PickupReminder {
        /// The order.
        order: Order,
        /// Where and when.
        pickup: Pickup,
    },
    /// See [`Kind::CenterApproved`].
    #[serde(rename = "center.approved")]
    CenterApproved {
        /// The center.
        center: Place,
        /// Its page.
        link: Url,
    },
    /// See [`Kind::CenterRejected`].
    #[serde(rename = "center.rejected")]
    CenterRejected {
        /// The center.
        center: Place,
        /// Why, in the admin's words.
        reason: Option<String>,
        /// Where another one can be proposed.
        link: Url,
    },
    /// See [`Kind::LowStock`].
    #[serde(rename = "stock.low")]
    LowStock {
        /// What runs out, at least one thing.
        items: Vec<LowItem>,
        /// Where the stock is changed.
        link: Url,
    },
}

impl Content {
    /// The kind of message that it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Welcome { .. } => Kind::Welcome,
            Self::VerifyEmail { .. } => Kind::VerifyEmail,
            Self::PasswordReset { .. } => Kind::PasswordReset,
            Self::PasswordChanged { .. } => Kind::PasswordChanged,
            Self::OrderPlaced { .. } => Kind::OrderPlaced,
            Self::OrderPaid { .. } => Kind::OrderPaid,
            Self::OrderScheduled { .. } => Kind::OrderScheduled,
            Self::OrderShipped { .. } => Kind::OrderShipped,
            Self::OrderDelivered { .. } => Kind::OrderDelivered,
            Self::OrderCompleted { .. } => Kind::OrderCompleted,
            Self::OrderCancelled { .. } => Kind::OrderCancelled,
            Self::OrderReceived { .. } => Kind::OrderReceived,
            Self::SalePaid { .. } => Kind::SalePaid,
            Self::SaleScheduled { .. } => Kind::SaleScheduled,
            Self::PickupReminder { .. } => Kind::PickupReminder,
            Self::CenterApproved { .. } => Kind::CenterApproved,
            Self::CenterRejected { .. } => Kind::CenterRejected,
            Self::LowStock { .. } => Kind::LowStock,
        }
    }

    /// The content with its link's token, if it is still to get one; none where `token` makes none.
    pub(crate) fn with_token(mut self, token: impl FnOnce(Kind, Uuid) -> Option<String>) -> Option<Self> {
        let kind = self.kind();
        if let Self::VerifyEmail { link, proof, .. } | Self::PasswordReset { link, proof, .. } = &mut self
            && let Some(proof) = proof.take()
        {
            link.query_pairs_mut().append_pair("token", &token(kind, proof)?);
        }
        Some(self)
    }

    /// From when on there is no sense in sending it.
    pub(crate) fn useless_from(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        match self {
            Self::VerifyEmail { expires, .. } | Self::PasswordReset { expires, .. } => Some(expires.at),
            Self::PickupReminder { pickup, .. } => Some(pickup.window.ends),
            _ => None,
        }
    }
}

/// An order, as a message shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The number people call it by.
    pub number: String,
    /// The names of the shops it was bought in.
    pub shops: Vec<String>,
    /// What was bought.
    pub lines: Vec<Line>,
    /// What it costs.
    #[serde(with = "stored")]
    pub total: Money,
    /// Its page; for a guest, with the order's token.
    pub link: Url,
}

/// A line of an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// What it is.
    pub title: String,
    /// How much of it, such as `2.5 lb`.
    pub quantity: String,
    /// What the line costs.
    #[serde(with = "stored")]
    pub total: Money,
}

/// Where and when goods are handed over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pickup {
    /// The center.
    pub center: Place,
    /// When it is open for it.
    pub window: LocalWindow,
}

/// A place with a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// What it is called.
    pub name: String,
    /// The postal address, on one line.
    pub address: String,
}

/// How a parcel can be followed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tracking {
    /// The carrier's number.
    pub reference: String,
    /// The carrier's page; shown only if it is of the web.
    pub link: Option<Url>,
}

/// Who has cancelled an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// Whoever bought it.
    Buyer,
    /// A vendor.
    Shop,
    /// The platform, by an admin or by itself.
    Platform,
    /// Nobody: it was not paid in time.
    Unpaid,
}

/// How goods get to the buyer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// The vendor ships them.
    Ship,
    /// They are picked up at a center.
    Pickup,
}

/// Something that runs out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LowItem {
    /// What it is.
    pub title: String,
    /// How much is left, such as `3 lb`.
    pub left: String,
    /// Below how much the vendor wants to hear of it, where they have said so.
    #[serde(default)]
    pub threshold: Option<String>,
}

/// How amounts are kept with a message.
mod stored {
    use kernel::{Currency, Money};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Stored {
        amount: i64,
        currency: Currency,
    }

    impl From<Money> for Stored {
        fn from(money: Money) -> Self {
            Self { amount: money.amount, currency: money.currency }
        }
    }

    impl From<Stored> for Money {
        fn from(stored: Stored) -> Self {
            Self::new(stored.amount, stored.currency)
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(super) fn serialize<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
        Stored::from(*money).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        Stored::deserialize(deserializer).map(Money::from)
    }

    /// The same, where there may be none.
    pub(super) mod optional {
        use super::{Deserialize, Deserializer, Money, Serialize, Serializer, Stored};

        #[expect(clippy::ref_option, reason = "serde gives a reference")]
        pub(crate) fn serialize<S: Serializer>(
            money: &Option<Money>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            money.map(Stored::from).serialize(serializer)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Money>, D::Error> {
            Ok(Option::<Stored>::deserialize(deserializer)?.map(Money::from))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_says_the_same() {
        for kind in Kind::ALL {
            let content = Content::sample(kind);
            assert_eq!(content.kind(), kind);
            let kept = serde_json::to_value(&content).unwrap();
            assert_eq!(kept["kind"], kind.as_str());
            assert_eq!(serde_json::from_value::<Content>(kept).unwrap(), content);
        }
    }
}
