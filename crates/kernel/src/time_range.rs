//! Half-open intervals of time: `[start, end)`, so that back-to-back ranges touch without overlap.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// A span of time that begins at `start` and ends just before `end`; never empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TimeRange {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

/// Why something is no time range.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TimeRangeError {
    /// The end does not come after the start.
    #[error("the end must come after the start")]
    Empty,
    /// Not two ISO 8601 instants with a slash between them.
    #[error(
        "write start and end as ISO 8601 instants with a slash between, such as \"2030-05-04T15:00:00Z/2030-05-04T17:00:00Z\""
    )]
    Malformed,
}

impl TimeRange {
    /// The range from `start` up to `end`.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, TimeRangeError> {
        if start < end { Ok(Self { start, end }) } else { Err(TimeRangeError::Empty) }
    }

    /// The first instant.
    #[must_use]
    pub fn start(self) -> DateTime<Utc> {
        self.start
    }

    /// The first instant after it.
    #[must_use]
    pub fn end(self) -> DateTime<Utc> {
        self.end
    }

    /// How long it lasts.
    #[must_use]
    pub fn duration(self) -> TimeDelta {
        self.end - self.start
    }

    /// Whether the two share an instant.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl fmt::Display for TimeRange {
    /// ISO 8601's `start/end` in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        write!(f, "{}/{}", text(self.start), text(self.end))
    }
}

impl FromStr for TimeRange {
    type Err = TimeRangeError;

    /// Reads ISO 8601's `start/end`; each end carries its offset.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let instant = |part: &str| {
            DateTime::parse_from_rfc3339(part)
                .map(|instant| instant.to_utc())
                .map_err(|_parse| TimeRangeError::Malformed)
        };
        let (start, end) = text.split_once('/').ok_or(TimeRangeError::Malformed)?;
        Self::new(instant(start)?, instant(end)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_touch_without_overlap() {
        let range = |text: &str| text.parse::<TimeRange>().unwrap();
        let first = range("2030-05-04T15:00:00Z/2030-05-04T17:00:00Z");
        let second = range("2030-05-04T17:00:00Z/2030-05-04T19:00:00Z");
        assert!(!first.overlaps(second));
        assert!(first.overlaps(range("2030-05-04T18:59:59+02:00/2030-05-04T19:00:00+02:00")));
        assert_eq!(first.to_string().parse(), Ok(first));
    }

    #[test]
    fn an_empty_or_unreadable_range_is_refused() {
        let read = |text: &str| text.parse::<TimeRange>();
        assert_eq!(read("2030-05-04T15:00:00Z/2030-05-04T15:00:00Z"), Err(TimeRangeError::Empty));
        assert_eq!(read("2030-05-04T15:00:00/2030-05-04T17:00:00"), Err(TimeRangeError::Malformed));
        assert_eq!(read("saturday"), Err(TimeRangeError::Malformed));
    }
}
