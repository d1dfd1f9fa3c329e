//! The accounts on a real database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod addresses;
mod administration;
mod authentication;
mod proofs;
mod registration;
mod schema;
mod sessions;
mod support;
mod vendors;
