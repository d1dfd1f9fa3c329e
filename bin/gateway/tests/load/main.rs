//! Load: slow clients and floods, on real sockets.
//!
//! The tests measure times, so that they take turns, and nothing else runs beside them. What they allow is generous:
//! they tell a server that holds from one that collapses, not a fast one from a slow one.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without has failed it")]

mod overload;
mod slow_clients;
mod stage;
mod uploads;
#[path = "../it/limits/wire.rs"]
mod wire;

/// Held by the test whose turn it is.
pub static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
