//! The worker: everything that happens after a request, where a message broker divides the work among processes.
//!
//! Four loops share the work, and a worker runs all of them. Any number of workers may run.
//!
//! - `feed` gives facts their positions, hands them to subscribers, and asks for periodic jobs when they are due;
//! - `announce` tells the gateways that facts have their positions;
//! - `relay` tells the broker of jobs that are due;
//! - `consumer` is told of jobs, does them, and puts the outcomes on record.
//!
//! Each lives through the loss of the database and of the broker, and goes on by itself. What there is to do, and how,
//! is the registry's business; that nothing is lost is the outbox's.

mod announce;
mod consumer;
mod feed;
mod relay;
mod running;
mod status;

pub use running::{Running, StartOptions, start};
