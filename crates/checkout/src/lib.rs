//! The process from a cart to goods in somebody's hands.
//!
//! Spans `market` (carts, orders), `catalog` (what is sold), `reservations` (stock and places),
//! `accounts` and `logistics` (who must reach which center). It owns no tables: it brings together, in
//! one transaction each, what those own.
//!
//! Invariants:
//! - an order exists exactly with the hold on its stock; stock is sold when it is paid and given back
//!   when it is called off or expires;
//! - a pickup order has at least one approved center that the customer and every gardener in it reach,
//!   and is handed over at one of those;
//! - what a guest buys ships, and whose email address they gave changes nothing about it;
//! - nobody is charged a price they have not seen;
//! - locks are taken in one order: cart or order, then stock by id, then the pickup window.

mod access;
mod cart;
mod check;
mod check_out;
mod eligible;
mod error;
mod guest;
mod jobs;
mod life;
mod pickup;
mod problems;
mod store;

pub use access::{Caller, find_checkout_for, find_order_for};
pub use cart::{
    CartReview, MergeReport, ReviewedLine, acknowledge_prices, adopt_guest_cart, put_in_cart, review_cart,
};
pub use check::{CHECKS, check, repair};
pub use check_out::{CheckOut, check_out};
pub use error::CheckoutError;
pub use guest::{GuestCheckOut, check_out_as_guest};
pub use jobs::{ExpireOrder, Housekeeping, SweepHolds, register};
pub use life::{Step, cancel, expire, pay_with_mock, take};
pub use pickup::{SchedulePickup, pickup_centers, schedule_pickup};
pub use problems::{CartProblem, find_problems};
