//! What can be done: with addresses, with centers, with pickup windows.

pub mod bulk;
pub mod centers;
pub mod geocoding;
pub mod pickup;
