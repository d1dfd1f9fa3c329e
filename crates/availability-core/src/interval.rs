//! A span of time from an instant up to another.

use std::time::Duration;

use jiff::Timestamp;

use crate::civil::elapsed;

/// A half-open interval: it holds its start and not its end, so that one may begin where another
/// ends. It is never empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Interval {
    start: Timestamp,
    end: Timestamp,
}

/// Two instants that are no interval: the end is not after the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an interval ends after it begins")]
pub struct NotAnInterval;

impl Interval {
    /// From `start` up to `end`.
    pub fn new(start: Timestamp, end: Timestamp) -> Result<Self, NotAnInterval> {
        if start < end { Ok(Self { start, end }) } else { Err(NotAnInterval) }
    }

    /// Its first instant.
    #[must_use]
    pub fn start(self) -> Timestamp {
        self.start
    }

    /// The instant after its last.
    #[must_use]
    pub fn end(self) -> Timestamp {
        self.end
    }

    /// The time that elapses in it.
    #[must_use]
    pub fn duration(self) -> Duration {
        elapsed(self.start, self.end)
    }

    /// Whether both have an instant in common. Those that touch have none.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// The same instants as intervals in order, of which none overlap or touch.
pub(crate) fn merged(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.sort_unstable();
    intervals.dedup_by(|next, kept| {
        let joins = next.start <= kept.end;
        if joins {
            kept.end = kept.end.max(next.end);
        }
        joins
    });
    intervals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(start: i64, end: i64) -> Interval {
        let at = |second| Timestamp::from_second(second).unwrap();
        Interval::new(at(start), at(end)).unwrap()
    }

    #[test]
    fn an_interval_ends_after_it_begins() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(Interval::new(now, now), Err(NotAnInterval));
        assert_eq!(interval(2, 5).duration(), Duration::from_secs(3));
    }

    #[test]
    fn intervals_that_touch_do_not_overlap() {
        assert!(!interval(0, 5).overlaps(interval(5, 7)));
        assert!(interval(0, 5).overlaps(interval(4, 7)));
    }

    #[test]
    fn intervals_that_touch_or_overlap_become_one() {
        let mixed = vec![interval(8, 9), interval(0, 5), interval(5, 7), interval(1, 2)];
        assert_eq!(merged(mixed), [interval(0, 7), interval(8, 9)]);
    }
}
