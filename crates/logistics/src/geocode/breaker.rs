//! A circuit breaker: a provider that keeps failing is left alone for a while.
//!
//! Pure: time and outcomes are passed in.

use chrono::{DateTime, TimeDelta, Utc};

/// Consecutive failures after which the provider is left alone.
const FAILURES: u32 = 5;
/// For how long.
const REST: TimeDelta = TimeDelta::seconds(30);

/// Whether a provider may be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Breaker {
    /// Yes; so many failures in a row so far.
    Closed { failures: u32 },
    /// No.
    Open { until: DateTime<Utc> },
    /// By the one who probes it, who has until then to report: a probe may be given up unreported.
    HalfOpen { until: DateTime<Utc> },
}

impl Breaker {
    pub(super) const fn new() -> Self {
        Self::Closed { failures: 0 }
    }

    /// Lets a request through, or says when to come back.
    pub(super) fn admit(&mut self, now: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        match *self {
            Self::Closed { .. } => Ok(()),
            Self::Open { until } | Self::HalfOpen { until } if now < until => Err(until),
            Self::Open { .. } | Self::HalfOpen { .. } => {
                *self = Self::HalfOpen { until: now + REST };
                Ok(())
            }
        }
    }

    /// Notes that a request was answered, were it with a refusal.
    pub(super) fn succeeded(&mut self) {
        *self = Self::new();
    }

    /// Notes that a request was not answered.
    pub(super) fn failed(&mut self, now: DateTime<Utc>) {
        *self = match *self {
            Self::Closed { failures } if failures + 1 < FAILURES => Self::Closed { failures: failures + 1 },
            Self::Closed { .. } | Self::HalfOpen { .. } => Self::Open { until: now + REST },
            // A straggler from before it opened does not lengthen the rest.
            Self::Open { until } => Self::Open { until },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new();
        for _ in 0..FAILURES {
            assert_eq!(breaker.admit(at(0)), Ok(()));
            breaker.failed(at(0));
        }
        breaker
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        let mut breaker = Breaker::new();
        for round in 0..40 {
            breaker.failed(at(0));
            if round % 4 == 3 {
                breaker.succeeded();
            }
            assert_eq!(breaker.admit(at(0)), Ok(()));
        }
        assert_eq!(opened(), Breaker::Open { until: at(30) });
    }

    #[test]
    fn after_its_rest_one_probe_decides() {
        let mut breaker = opened();
        assert_eq!(breaker.admit(at(29)), Err(at(30)));
        breaker.failed(at(29));
        assert_eq!(breaker.admit(at(30)), Ok(()));
        assert_eq!(breaker.admit(at(31)), Err(at(60)), "a second probe waits for the first");
        let mut relapsed = breaker;
        relapsed.failed(at(31));
        assert_eq!(relapsed, Breaker::Open { until: at(61) });
        breaker.succeeded();
        assert_eq!(breaker, Breaker::new());
    }

    #[test]
    fn a_probe_that_never_reports_does_not_block_for_ever() {
        let mut breaker = opened();
        assert_eq!(breaker.admit(at(30)), Ok(()));
        assert_eq!(breaker.admit(at(60)), Ok(()));
    }
}
