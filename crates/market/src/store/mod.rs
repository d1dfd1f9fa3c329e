//! Every query of the market.

pub(crate) mod carts;
pub(crate) mod orders;
