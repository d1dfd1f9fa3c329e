//! Real servers: start, stop, restart, and what is left when things go wrong.

mod lifetime;
mod location;
mod server;
mod support;
