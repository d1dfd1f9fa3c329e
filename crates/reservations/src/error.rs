//! Why capacity cannot be taken or changed.

use kernel::{HoldId, PoolId, Quantity};

/// A pool that has less than was asked of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shortage {
    /// The pool.
    pub pool: PoolId,
    /// What was asked for.
    pub asked: Quantity,
    /// What is free.
    pub free: Quantity,
}

/// Why capacity cannot be taken or changed.
#[derive(Debug, thiserror::Error)]
pub enum ReservationError {
    /// At least one pool has too little; nothing was taken.
    #[error("not enough capacity in {} pool(s)", .0.len())]
    Insufficient(Vec<Shortage>),
    /// The hold has expired, or was consumed or released before.
    #[error("hold {0} is not live")]
    HoldNotLive(HoldId),
    /// The pool does not stand where the caller believes.
    #[error("the free amount is {current}, not what was expected")]
    Changed {
        /// What is free now.
        current: Quantity,
    },
    /// There is no such pool.
    #[error("pool {0} does not exist")]
    UnknownPool(PoolId),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}
