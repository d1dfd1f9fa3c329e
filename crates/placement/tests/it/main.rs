//! People and centers move; reach stays true.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without has failed it")]

mod addresses;
mod races;
mod sellers;
mod support;
mod visitors;
