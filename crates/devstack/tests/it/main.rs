//! Real servers: start, stop, restart, and what is left when things go wrong.

mod amqp;
mod lifetime;
mod location;
mod rabbitmq;
mod server;
mod support;
