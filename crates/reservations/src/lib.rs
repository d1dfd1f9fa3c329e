//! The one place where capacity is taken.
//!
//! A **pool** is an amount of something: the stock of an offering, the places in a pickup window. A
//! **hold** takes from several pools for a while, all or nothing, under one expiry; it is then
//! consumed (sold) or released. Every change writes a **movement**.
//!
//! Invariants, whatever runs in parallel:
//! - `0 <= taken <= capacity` of every pool, enforced by the database;
//! - `taken` is the sum of the pool's live hold lines; the movements' deltas sum to capacity and taken;
//! - rows are locked in one order (the hold, then pools by ascending id), so nothing deadlocks here;
//! - a hold that has expired counts for nothing: readers ignore it, whoever needs its capacity takes
//!   it back, and it can no longer be consumed. The sweeper only tidies.

mod check;
mod decide;
mod error;
mod model;
mod schema;
mod service;
mod store;

pub use check::{CHECKS, check, repair};
pub use error::{ReservationError, Shortage};
pub use model::{Availability, HoldRequest, Movement, MovementKind, OpeningStock, PoolKind, Source};
pub use service::{
    adjust_free, availability, consume_holds, ensure_pool, list_movements, load_stock, lock_pools,
    place_holds, release_expired, release_holds, return_capacity,
};
