//! From facts to messages, on a real database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod orders;
mod subscribing;
mod support;
