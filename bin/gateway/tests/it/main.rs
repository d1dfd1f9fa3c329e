//! The gateway through HTTP, on a real database, with an example resource that uses every extractor.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what a test cannot go on without has failed it"
)]

mod accounts;
mod contract;
mod documents;
mod idempotency;
mod notes;
mod rejections;
mod resources;
mod support;
mod system;
