//! Pools, holds and movements.

use chrono::{DateTime, Utc};
use kernel::{Actor, HoldId, PoolId, Quantity};
use uuid::Uuid;

/// What a pool is an amount of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PoolKind {
    /// The stock of an offering, in the offering's unit; selling uses it up.
    Stock,
    /// Places in a pickup window, each of one whole unit.
    PickupWindow,
}

impl PoolKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::PickupWindow => "pickup_window",
        }
    }
}

/// The document that a change belongs to, such as `("order", id)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source {
    /// The kind of document.
    pub kind: &'static str,
    /// Which one.
    pub id: Uuid,
}

/// Capacity that somebody asks for: all lines or none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HoldRequest {
    /// The id that the hold shall have.
    pub id: HoldId,
    /// What it is for.
    pub source: Source,
    /// When it lapses.
    pub expires_at: DateTime<Utc>,
    /// How much of which pool; a pool at most once.
    pub lines: Vec<(PoolId, Quantity)>,
}

/// The stock of an offering as it begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpeningStock {
    /// The pool, which has the offering's id.
    pub pool: PoolId,
    /// How much there is.
    pub capacity: Quantity,
    /// Who said so.
    pub actor: Actor,
    /// When.
    pub at: DateTime<Utc>,
}

/// How a pool stands at an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Availability {
    /// All there is.
    pub capacity: Quantity,
    /// What live, unexpired holds have taken.
    pub taken: Quantity,
}

impl Availability {
    /// What can still be taken.
    #[must_use]
    pub fn free(&self) -> Quantity {
        self.capacity.saturating_sub(self.taken)
    }
}

/// Why a pool changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MovementKind {
    /// Somebody set how much there is.
    Adjustment,
    /// A hold took it.
    Hold,
    /// A hold gave it back unused.
    Release,
    /// A hold was consumed.
    Sale,
    /// What had been sold came back.
    Cancellation,
}

impl MovementKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Adjustment => "adjustment",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Sale => "sale",
            Self::Cancellation => "cancellation",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Adjustment, Self::Hold, Self::Release, Self::Sale, Self::Cancellation]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// One immutable change of a pool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Movement {
    /// Why.
    pub kind: MovementKind,
    /// By how much all there is changed.
    pub capacity_delta: Quantity,
    /// By how much what is taken changed.
    pub taken_delta: Quantity,
    /// Who did it.
    pub actor: Actor,
    /// The kind of document it belongs to.
    pub source_kind: String,
    /// The document it belongs to.
    pub source_id: Uuid,
    /// When.
    pub occurred_at: DateTime<Utc>,
}
