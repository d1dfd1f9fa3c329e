//! What happens to every request, whatever its route.

pub(crate) mod contract;
pub(crate) mod cors;
pub(crate) mod head;
pub(crate) mod metrics;
pub(crate) mod rate_limit;
pub(crate) mod rejections;
pub(crate) mod request_id;
pub(crate) mod security_headers;
pub(crate) mod trace;

pub use rate_limit::RateLimits;
