//! Notifications on a real database, and mail to a real server.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without has failed it")]

mod center;
mod checks;
mod folder;
mod letters;
mod preferences;
mod previews;
mod purging;
mod schema;
mod sending;
mod smtp;
mod support;
mod telling;
