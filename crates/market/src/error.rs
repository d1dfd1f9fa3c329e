//! What can be wrong with a request about carts and orders.

use kernel::{Invalid, MoneyError};

use crate::lifecycle::Refusal;

/// What can be wrong with a request about carts and orders.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// Fields are refused.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It does not exist, or is not the caller's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The order's life does not go that way.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A cart can hold only so many lines.
    #[error("a cart holds at most {most} lines")]
    CartFull {
        /// The most lines.
        most: usize,
    },
    /// Nobody buys from themselves.
    #[error("the caller sells in this order")]
    OwnSale,
    /// A price or a sum is beyond what can be charged.
    #[error(transparent)]
    Amount(#[from] MoneyError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}
