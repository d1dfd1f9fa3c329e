//! Logistics on a real database, and its geocoders against a server that speaks their language.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without has failed it")]

mod cache;
mod centers;
mod fake_provider;
mod index;
mod pickup;
mod providers;
mod schema;
mod support;
