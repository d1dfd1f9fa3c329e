//! The message broker, RabbitMQ by AMQP 0.9.1: telling workers of jobs, and everybody that the feed has grown.
//!
//! A message says which job there is to do, and no more: the job's row in the database is the truth, and whoever is
//! told of it looks there. What this crate promises is that a message which was [confirmed](JobPublisher::publish) is
//! delivered at least once, for as long as the broker keeps what it has confirmed, and that one which nobody can read
//! does not come again and again.
//!
//! A [`Link`] that fails stays broken: whoever uses it connects anew. What was told twice meanwhile does no harm.

mod announcements;
mod consumer;
mod error;
mod link;
mod message;
mod publisher;
mod topology;

pub use announcements::{Announcements, Announcer};
pub use consumer::{JobConsumer, Told};
pub use error::BrokerError;
pub use link::{Broker, Link};
pub use message::JobMessage;
pub use publisher::JobPublisher;
