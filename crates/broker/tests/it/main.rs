//! The broker, on a real RabbitMQ.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod jobs;
mod outages;
mod support;
