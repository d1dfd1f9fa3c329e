//! What happens to every request, whatever its route.

pub(crate) mod contract;
pub(crate) mod cors;
pub(crate) mod delivery;
pub(crate) mod head;
pub(crate) mod in_flight;
pub(crate) mod intake;
pub(crate) mod metrics;
pub(crate) mod origin;
pub(crate) mod rate_limit;
pub(crate) mod rejections;
pub(crate) mod security_headers;
pub(crate) mod trace;

pub use rate_limit::RateLimits;

/// Whether the body of a request is taken in by its handler, as it comes, since it is a file.
fn streams(request: &actix_web::dev::ServiceRequest) -> bool {
    request.method() == actix_web::http::Method::POST
        && request.match_pattern().is_some_and(|pattern| pattern == "/api/v1/images")
}

/// Routes that answer whatever the load, by the beginning of their pattern: an orchestrator and a scraper ask often and
/// from one address.
const UNLIMITED: &[&str] = &["/health", "/metrics"];
