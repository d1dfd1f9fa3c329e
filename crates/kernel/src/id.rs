//! Typed identifiers: one newtype per kind of thing, so that a center's id never stands where an
//! order's is meant. Values are UUID version 7: unique without coordination, and nearly in order of
//! creation, which keeps the indexes' right edge warm.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug,
            Serialize, Deserialize, AsExpression, FromSqlRow,
        )]
        #[serde(transparent)]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh id.
            #[must_use]
            #[expect(clippy::disallowed_methods, reason = "the one place where ids are made")]
            #[expect(clippy::new_without_default, reason = "a fresh id is no default")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl From<Uuid> for $name {
            fn from(value: Uuid) -> Self {
                Self(value)
            }
        }

        impl From<$name> for Uuid {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl FromSql<diesel::sql_types::Uuid, Pg> for $name {
            fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
                <Uuid as FromSql<diesel::sql_types::Uuid, Pg>>::from_sql(bytes).map(Self)
            }
        }

        impl ToSql<diesel::sql_types::Uuid, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                <Uuid as ToSql<diesel::sql_types::Uuid, Pg>>::to_sql(&self.0, out)
            }
        }
    )*};
}

ids! {
    /// A user's account.
    UserId
    /// A postal address of a user.
    AddressId
    /// A login: the family of refresh tokens that descend from it.
    SessionId
    /// A link that was mailed to a user.
    ProofId
    /// A distribution center.
    CenterId
    /// A category of the catalog.
    CategoryId
    /// A gardener's plant.
    PlantId
    /// Anything sellable: the one id space of listings and products (later equipment, adventures).
    OfferingId
    /// A complaint about an offering or a user.
    ReportId
    /// A pool of capacity; a stock pool has its offering's id.
    PoolId
    /// Capacity taken for a while.
    HoldId
    /// A cart.
    CartId
    /// A line of a cart.
    CartLineId
    /// One checkout, which makes one or more orders.
    CheckoutId
    /// An order of goods.
    OrderId
    /// A line of an order.
    OrderLineId
    /// What the notification center shows to somebody.
    NotificationId
    /// A mail or a text message to somebody.
    MessageId
    /// What was uploaded: the same for the same bytes.
    PictureId
    /// Somebody's use of a picture.
    ImageId
    /// A file that somebody may send to the object store.
    UploadId
    /// What a gardener tells of their garden.
    PostId
    /// A job in the outbox.
    JobId
}

impl From<OfferingId> for PoolId {
    /// The stock pool of an offering.
    fn from(offering: OfferingId) -> Self {
        Self(offering.0)
    }
}

impl From<PoolId> for OfferingId {
    /// The offering of a stock pool.
    fn from(pool: PoolId) -> Self {
        Self(pool.0)
    }
}
