//! How often a caller may call: per person where a valid token says who it is, else per address. Stricter where
//! guessing pays. Counted per process: a limit behind several gateways is as many times as high.

mod client;

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};
use assembly::settings::RateLimitSettings;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use kernel::UserId;

use super::UNLIMITED;
use crate::{AppState, Problem, ProblemKind, extract};
use client::client;

/// Routes of the strict bucket, by the beginning of their pattern, and what a request to them counts.
const STRICT: &[(&str, u32)] = &[
    // It tells whether an address has an account, and hashes a password.
    ("/api/v1/auth/register", 3),
    ("/api/v1/auth/", 1),
    ("/api/v1/me/password", 1),
    // It sends mail.
    ("/api/v1/me/verify-email", 1),
    // It keeps stock from others, and nobody in particular is to blame.
    ("/api/v1/checkout/guest", 1),
];
/// Of these, the ones where a token is no reason to be believed: whoever guesses here may have accounts of their own.
const BY_ADDRESS: &[&str] = &[
    "/api/v1/auth/register",
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/auth/password-reset",
    "/api/v1/auth/verify-email",
    "/api/v1/checkout/guest",
];
/// After so many checks, the callers that have been quiet are forgotten.
const SWEEP_EVERY: u32 = 10_000;
/// The most callers that are told apart. Beyond, and by chance before, some share what they have: a flood of addresses
/// fills these and no more memory.
const SLOTS: u64 = 1 << 18;

type Refused = NotUntil<<DefaultClock as Clock>::Instant>;
type Limiter = DefaultKeyedRateLimiter<u32, StateInformationMiddleware>;

/// Who is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Caller {
    User(UserId),
    Address(std::net::IpAddr),
}

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
    limit: NonZeroU32,
    limiter: Limiter,
    /// Keyed at random, so that nobody can choose whom to share a slot with.
    slots: RandomState,
    checks: AtomicU32,
}

/// The buckets of every caller. Clones share them.
#[derive(Clone)]
pub struct RateLimits(Arc<Buckets>);

struct Buckets {
    default: Option<Bucket>,
    strict: Option<Bucket>,
}

impl Bucket {
    fn new(per_minute: u32) -> Option<Self> {
        let limit = NonZeroU32::new(per_minute)?;
        let limiter = RateLimiter::keyed(Quota::per_minute(limit)).with_middleware();
        Some(Self { limit, limiter, slots: RandomState::new(), checks: AtomicU32::new(0) })
    }

    fn check(&self, caller: Caller, count: u32) -> Allowance {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let limit = self.limit.get();
        let slot = u32::try_from(self.slots.hash_one(caller) % SLOTS).unwrap_or(u32::MAX);
        let count = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN).min(self.limit);
        // Never beyond the limit, so that there is always an outcome.
        match self.limiter.check_key_n(&slot, count).unwrap_or_else(|_beyond| self.limiter.check_key(&slot)) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let reset = u64::from(limit - remaining.min(limit)) * 60 / u64::from(limit);
                Allowance { limit, remaining, reset, passed: true }
            }
            Err(refused) => self.refuse(&refused),
        }
    }

    fn refuse(&self, refused: &Refused) -> Allowance {
        let wait = refused.wait_time_from(DefaultClock::default().now());
        // Rounded up: a caller who waits so long must pass.
        Allowance { limit: self.limit.get(), remaining: 0, reset: wait.as_secs() + 1, passed: false }
    }
}

impl RateLimits {
    /// Fresh buckets.
    #[must_use]
    pub fn new(settings: RateLimitSettings) -> Self {
        Self(Arc::new(Buckets {
            default: Bucket::new(settings.per_minute),
            strict: Bucket::new(settings.auth_per_minute),
        }))
    }

