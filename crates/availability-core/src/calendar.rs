//! When a place is open: weekly windows, what replaces them on a date, and closures.
//!
//! Owns what makes a calendar valid and how it turns into instants. The layers are, from below: the
//! weekly windows in their seasons, the overrides, the closures. An override replaces its whole local
//! date; a closure closes overridden dates too.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::civil::{Edge, TimeOfDay, date_of, dates, instant};
use crate::interval::{Interval, merged};
use crate::season::{DateRange, Season};

/// Open hours of a local date. They do not cross midnight; those that end at `24:00` and those that
/// begin at `00:00` on the next date are one open stretch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Hours {
    /// When they begin.
    pub opens: TimeOfDay,
    /// When they end; after they begin.
    pub closes: TimeOfDay,
}

impl Hours {
    fn overlap(self, other: Self) -> bool {
        self.opens < other.closes && other.opens < self.closes
    }
}

/// Open hours on a weekday, in a season.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WeeklyWindow {
    /// The day of the week.
    pub weekday: Weekday,
    /// From when to when.
    pub hours: Hours,
    /// On which dates.
    pub season: Season,
}

/// The hours of one local date, instead of what the week says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DayOverride {
    /// The date.
    pub date: Date,
    /// Its hours in any order; none, and the date is closed.
    pub hours: Vec<Hours>,
}

/// Which hours of a calendar are meant, by their positions in what was given.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Which {
    /// Of the weekly windows.
    Weekly(usize),
    /// Of an override.
    Override {
        /// The override.
        day: usize,
        /// The hours in it.
        hours: usize,
    },
}

/// What is wrong with a calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CalendarError {
    /// The name is none of an IANA zone.
    #[error("no such time zone: give an IANA name such as \"America/Denver\"")]
    UnknownZone,
    /// Hours that end when they begin.
    #[error("the hours of {0:?} are empty")]
    Empty(Which),
    /// Hours that end before they begin.
    #[error("the hours of {0:?} end before they begin")]
    Reversed(Which),
    /// Hours that overlap others of the same date.
    #[error("the hours of {later:?} overlap those of {earlier:?}")]
    Overlap {
        /// The one that was given first.
        earlier: Which,
        /// The other one.
        later: Which,
    },
    /// A date that is overridden twice: the position of the second.
    #[error("the override {0} is the second of its date")]
    OverriddenTwice(usize),
}

/// When a place is open, in the zone of the place.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    /// By weekday, from Monday; by time.
    weekly: [Vec<(Hours, Season)>; 7],
    overrides: BTreeMap<Date, Vec<Hours>>,
    /// In order, and none of them overlap.
    closures: Vec<DateRange>,
}

/// Open hours as they fall on a date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Open {
    pub date: Date,
    pub interval: Interval,
}

impl Calendar {
    /// The calendar of these windows, overrides and closures, in any order, in an IANA zone.
    ///
    /// Closures may overlap. Refused with the first fault found: an unknown zone; hours that are empty
    /// or reversed; hours that overlap others of the same weekday on any date of both seasons, or
    /// others of the same override; a date that is overridden twice.
    pub fn new(
        zone: &str,
        windows: &[WeeklyWindow],
        overrides: &[DayOverride],
        closures: &[DateRange],
    ) -> Result<Self, CalendarError> {
        let zone = TimeZone::get(zone).map_err(|_unknown| CalendarError::UnknownZone)?;
        let mut weekly: [Vec<(Hours, Season)>; 7] = Default::default();
        for (position, window) in windows.iter().enumerate() {
            let later = Which::Weekly(position);
            check(window.hours, later)?;
            let overlaps = |other: &&WeeklyWindow| {
                other.weekday == window.weekday
                    && other.hours.overlap(window.hours)
                    && other.season.meets(&window.season, window.weekday)
            };
            if let Some(other) = windows[..position].iter().position(|other| overlaps(&other)) {
                return Err(CalendarError::Overlap { earlier: Which::Weekly(other), later });
            }
            weekly[index(window.weekday)].push((window.hours, window.season));
        }
        for windows in &mut weekly {
            windows.sort_unstable_by_key(|(hours, _)| *hours);
        }
        let mut by_date = BTreeMap::new();
        for (day, one) in overrides.iter().enumerate() {
            for (position, hours) in one.hours.iter().enumerate() {
                let later = Which::Override { day, hours: position };
                check(*hours, later)?;
                let other = one.hours[..position].iter().position(|other| other.overlap(*hours));
                if let Some(other) = other {
                    return Err(CalendarError::Overlap {
                        earlier: Which::Override { day, hours: other },
                        later,
                    });
                }
            }
            let mut hours = one.hours.clone();
            hours.sort_unstable();
            if by_date.insert(one.date, hours).is_some() {
                return Err(CalendarError::OverriddenTwice(day));
            }
        }
        let mut closures = closures.to_vec();
        closures.sort_unstable();
        closures.dedup_by(|next, kept| {
            let joined = kept.joined(*next);
            *kept = joined.unwrap_or(*kept);
            joined.is_some()
        });
        Ok(Self { zone, weekly, overrides: by_date, closures })
    }

