//! The use cases.

pub(crate) mod cleaning;
pub(crate) mod images;
pub(crate) mod posts;
pub(crate) mod rendering;
pub(crate) mod uploads;
