//! Carts, orders and their lines.

use chrono::{DateTime, Utc};
use kernel::{
    CartId, CenterId, CheckoutId, HoldId, Money, OfferingId, OrderId, OrderLineId, Quantity, TimeRange,
    UserId,
};
use serde::{Deserialize, Serialize};

use crate::Buyer;

/// Whose cart it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CartHolder {
    /// Somebody with an account.
    User(UserId),
    /// Whoever has the token.
    Guest(GuestToken),
}

/// The secret of a guest's cart: 256 random bits, base64url. Only its digest is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct GuestToken(pub String);

impl std::fmt::Debug for GuestToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GuestToken(..)")
    }
}

/// What somebody means to buy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cart {
    /// Its id.
    pub id: CartId,
    /// Its lines, oldest first.
    pub lines: Vec<CartLine>,
}

/// How much of one offering.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CartLine {
    /// The offering.
    pub offering_id: OfferingId,
    /// How much, in the offering's unit.
    pub quantity: Quantity,
    /// The unit price that the customer last saw, in minor units.
    pub seen_price_minor: i64,
    /// When it was put in.
    pub created_at: DateTime<Utc>,
}

/// How goods reach the customer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fulfilment {
    /// The customer picks them up at a distribution center.
    Pickup,
    /// The vendor ships them.
    Ship,
}

impl Fulfilment {
    /// The word as it is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pickup => "pickup",
            Self::Ship => "ship",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Pickup, Self::Ship].into_iter().find(|method| method.as_str() == word)
    }
}

/// Where an order stands. Which states an order can have depends on its fulfilment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OrderStatus {
    /// Pickup: placed, not paid.
    Created,
    /// Pickup: paid, center and window not chosen.
    AwaitingPickupScheduling,
    /// Pickup: center and window chosen.
    Scheduled,
    /// Pickup: handed over.
    Complete,
    /// Pickup: called off.
    Cancelled,
    /// Ship: placed, not paid.
    Pending,
    /// Ship: paid.
    Processing,
    /// Ship: on its way.
    Shipped,
    /// Ship: arrived.
    Delivered,
    /// Ship: called off. (The plans spell the two differently.)
    Canceled,
}

impl OrderStatus {
    /// Every state, in the order of the life of an order.
    pub const ALL: [Self; 10] = [
        Self::Created,
        Self::AwaitingPickupScheduling,
        Self::Scheduled,
        Self::Complete,
        Self::Cancelled,
        Self::Pending,
        Self::Processing,
        Self::Shipped,
        Self::Delivered,
        Self::Canceled,
    ];

    /// The word as it is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::AwaitingPickupScheduling => "AWAITING_PICKUP_SCHEDULING",
            Self::Scheduled => "SCHEDULED",
            Self::Complete => "COMPLETE",
            Self::Cancelled => "CANCELLED",
            Self::Pending => "PENDING",
            Self::Processing => "PROCESSING",
            Self::Shipped => "SHIPPED",
            Self::Delivered => "DELIVERED",
            Self::Canceled => "CANCELED",
        }
    }

    /// The meaning of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// Where a shipped order goes, as it was written at checkout.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ShipTo {
    /// Who receives it.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// More of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    /// The city.
    pub city: String,
    /// The state or region.
    pub state: String,
    /// The postal code.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// One order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// What people call it: short, and not to be guessed.
    pub number: String,
    /// The checkout that made it.
    pub checkout_id: CheckoutId,
    /// Who bought it.
    pub buyer: Buyer,
    /// How it reaches them.
    pub fulfilment: Fulfilment,
    /// Where it stands.
    pub status: OrderStatus,
    /// The stock it holds until it is paid.
    pub hold_id: HoldId,
    /// The sum of its lines.
    pub total: Money,
    /// Pickup: the numbers of the centers that every party reached at checkout.
    pub center_numbers: Vec<i32>,
    /// Pickup: the chosen center.
    pub center_id: Option<CenterId>,
    /// Pickup: the chosen window.
    pub pickup: Option<TimeRange>,
    /// Pickup: the place taken in that window, where the center counts them.
    pub pickup_hold_id: Option<HoldId>,
    /// Ship: where to.
    pub ship_to: Option<ShipTo>,
    /// Ship: the carrier's reference.
    pub tracking_reference: Option<String>,
    /// The reference of the simulated payment.
    pub mock_payment_reference: Option<String>,
    /// Until when it must be paid.
    pub pay_by: DateTime<Utc>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// Why it was called off.
    pub cancel_reason: Option<String>,
    /// Counts changes.
    pub version: i32,
    /// When it was placed.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// What was bought, in the cart's order.
    pub lines: Vec<OrderLine>,
}

impl Order {
    /// Whether the vendor sells any of its lines.
    #[must_use]
    pub fn has_vendor(&self, vendor: UserId) -> bool {
        self.lines.iter().any(|line| line.vendor_id == vendor)
    }

    /// Whether the vendor sells all of its lines.
    #[must_use]
    pub fn is_only_of(&self, vendor: UserId) -> bool {
        self.lines.iter().all(|line| line.vendor_id == vendor)
    }
}

/// A line of an order, as it was at checkout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderLine {
    /// Its id.
    pub id: OrderLineId,
    /// What was bought.
    pub offering_id: OfferingId,
    /// From whom.
    pub vendor_id: UserId,
    /// Its title then.
    pub title: String,
    /// The unit of price and quantity.
    pub unit: String,
    /// How much.
    pub quantity: Quantity,
    /// The price of one unit then.
    pub unit_price: Money,
    /// Price times quantity, rounded once.
    pub total: Money,
}

/// The orders that one checkout made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkout {
    /// Its id.
    pub id: CheckoutId,
    /// Who checked out.
    pub buyer: Buyer,
    /// For a guest: until when the token opens the orders.
    pub token_expires_at: Option<DateTime<Utc>>,
    /// The sum of the orders.
    pub total: Money,
    /// The orders.
    pub orders: Vec<Order>,
}
