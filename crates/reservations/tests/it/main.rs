//! Capacity on a real database: what parallel buyers can and cannot do.

mod holds;
mod races;
mod support;
