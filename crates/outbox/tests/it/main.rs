//! The outbox on a real database: what late commits, parallel runners, outages and repeated
//! requests do to it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod dispatch;
mod feed;
mod idempotency;
mod jobs;
mod origin;
mod outages;
mod schema;
mod subscribers;
mod support;
