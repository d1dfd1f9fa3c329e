//! The catalog on a real database.

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
