//! The catalog on a real database.

mod browse_plans;
mod support;