    /// The zone of the place.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// An instant with the local date, time and offset of the place.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    /// The date on the place's calendar.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> Date {
        date_of(&self.zone, at)
    }

    /// The closure that holds on a date, if any; closures that overlap are one.
    #[must_use]
    pub fn closure(&self, date: Date) -> Option<DateRange> {
        let begun = self.closures.partition_point(|closure| closure.first() <= date);
        self.closures[..begun].last().copied().filter(|closure| closure.contains(date))
    }

    /// The open stretches that overlap `range`, whole, in order. Between two of them the place is
    /// closed; at either end of `range`, a stretch of several days may be cut where a date begins.
    #[must_use]
    pub fn stretches(&self, range: Interval) -> Vec<Interval> {
        let mut stretches = self.touching(range.start(), range.end());
        stretches.retain(|stretch| stretch.overlaps(range));
        stretches
    }

    /// The open stretches that hold or touch an instant from `from` to `to`.
    pub(crate) fn touching(&self, from: Timestamp, to: Timestamp) -> Vec<Interval> {
        merged(self.windows(from, to).into_iter().map(|open| open.interval).collect())
    }

    /// The windows that hold or touch an instant from `from` to `to`, in order of their starts. The
    /// end of an earlier one may lie beyond the start of a later one, in an hour that happens twice.
    pub(crate) fn windows(&self, from: Timestamp, to: Timestamp) -> Vec<Open> {
        let mut windows: Vec<Open> = Vec::new();
        if from > to {
            return windows;
        }
        for date in dates(&self.zone, from, to) {
            self.each_on(date, |open| {
                if open.interval.end() >= from && open.interval.start() <= to {
                    windows.push(open);
                }
            });
        }
        windows.sort_by_key(|open| open.interval);
        windows
    }

    /// The first instant after `at` at which a window begins, within a year.
    pub(crate) fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        // A date at a time: the next opening is mostly near.
        let mut first: Option<Timestamp> = None;
        let mut dates_since = 0;
        for date in dates(&self.zone, at, crate::civil::later(at, YEAR)) {
            self.each_on(date, |open| {
                let start = open.interval.start();
                if start > at {
                    first = Some(first.map_or(start, |first| first.min(start)));
                }
            });
            dates_since += i32::from(first.is_some());
            // The windows of a date can begin before those of the one before it, if at all, then of the next.
            if dates_since > 1 {
                break;
            }
        }
        first
    }

    fn each_on(&self, date: Date, mut visit: impl FnMut(Open)) {
        if self.closure(date).is_some() {
            return;
        }
        let mut resolve = |hours: Hours| {
            // What a gap swallows is empty, as is all of a date that the zone skips.
            let start = instant(&self.zone, date, hours.opens, Edge::Start);
            let end = instant(&self.zone, date, hours.closes, Edge::End);
            if let (Some(start), Some(end)) = (start, end)
                && let Ok(interval) = Interval::new(start, end)
            {
                visit(Open { date, interval });
            }
        };
        if let Some(hours) = self.overrides.get(&date) {
            hours.iter().copied().for_each(&mut resolve);
        } else {
            let todays = &self.weekly[index(date.weekday())];
            let in_season = todays.iter().filter(|(_, season)| season.contains(date));
            in_season.map(|(hours, _)| *hours).for_each(&mut resolve);
        }
    }
}

const YEAR: std::time::Duration = std::time::Duration::from_hours(366 * 24);

fn index(weekday: Weekday) -> usize {
    usize::try_from(weekday.to_monday_zero_offset()).unwrap_or_default()
}

fn check(hours: Hours, which: Which) -> Result<(), CalendarError> {
    match hours.opens.cmp(&hours.closes) {
        std::cmp::Ordering::Less => Ok(()),
        std::cmp::Ordering::Equal => Err(CalendarError::Empty(which)),
        std::cmp::Ordering::Greater => Err(CalendarError::Reversed(which)),
    }
}

#[cfg(test)]
mod tests;
