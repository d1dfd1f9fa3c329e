//! What can be asked of the market. Every function works in the caller's transaction.

pub(crate) mod carts;
pub(crate) mod guests;
pub(crate) mod orders;
