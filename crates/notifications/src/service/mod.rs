//! The use cases.

pub(crate) mod center;
pub(crate) mod preferences;
pub(crate) mod purge;
pub(crate) mod sending;
pub(crate) mod telling;
