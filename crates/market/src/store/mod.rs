//! Every query of the market.

pub(crate) mod carts;
pub(crate) mod check;
pub(crate) mod guests;
pub(crate) mod orders;
pub(crate) mod placing;
