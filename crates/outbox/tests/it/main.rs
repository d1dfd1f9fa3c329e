//! The outbox on a real database: what late commits, parallel runners and repeated requests do to it.

mod feed;
mod idempotency;
mod jobs;
mod outages;
mod schema;
mod subscribers;
mod support;
