//! What tests share: databases of their own, a clock that stands still, golden files.
//!
//! A dev-dependency only. Panics are its way of failing a test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test kit fails by panicking"
)]

mod clock;
mod database;
mod golden;
mod mail_server;
mod proxy;
mod schema;
pub mod tidy;

pub use clock::{clock, start_of_tests};
pub use database::{TestDatabase, admin_url, amqp_url, python, web};
pub use golden::assert_golden;
pub use mail_server::MailServer;
pub use proxy::Proxy;
pub use schema::{assert_schema, assert_schema_without};
