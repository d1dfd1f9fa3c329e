//! What can go wrong between here and the broker.

use std::time::Duration;

/// Why the broker could not be used. The link is of no use afterwards.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The address is none.
    #[error("the broker's address cannot be used: {0}")]
    Address(String),
    /// It refuses, cannot be reached, or has closed the connection.
    #[error("the broker does not answer: {0}")]
    Link(#[from] lapin::Error),
    /// It has ended the consumer, as when the queue was deleted.
    #[error("the broker has closed the queue")]
    Closed,
    /// It has not answered in time.
    #[error("the broker has not answered within {0:?}")]
    Silent(Duration),
}
