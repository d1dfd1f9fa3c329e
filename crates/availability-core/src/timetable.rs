//! When something departs: weekly rules, what replaces them on a date, closures, and single departures.
//!
//! Owns what makes a timetable valid and how it turns into instants. No two departures begin at the
//! same instant: a departure is known by when it begins.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::calendar::Which;
use crate::civil::{Edge, TimeOfDay, dates, earlier, has_date, instant, later};
use crate::interval::Interval;
use crate::season::{DateRange, Season};
use crate::terms::MOST_DURATION;

/// A departure of a local date.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DailyDeparture {
    /// When it begins; before `24:00`.
    pub begins: TimeOfDay,
    /// How long it takes, in elapsed time; not nothing, and at most [`MOST_DURATION`].
    pub duration: Duration,
    /// For how many; 0, and nobody can book it.
    pub capacity: u32,
}

/// A departure on a weekday, in a season.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WeeklyDeparture {
    /// The day of the week.
    pub weekday: Weekday,
    /// What departs.
    pub departure: DailyDeparture,
    /// On which dates.
    pub season: Season,
}

/// The departures of one local date, instead of what the week says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DepartureOverride {
    /// The date.
    pub date: Date,
    /// What departs, in any order; nothing, and the date has no departures.
    pub departures: Vec<DailyDeparture>,
}

/// Something that departs, with its seats.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Departure {
    /// From when to when.
    pub interval: Interval,
    /// For how many.
    pub capacity: u32,
}

/// What is wrong with a timetable. Departures are known by their positions in what was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TimetableError {
    /// The name is none of an IANA zone.
    #[error("no such time zone: give an IANA name such as \"America/Denver\"")]
    UnknownZone,
    /// It begins at `24:00`, which is the next date's `00:00`.
    #[error("the departure {0:?} begins at the end of its date")]
    AtDaysEnd(Which),
    /// It takes no time, or more than [`MOST_DURATION`].
    #[error("the departure {0:?} takes no time, or more than 366 days")]
    Duration(Which),
    /// It begins when another of the same date begins.
    #[error("the departure {later:?} begins when {earlier:?} does")]
    Twice {
        /// The one that was given first.
        earlier: Which,
        /// The other one.
        later: Which,
    },
    /// A date that is overridden twice: the position of the second.
    #[error("the override {0} is the second of its date")]
    OverriddenTwice(usize),
    /// A single departure that begins when another of them does: the position of the second.
    #[error("the single departure {0} begins when another does")]
    SingleTwice(usize),
}

/// When something departs, in the zone of its place.
#[derive(Clone, Debug)]
pub struct Timetable {
    zone: TimeZone,
    weekly: Vec<WeeklyDeparture>,
    overrides: BTreeMap<Date, Vec<DailyDeparture>>,
    closures: Vec<DateRange>,
    singles: BTreeMap<Timestamp, Departure>,
}

impl Timetable {
    /// The timetable of these departures, in any order, in an IANA zone.
    ///
    /// A single departure stands whatever is overridden or closed, and in the place of another that
    /// begins when it does. Refused with the first fault found.
    pub fn new(
        zone: &str,
        weekly: &[WeeklyDeparture],
        overrides: &[DepartureOverride],
        closures: &[DateRange],
        singles: &[Departure],
    ) -> Result<Self, TimetableError> {
        let zone = TimeZone::get(zone).map_err(|_unknown| TimetableError::UnknownZone)?;
        for (position, rule) in weekly.iter().enumerate() {
            let later = Which::Weekly(position);
            check(rule.departure, later)?;
            let same = |other: &WeeklyDeparture| {
                other.weekday == rule.weekday
                    && other.departure.begins == rule.departure.begins
                    && other.season.meets(&rule.season, rule.weekday)
            };
            if let Some(other) = weekly[..position].iter().position(same) {
                return Err(TimetableError::Twice { earlier: Which::Weekly(other), later });
            }
        }
        let mut by_date = BTreeMap::new();
        for (day, one) in overrides.iter().enumerate() {
            for (position, departure) in one.departures.iter().enumerate() {
                let later = Which::Override { day, hours: position };
                check(*departure, later)?;
                let same = |other: &DailyDeparture| other.begins == departure.begins;
                if let Some(hours) = one.departures[..position].iter().position(same) {
                    return Err(TimetableError::Twice { earlier: Which::Override { day, hours }, later });
                }
            }
            if by_date.insert(one.date, one.departures.clone()).is_some() {
                return Err(TimetableError::OverriddenTwice(day));
            }
        }
        let mut by_start = BTreeMap::new();
        for (position, departure) in singles.iter().enumerate() {
            if by_start.insert(departure.interval.start(), *departure).is_some() {
                return Err(TimetableError::SingleTwice(position));
            }
        }
        let closures = closures.to_vec();
        Ok(Self { zone, weekly: weekly.to_vec(), overrides: by_date, closures, singles: by_start })
    }

