//! How long an email address must wait after failed logins: a pure decision over its run of failures.
//!
//! Counted by address and not by account, so that an address nobody has is refused like any other.
//! The wait doubles, which bounds online guessing to about a hundred attempts a day (NIST SP
//! 800-63B, section 5.2.2, asks for a bound) while a person who mistypes waits a second.

use chrono::{DateTime, TimeDelta, Utc};

/// Failures in a row that cost nothing.
const FREE_FAILURES: i32 = 4;
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(1);
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(15);
/// A run of failures ends by itself after as long without one.
pub(crate) const RUN_LIFETIME: TimeDelta = TimeDelta::days(1);

/// The consecutive failures of one email address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FailureRun {
    pub failures: i32,
    pub locked_until: Option<DateTime<Utc>>,
    pub last_failure: DateTime<Utc>,
}

/// The address has to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Locked {
    pub retry_after: TimeDelta,
}

impl FailureRun {
    /// A run of no failures yet.
    pub(crate) fn none(now: DateTime<Utc>) -> Self {
        Self { failures: 0, locked_until: None, last_failure: now }
    }

    /// Whether an attempt may be made now, whatever its password.
    pub(crate) fn admit(&self, now: DateTime<Utc>) -> Result<(), Locked> {
        match self.locked_until {
            Some(until) if now < until => Err(Locked { retry_after: until - now }),
            _ => Ok(()),
        }
    }

    /// The run after one more failure.
    pub(crate) fn failed(&self, now: DateTime<Utc>) -> Self {
        let before = if now - self.last_failure > RUN_LIFETIME { 0 } else { self.failures };
        let failures = before.saturating_add(1);
        let locked_until = (failures > FREE_FAILURES).then(|| now + wait(failures - FREE_FAILURES));
        Self { failures, locked_until, last_failure: now }
    }
}

/// The wait after the n-th failure that is not free: 1 s, 2 s, 4 s, ... 15 min.
fn wait(n: i32) -> TimeDelta {
    // Ten doublings of a second are past the longest wait.
    let doublings = (n - 1).clamp(0, 10);
    (FIRST_WAIT * (1 << doublings)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_900_000_000, 0).unwrap()
    }

    #[test]
    fn the_wait_begins_at_the_fifth_failure_and_doubles_to_a_quarter_of_an_hour() {
        let mut run = FailureRun::none(start());
        let mut waits = Vec::new();
        for _ in 0..17 {
            run = run.failed(start());
            waits.push(run.admit(start()).err().map_or(0, |locked| locked.retry_after.num_seconds()));
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    }

    #[test]
    fn a_lock_opens_at_its_very_end() {
        let run = (0..6).fold(FailureRun::none(start()), |run, _| run.failed(start()));
        assert!(run.admit(start() + TimeDelta::milliseconds(1999)).is_err());
        assert!(run.admit(start() + TimeDelta::seconds(2)).is_ok());
    }

    #[test]
    fn a_run_ends_after_a_day_without_a_failure() {
        let run = (0..10).fold(FailureRun::none(start()), |run, _| run.failed(start()));
        let next_day = start() + RUN_LIFETIME + TimeDelta::seconds(1);
        assert_eq!(run.failed(next_day).failures, 1);
        assert_eq!(run.failed(start() + RUN_LIFETIME).failures, 11);
    }

    #[test]
    fn no_number_of_failures_overflows() {
        let run = FailureRun { failures: i32::MAX, locked_until: None, last_failure: start() };
        assert_eq!(run.failed(start()).admit(start()), Err(Locked { retry_after: LONGEST_WAIT }));
    }
}
