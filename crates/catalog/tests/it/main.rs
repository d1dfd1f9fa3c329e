//! The catalog on a real database.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without has failed it")]

mod browse_filters;
mod browse_plans;
mod categories;
mod listings;
mod plants;
mod products;
mod races;
mod read_model;
mod reports;
mod schema;
mod stock;
mod support;
