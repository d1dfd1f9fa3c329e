//! Capacity on a real database: what parallel buyers can and cannot do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod holds;
mod races;
mod schema;
mod support;
