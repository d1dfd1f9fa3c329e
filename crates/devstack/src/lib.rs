//! Local servers for development and tests: PostgreSQL, RabbitMQ and, with the feature `s3`, an object store.
//!
//! Owns finding a server's programs, where its data lies and as whom it runs, its start, and that it ends with
//! the process that started it, however that process ends. Owns no schema and no queue, and opens no SQL connection:
//! what is asked of PostgreSQL here is asked through its own programs. Synchronous and free of a runtime, so that
//! `xtask`, the gateway's embedded mode and tests can all use it; an async caller takes a blocking thread.
//!
//! Not for production: a server started here trusts everyone who can reach its port on 127.0.0.1.

mod account;
mod binaries;
mod cluster;
mod location;
mod pidfile;
mod ports;
mod postgres;
mod process_group;
mod rabbitmq;
#[cfg(feature = "s3")]
mod s3;
mod server;
mod sys;

pub use location::scratch_folder;
pub use postgres::{Postgres, PostgresOptions, SUPERUSER};
pub use process_group::ProcessGroup;
pub use rabbitmq::{RabbitMq, RabbitMqOptions};
#[cfg(feature = "s3")]
pub use s3::S3;