    /// An instant with the local date, time and offset of the place.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    /// What begins from `from` to `to`, both included, in order of time.
    pub(crate) fn departures(&self, from: Timestamp, to: Timestamp) -> Vec<Departure> {
        if from > to {
            return Vec::new();
        }
        // Of those that begin at the same instant, the one whose time of day it is goes before one that
        // was moved there because the clocks skip its own.
        let mut found: Vec<(u8, Departure)> = Vec::new();
        for date in dates(&self.zone, from, to) {
            let closed = self.closures.iter().any(|closure| closure.contains(date));
            if closed || !has_date(&self.zone, date) {
                continue;
            }
            let mut add = |daily: &DailyDeparture| {
                let start = instant(&self.zone, date, daily.begins, Edge::Start);
                let interval = start.and_then(|start| {
                    let end = start.checked_add(daily.duration).ok()?;
                    Interval::new(start, end).ok().filter(|_| from <= start && start <= to)
                });
                if let Some(interval) = interval {
                    let minutes = self.zone.to_datetime(interval.start()).time();
                    let own = i32::from(minutes.hour()) * 60 + i32::from(minutes.minute());
                    let is_moved = own != i32::from(daily.begins.minutes());
                    found.push((1 + u8::from(is_moved), Departure { interval, capacity: daily.capacity }));
                }
            };
            match self.overrides.get(&date) {
                Some(departures) => departures.iter().for_each(&mut add),
                None => self
                    .weekly
                    .iter()
                    .filter(|rule| rule.weekday == date.weekday() && rule.season.contains(date))
                    .for_each(|rule| add(&rule.departure)),
            }
        }
        found.extend(self.singles.range(from..=to).map(|(_, departure)| (0, *departure)));
        found.sort_by_key(|(rank, departure)| (departure.interval.start(), *rank));
        found.dedup_by_key(|(_, departure)| departure.interval.start());
        found.into_iter().map(|(_, departure)| departure).collect()
    }

    /// The last departure before an instant and the first after it, within so many days.
    pub(crate) fn around(&self, at: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        // Mostly they are near: look farther only if they are not.
        let near = |within: Duration| {
            let starts = self.departures(earlier(at, within), later(at, within));
            let starts = || starts.iter().map(|departure| departure.interval.start());
            (starts().rfind(|start| *start < at), starts().find(|start| *start > at))
        };
        match near(Duration::from_hours(8 * 24)) {
            (Some(before), Some(after)) => (Some(before), Some(after)),
            _ => near(MOST_DURATION),
        }
    }
}

fn check(departure: DailyDeparture, which: Which) -> Result<(), TimetableError> {
    match departure {
        _ if departure.begins == TimeOfDay::END => Err(TimetableError::AtDaysEnd(which)),
        _ if departure.duration.is_zero() || departure.duration > MOST_DURATION => {
            Err(TimetableError::Duration(which))
        }
        _ => Ok(()),
    }
}
