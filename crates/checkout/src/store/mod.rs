//! The queries of this process: what its checks ask.

pub(crate) mod check;
