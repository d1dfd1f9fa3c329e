//! The process that follows people and centers around the map and keeps reach true.
//!
//! It spans three domains that do not know each other: `accounts` says where somebody lives, `logistics`
//! where that is and which centers are approved, and `catalog` shows what can be had where. It hears of
//! a saved address, a move, a new shop or a changed center, and works out anew what follows.
//!
//! Invariants:
//! - every effect is computed from what is true when it is written, never from what an event said, so
//!   that events and jobs may come twice, late or in any order;
//! - once all jobs are done, a seller's reach is exactly the approved centers within
//!   [`REACH_MILES`](eligibility_core::REACH_MILES) of the seller's primary address;
//! - a center that changes costs memory for one batch of sellers, however many there are.
//!
//! It owns no tables.

mod bulk;
mod check;
mod error;
mod geocoding;
mod handlers;
mod jobs;
mod sellers;
mod store;
mod visitors;

pub use bulk::{load_shops, repair_reaches};
pub use check::{CHECKS, REACH, check, repair};
pub use error::PlacementError;
pub use handlers::register;
pub use jobs::{PurgeGeocodeCache, RefreshSeller, RefreshSellersNear};
pub use sellers::open_shop;
pub use visitors::{VisitorPlace, Visitors, Whereabouts};
