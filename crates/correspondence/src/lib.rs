//! The process that tells people of what happened: which fact leads to which message, and to whom.
//!
//! It spans the domains that do not know each other: it hears of a fact from the feed, reads what is true from
//! `accounts`, `market`, `catalog` and `logistics`, and tells `notifications` with plain values.
//!
//! Invariants:
//! - whoever is concerned is told of a fact once, however often and by however many it is handled;
//! - nobody is told of what happened before this process was first made known, nor of what is older than a day;
//! - a vendor is told of their own lines of an order, and of no others;
//! - a reminder is told if the pickup is still arranged as it was when the reminder was asked for;
//! - a fact costs as many statements for one line or vendor as for many.
//!
//! It owns no tables.

mod accounts_facts;
mod centers;
mod error;
mod fact;
mod handlers;
mod orders;
mod pages;
mod reminders;
mod stock;
mod tokens;

pub use error::CorrespondenceError;
pub use handlers::register;
pub use pages::Pages;
pub use reminders::RemindOfPickup;
pub use tokens::ProofTokens;
