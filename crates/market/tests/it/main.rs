//! Carts and orders on a real database.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod carts;
mod guests;
mod schema;
