//! How often a caller may call: per person where a valid token says who it is, else per address. Stricter where
//! guessing pays. Counted per process: a limit behind several gateways is as many times as high.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::settings::{Network, RateLimitSettings};
use crate::{AppState, Problem, ProblemKind, extract};

/// Routes of a stricter bucket, by the beginning of their pattern.
const AUTH: &[&str] = &["/api/v1/auth/", "/api/auth/"];
/// Routes without a limit: an orchestrator and a scraper ask often and from one address.
const UNLIMITED: &[&str] = &["/health", "/metrics"];
/// After so many checks, the callers that have been quiet are forgotten.
const SWEEP_EVERY: u32 = 10_000;

type Limiter = DefaultKeyedRateLimiter<String, StateInformationMiddleware>;

/// What one caller has left in one bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Allowance {
    limit: u32,
    remaining: u32,
    /// Seconds until all of it is back, or until one request passes when nothing remains.
    reset: u64,
    passed: bool,
}

struct Bucket {
    name: &'static str,
    limit: NonZeroU32,
    limiter: Limiter,
}

/// The buckets of every caller. Clones share them.
#[derive(Clone)]
pub struct RateLimits(Arc<Buckets>);

struct Buckets {
    default: Option<Bucket>,
    auth: Option<Bucket>,
    checks: AtomicU32,
}

impl Bucket {
    fn new(name: &'static str, per_minute: u32) -> Option<Self> {
        let limit = NonZeroU32::new(per_minute)?;
        let limiter = RateLimiter::keyed(Quota::per_minute(limit)).with_middleware();
        Some(Self { name, limit, limiter })
    }

    fn check(&self, caller: &str) -> Allowance {
        let limit = self.limit.get();
        match self.limiter.check_key(&format!("{} {caller}", self.name)) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let reset = u64::from(limit - remaining.min(limit)) * 60 / u64::from(limit);
                Allowance { limit, remaining, reset, passed: true }
            }
            Err(refused) => {
                let wait = refused.wait_time_from(DefaultClock::default().now());
                // Rounded up: a caller who waits so long must pass.
                Allowance { limit, remaining: 0, reset: wait.as_secs() + 1, passed: false }
            }
        }
    }
}

impl RateLimits {
    /// Fresh buckets.
    #[must_use]
    pub fn new(settings: RateLimitSettings) -> Self {
        Self(Arc::new(Buckets {
            default: Bucket::new("default", settings.per_minute),
            auth: Bucket::new("auth", settings.auth_per_minute),
            checks: AtomicU32::new(0),
        }))
    }

    fn check(&self, pattern: &str, caller: &str) -> Option<Allowance> {
        if UNLIMITED.iter().any(|start| pattern.starts_with(start)) {
            return None;
        }
        let strict = AUTH.iter().any(|start| pattern.starts_with(start));
        let bucket = if strict { self.0.auth.as_ref() } else { self.0.default.as_ref() }?;
        if self.0.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            bucket.limiter.retain_recent();
            bucket.limiter.shrink_to_fit();
        }
        Some(bucket.check(caller))
    }
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimits").finish_non_exhaustive()
    }
}

pub(crate) async fn limit<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Some(allowance) = allowance(&request) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let mut response = if allowance.passed {
        next.call(request).await?.map_into_left_body()
    } else {
        let problem = Problem::new(ProblemKind::RateLimited).retry_after(allowance.reset);
        request.into_response(problem.error_response()).map_into_right_body()
    };
    tell(response.headers_mut(), allowance);
    Ok(response)
}

fn allowance(request: &ServiceRequest) -> Option<Allowance> {
    let state = AppState::of(request.request())?;
    let pattern = request.match_pattern().unwrap_or_default();
    let caller = match extract::identify(request.request()) {
        Ok(Some(principal)) => principal.to_string(),
        // A refused token must not buy a bucket of its own.
        Ok(None) | Err(_) => client(request, &state.settings.server.trusted_proxies)?.to_string(),
    };
    state.limits.check(&pattern, &caller)
}

/// The `RateLimit-*` fields of the IETF's httpapi draft, version 6.
fn tell(headers: &mut HeaderMap, allowance: Allowance) {
    let fields = [
        ("ratelimit-limit", u64::from(allowance.limit)),
        ("ratelimit-remaining", u64::from(allowance.remaining)),
        ("ratelimit-reset", allowance.reset),
    ];
    for (name, value) in fields {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

/// Who called: the peer, or, where the peer is a proxy of ours, the last address in `X-Forwarded-For` that is not.
fn client(request: &ServiceRequest, proxies: &[Network]) -> Option<IpAddr> {
    let trusted = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let peer = request.peer_addr()?.ip();
    if !trusted(peer) {
        return Some(peer);
    }
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    // What stands left of an address that cannot be read was written by a stranger.
    let readable = hops.iter().rev().map_while(|hop| hop.parse::<IpAddr>().ok());
    let mut last = peer;
    for hop in readable {
        last = hop;
        if !trusted(hop) {
            break;
        }
    }
    Some(last.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_our_proxies_are_believed() {
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        let from = |peer: &str, forwarded: &str| {
            let request = TestRequest::default()
                .peer_addr(format!("{peer}:1").parse().unwrap())
                .insert_header(("x-forwarded-for", forwarded));
            client(&request.to_srv_request(), &proxies).unwrap().to_string()
        };
        assert_eq!(from("203.0.113.5", "198.51.100.1"), "203.0.113.5");
        assert_eq!(from("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(from("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2"), "198.51.100.1");
        assert_eq!(from("10.0.0.1", "1.2.3.4, junk, 10.0.0.2"), "10.0.0.2");
        assert_eq!(from("10.0.0.1", ""), "10.0.0.1");
    }

    #[test]
    fn a_bucket_runs_dry_for_its_caller_alone() {
        let limits = RateLimits::new(RateLimitSettings { per_minute: 0, auth_per_minute: 3 });
        let ask = |caller| limits.check("/api/v1/auth/login", caller).unwrap();
        assert_eq!((ask("a").remaining, ask("a").remaining, ask("a").remaining), (2, 1, 0));
        assert!(!ask("a").passed && ask("a").reset >= 1);
        assert!(ask("b").passed);
        assert_eq!(limits.check("/api/v1/plants", "a"), None);
    }
}
