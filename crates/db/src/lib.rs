//! The way to the database: a bounded pool, one connection with TLS where it is asked for, and the
//! names of breached constraints, so that a race becomes a business error and never a fault.
//!
//! Transactions are diesel-async's own (`conn.transaction(async |tx| ...)`); services take the
//! connection inside one and never begin their own.

mod bulk;
mod check;
mod connect;
mod constraint;
mod lane;
mod link;
mod outage;
mod pool;
mod sql;

pub use bulk::{Unindexed, vacuum_analyze};
pub use check::{Check, Finding, breaching_ids};
pub use connect::connect;
pub use constraint::{is_connection_lost, is_lock_timeout, violated_constraint};
pub use lane::keep_to_a_lane;
pub use pool::{Database, DbError, PoolSettings, PooledConn};
pub use sql::{Sql, sql};

/// A connection, within or outside a transaction. Every service and store function takes one.
pub type Conn = diesel_async::AsyncPgConnection;
