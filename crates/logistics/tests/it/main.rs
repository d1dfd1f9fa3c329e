//! Logistics on a real database, and its geocoders against a server that speaks their language.

mod cache;
mod centers;
mod fake_provider;
mod index;
mod pickup;
mod providers;
mod support;
