//! Where things are.
mod geocode;
pub use geocode::*;
