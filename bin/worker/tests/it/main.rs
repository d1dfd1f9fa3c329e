//! The worker, on a real PostgreSQL and a real RabbitMQ.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../../examples/counting_worker/count.rs"]
mod count;
mod letters;
mod machine;
mod operating;
mod outages;
mod registered;
mod stage;
mod work;
