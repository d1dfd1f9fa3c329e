//! From the clock on the wall to instants: each local date is resolved by itself.
//!
//! Where the clocks skip an hour, a start or an end within it moves to the first instant after it;
//! where an hour happens twice, a start means the first of the two and an end the second, so that an
//! open window is never shortened by the clocks. Durations are elapsed time.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

/// A time on the clock, to the minute, from `00:00` up to and including `24:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimeOfDay(u16);

/// A number of minutes that is no time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a time of day is 0 to 1440 minutes after the day's first")]
pub struct NotATimeOfDay;

impl TimeOfDay {
    /// `00:00`, a day's first minute.
    pub const START: Self = Self(0);
    /// `24:00`, a day's end and the start of the next.
    pub const END: Self = Self(24 * 60);

    /// So many minutes after `00:00`; 1440 is the day's end.
    pub fn from_minutes(minutes: u16) -> Result<Self, NotATimeOfDay> {
        if minutes <= Self::END.0 { Ok(Self(minutes)) } else { Err(NotATimeOfDay) }
    }

    /// Minutes after `00:00`.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }

    /// This time on a date: `24:00` is the next date's `00:00`.
    fn on(self, date: Date) -> Option<DateTime> {
        if self == Self::END {
            return Some(date.tomorrow().ok()?.to_datetime(Time::midnight()));
        }
        let (hour, minute) = (i8::try_from(self.0 / 60).ok()?, i8::try_from(self.0 % 60).ok()?);
        Some(date.to_datetime(Time::new(hour, minute, 0, 0).ok()?))
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Which end of a window a time of day is: it decides in an hour that happens twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Edge {
    Start,
    End,
}

/// The instant of a time of day on a date; none beyond the years that can be told.
pub(crate) fn instant(zone: &TimeZone, date: Date, time: TimeOfDay, edge: Edge) -> Option<Timestamp> {
    let civil = time.on(date)?;
    match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(civil).ok(),
        AmbiguousOffset::Gap { after, .. } => {
            // Read with the offset of after the gap, the skipped time lies just before it.
            let before_gap = after.to_timestamp(civil).ok()?;
            Some(zone.following(before_gap).next()?.timestamp())
        }
        AmbiguousOffset::Fold { before, after } => {
            let offset = match edge {
                Edge::Start => before,
                Edge::End => after,
            };
            offset.to_timestamp(civil).ok()
        }
    }
}

/// Whether the zone has this date at all: in 2011, Apia went from 29 to 31 December.
pub(crate) fn has_date(zone: &TimeZone, date: Date) -> bool {
    let edge = |time, edge| instant(zone, date, time, edge);
    match (edge(TimeOfDay::START, Edge::Start), edge(TimeOfDay::END, Edge::End)) {
        (Some(start), Some(end)) => start < end,
        _ => false,
    }
}

/// The date on the zone's calendar.
pub(crate) fn date_of(zone: &TimeZone, at: Timestamp) -> Date {
    zone.to_datetime(at).date()
}

/// The dates that may have windows between two instants, with two more on either side: a window may
/// end a day after its date began, and a zone may skip a whole date.
pub(crate) fn dates(zone: &TimeZone, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Date> {
    let first = date_of(zone, from).saturating_sub(2.days());
    let last = date_of(zone, to).saturating_add(2.days());
    first.series(1.day()).take_while(move |date| *date <= last)
}

/// The instant so much later, at most the last that can be told.
pub(crate) fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// The instant so much earlier, at least the first that can be told.
pub(crate) fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// The time from one instant to another that is not before it; nothing if it is.
pub(crate) fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(from.duration_until(to)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn at(zone: &str, day: Date, minutes: u16, edge: Edge) -> String {
        let zone = TimeZone::get(zone).unwrap();
        instant(&zone, day, TimeOfDay::from_minutes(minutes).unwrap(), edge).unwrap().to_string()
    }

    #[test]
    fn a_skipped_time_moves_to_the_first_instant_after_it() {
        // Denver skips 02:00 to 03:00 on 10 March 2030: 09:00Z is both.
        for edge in [Edge::Start, Edge::End] {
            assert_eq!(at("America/Denver", date(2030, 3, 10), 150, edge), "2030-03-10T09:00:00Z");
        }
        // Lord Howe skips half an hour, from 02:00.
        assert_eq!(at("Australia/Lord_Howe", date(2030, 10, 6), 135, Edge::Start), "2030-10-05T15:30:00Z");
    }

    #[test]
    fn a_repeated_time_starts_early_and_ends_late() {
        // Denver has 01:00 to 02:00 twice on 3 November 2030.
        assert_eq!(at("America/Denver", date(2030, 11, 3), 75, Edge::Start), "2030-11-03T07:15:00Z");
        assert_eq!(at("America/Denver", date(2030, 11, 3), 75, Edge::End), "2030-11-03T08:15:00Z");
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        assert_eq!(at("Europe/Berlin", date(2030, 1, 31), 1440, Edge::End), "2030-01-31T23:00:00Z");
        assert_eq!(TimeOfDay::from_minutes(1441), Err(NotATimeOfDay));
        assert_eq!(TimeOfDay::END.to_string(), "24:00");
    }

    #[test]
    fn a_zone_may_skip_a_date() {
        let apia = TimeZone::get("Pacific/Apia").unwrap();
        assert!(!has_date(&apia, date(2011, 12, 30)));
        assert!(has_date(&apia, date(2011, 12, 29)) && has_date(&apia, date(2011, 12, 31)));
        assert!(!has_date(&apia, Date::MAX));
    }
}
