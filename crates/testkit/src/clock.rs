//! The instant at which tests begin.

use chrono::{DateTime, TimeZone, Utc};
use kernel::ManualClock;

/// Friday, 1 March 2030, 17:00 UTC: 10:00 in America/Denver, nine days before its clocks change.
#[must_use]
pub fn start_of_tests() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2030, 3, 1, 17, 0, 0).unwrap()
}

/// A clock that stands at [`start_of_tests`] until it is moved.
#[must_use]
pub fn clock() -> ManualClock {
    ManualClock::at(start_of_tests())
}