    fn check(&self, pattern: &str, caller: Caller) -> Option<Allowance> {
        if UNLIMITED.iter().any(|start| pattern.starts_with(start)) {
            return None;
        }
        match STRICT.iter().find(|(start, _)| pattern.starts_with(start)) {
            Some((_, count)) => Some(self.0.strict.as_ref()?.check(caller, *count)),
            None => Some(self.0.default.as_ref()?.check(caller, 1)),
        }
    }

    /// How many callers are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        let buckets = [&self.0.default, &self.0.strict];
        buckets.into_iter().flatten().map(|bucket| bucket.limiter.len()).sum()
    }
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimits").field("remembered", &self.remembered()).finish_non_exhaustive()
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
    let by_address = BY_ADDRESS.iter().any(|start| pattern.starts_with(start));
    let caller = match extract::identify(request.request()) {
        Ok(Some(principal)) if !by_address => Caller::User(principal.user_id),
        // A refused token must not buy a bucket of its own.
        _ => Caller::Address(client(request.request(), &state.settings.server.trusted_proxies)?),
    };
    state.limits.check(&pattern, caller)
}

/// The `RateLimit-*` fields of draft-ietf-httpapi-ratelimit-headers-06.
fn tell(headers: &mut HeaderMap, allowance: Allowance) {
    let fields = [
        ("ratelimit-limit", u64::from(allowance.limit)),
        ("ratelimit-remaining", u64::from(allowance.remaining)),
        ("ratelimit-reset", allowance.reset),
    ];
    for (name, value) in fields {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&format!("{};w=60", allowance.limit)) {
        headers.insert(HeaderName::from_static("ratelimit-policy"), policy);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(number: u32) -> Caller {
        Caller::Address(Ipv4Addr::from_bits(number).into())
    }

    #[test]
    fn a_bucket_runs_dry_for_its_caller_alone() {
        let limits = RateLimits::new(RateLimitSettings { per_minute: 0, auth_per_minute: 3 });
        let ask = |caller| limits.check("/api/v1/auth/login", address(caller)).unwrap();
        assert_eq!((ask(1).remaining, ask(1).remaining, ask(1).remaining), (2, 1, 0));
        assert!(!ask(1).passed && ask(1).reset >= 1);
        assert!(ask(2).passed);
        assert_eq!(limits.check("/api/v1/plants", address(1)), None);
    }

    #[test]
    fn where_guessing_pays_less_is_allowed() {
        let limits = RateLimits::new(RateLimitSettings { per_minute: 1000, auth_per_minute: 30 });
        let left = |pattern: &str, caller| limits.check(pattern, address(caller)).unwrap().remaining;
        assert_eq!(left("/api/v1/auth/register", 1), 27);
        assert_eq!(left("/api/v1/auth/login", 1), 26);
        assert_eq!(left("/api/v1/auth/refresh", 1), 25);
        assert_eq!(left("/api/v1/me/password", 1), 24);
        assert_eq!(left("/api/v1/me", 1), 999);
        for _ in 0..10 {
            limits.check("/api/v1/auth/register", address(2)).unwrap();
        }
        let refused = limits.check("/api/v1/auth/register", address(2)).unwrap();
        assert!(!refused.passed && (5..=7).contains(&refused.reset), "{refused:?}");
    }

    #[test]
    fn a_limit_below_what_a_request_counts_still_lets_one_pass() {
        let limits = RateLimits::new(RateLimitSettings { per_minute: 0, auth_per_minute: 2 });
        let ask = || limits.check("/api/v1/auth/register", address(1)).unwrap().passed;
        assert!(ask() && !ask());
    }

    #[test]
    fn a_flood_of_addresses_does_not_fill_the_memory() {
        let limits = RateLimits::new(RateLimitSettings { per_minute: 1, auth_per_minute: 0 });
        for number in 0..1_000_000 {
            limits.check("/api/v1/plants", address(number));
        }
        assert!(limits.remembered() <= usize::try_from(SLOTS).unwrap(), "{}", limits.remembered());
        // It must be full for that to mean anything.
        assert!(limits.remembered() > 200_000, "{}", limits.remembered());
    }
}
