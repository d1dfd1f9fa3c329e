//! How the programs are put together: their settings, what development makes up where a setting is missing, which
//! implementation stands behind which trait, and all the work that happens after requests.
//!
//! Whatever the gateway and the worker must agree on is decided here. Serves nothing and runs nothing by itself.

mod embedded;
pub mod figures;
mod log;
mod post;
pub mod settings;
mod wiring;

pub use embedded::{Embedded, complete, complete_and_migrate, join_running};
pub use log::{LogTo, start_log};
pub use post::{LinkKeys, Post, stationery};
pub use wiring::{geocoder, media, register_work};
