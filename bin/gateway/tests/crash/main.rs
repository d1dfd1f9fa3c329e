//! Crashes: real gateways and a real, durable PostgreSQL, killed and stopped in the middle of their work.
//!
//! Each test has a server and processes of its own. They measure times, so that they take turns.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod books;
mod chaos;
mod embedded;
mod gone_clients;
mod listeners;
mod machine;
mod market_day;
mod outages;
mod person;
mod shoppers;
mod storm;

/// Held by the test whose turn it is.
pub static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
