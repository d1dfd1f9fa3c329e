//! Orders under contention, on a real database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod races;
mod reach;
mod support;
