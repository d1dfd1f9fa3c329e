//! When goods can be picked up at a center: its weekly windows, turned into instants.
//!
//! Pure. What is offered and what is accepted come from the same functions, so that every window that
//! is shown can be taken and no other.
//!
//! A window is a weekday with two wall-clock times in the center's own zone, and each day is resolved
//! by itself. Where the clocks skip an hour, an end or a start within it moves to the first instant
//! after it; where an hour happens twice, a start means the first of the two and an end the second, so
//! that nobody finds the door closed in an hour that was promised.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use jiff::civil::{Date, DateTime as Civil, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};
use kernel::{Fields, Invalid, InvalidCode, TimeRange};

/// How long before it begins a pickup must be arranged.
pub const NOTICE: TimeDelta = TimeDelta::hours(2);
/// How far ahead a pickup may be arranged.
pub const HORIZON: TimeDelta = TimeDelta::days(14);
/// The shortest and the longest stay at a center without weekly windows.
pub const STAY: (TimeDelta, TimeDelta) = (TimeDelta::minutes(15), TimeDelta::hours(8));

const MOST_WINDOWS: usize = 50;
const MOST_PLACES: i32 = 10_000;

/// A time on the clock, to the minute, from `00:00` up to and including `24:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimeOfDay(u16);

/// A text or number that is no time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("write a time of day such as \"09:00\", at most \"24:00\"")]
pub struct NotATimeOfDay;

impl TimeOfDay {
    const MIDNIGHT: u16 = 24 * 60;

    /// So many minutes after the day's first; 1440 is its end.
    pub fn from_minutes(minutes: u16) -> Result<Self, NotATimeOfDay> {
        if minutes <= Self::MIDNIGHT { Ok(Self(minutes)) } else { Err(NotATimeOfDay) }
    }

    /// Minutes after `00:00`.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }

    /// This time on a date: `24:00` is the next day's first instant.
    fn on(self, date: Date) -> Option<Civil> {
        if self.0 == Self::MIDNIGHT {
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

impl std::str::FromStr for TimeOfDay {
    type Err = NotATimeOfDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (hours, minutes) = text.split_once(':').ok_or(NotATimeOfDay)?;
        let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(hours) || !digits(minutes) {
            return Err(NotATimeOfDay);
        }
        let read = |part: &str| part.parse::<u16>().map_err(|_not_a_number| NotATimeOfDay);
        let (hours, minutes) = (read(hours)?, read(minutes)?);
        if minutes < 60 { Self::from_minutes(hours * 60 + minutes) } else { Err(NotATimeOfDay) }
    }
}

/// A weekly window in the center's local time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WeeklyWindow {
    /// 1 is Monday, 7 Sunday (ISO 8601).
    pub weekday: i16,
    /// When it opens.
    pub opens: TimeOfDay,
    /// When it closes, the same day.
    pub closes: TimeOfDay,
    /// How many orders can be picked up in it.
    pub capacity: i32,
}

/// The weekly windows of a center, by weekday and time, without overlaps. Without any, goods can be
/// picked up at any time that is arranged.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WeeklySchedule(Vec<WeeklyWindow>);

impl WeeklySchedule {
    /// The schedule of these windows, in any order, or what is wrong with which (`windows/0/closes`).
    pub fn new(mut windows: Vec<WeeklyWindow>) -> Result<Self, Invalid> {
        let mut fields = Fields::default();
        if windows.len() > MOST_WINDOWS {
            fields.refuse(
                "windows",
                InvalidCode::TooLong,
                format!("must have at most {MOST_WINDOWS} windows"),
            );
        }
        for (position, window) in windows.iter().enumerate() {
            let field = |name: &str| format!("windows/{position}/{name}");
            if !(1..=7).contains(&window.weekday) {
                fields.refuse(&field("weekday"), InvalidCode::NotAllowed, "must be 1 (Monday) to 7 (Sunday)");
            }
            if window.opens >= window.closes {
                fields.refuse(&field("closes"), InvalidCode::TooSmall, "must come after the opening");
            }
            if !(1..=MOST_PLACES).contains(&window.capacity) {
                let message = format!("must be 1 to {MOST_PLACES}");
                fields.refuse(&field("capacity"), InvalidCode::NotAllowed, message);
            }
            let overlaps = |other: &WeeklyWindow| {
                other.weekday == window.weekday && other.opens < window.closes && window.opens < other.closes
            };
            if windows[..position].iter().any(overlaps) {
                fields.refuse(&field("opens"), InvalidCode::NotAllowed, "overlaps another window of the day");
            }
        }
        fields.finish()?;
        windows.sort_unstable_by_key(|window| (window.weekday, window.opens));
        Ok(Self(windows))
    }

    /// What a newly approved center offers: Wednesday 16:00 to 19:00 and Saturday 09:00 to 13:00, for
    /// 40 orders each.
    #[must_use]
    pub fn usual() -> Self {
        let window = |weekday, opens: u16, closes: u16| WeeklyWindow {
            weekday,
            opens: TimeOfDay(opens * 60),
            closes: TimeOfDay(closes * 60),
            capacity: 40,
        };
        Self(vec![window(3, 16, 19), window(6, 9, 13)])
    }

    /// The windows, by weekday and time.
    #[must_use]
    pub fn windows(&self) -> &[WeeklyWindow] {
        &self.0
    }

    /// Whether goods can be picked up at any time that is arranged.
    #[must_use]
    pub fn is_any_time(&self) -> bool {
        self.0.is_empty()
    }

    /// What the windows come to on the days from `days.start` up to `days.end`, in order of time.
    fn slots(&self, zone: &TimeZone, days: Range<Date>) -> Vec<Slot> {
        let dates = days.start.series(1.day()).take_while(|date| *date < days.end);
        dates
            .flat_map(|date| {
                let weekday = i16::from(date.weekday().to_monday_one_offset());
                let todays = self.0.iter().filter(move |window| window.weekday == weekday);
                todays.filter_map(move |window| window.on(date, zone))
            })
            .collect()
    }
}

impl WeeklyWindow {
    /// The window on a date; none when the clocks skip all of it.
    fn on(&self, date: Date, zone: &TimeZone) -> Option<Slot> {
        let start = instant(self.opens.on(date)?, zone, Edge::Start)?;
        let end = instant(self.closes.on(date)?, zone, Edge::End)?;
        let range = TimeRange::new(start, end).ok()?;
        Some(Slot { range, local_date: date, capacity: self.capacity })
    }
}

/// A weekly window on a date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slot {
    pub range: TimeRange,
    /// The date at the center.
    pub local_date: Date,
    /// Places in all.
    pub capacity: i32,
}

/// Why goods cannot be picked up then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WindowRefusal {
    /// The center has no such window.
    #[error("the center has no such pickup window")]
    NotOffered,
    /// It begins too soon, or is past.
    #[error("a pickup must be arranged at least 2 hours ahead")]
    TooSoon,
    /// It is past.
    #[error("a pickup must lie in the future")]
    Past,
    /// It begins too late.
    #[error("a pickup can be arranged at most 14 days ahead")]
    TooFar,
    /// At a center without windows: it is too short or too long.
    #[error("a pickup takes from 15 minutes to 8 hours")]
    Length,
}

/// The windows that can be chosen now, on the local days from `days.start` up to `days.end`, in order
/// of time.
pub(crate) fn offered(
    schedule: &WeeklySchedule,
    zone: &TimeZone,
    now: DateTime<Utc>,
    days: Range<Date>,
) -> Vec<Slot> {
    // However long the days are, no window beyond notice and horizon can be chosen.
    let (Some(today), Some(last)) = (local_date(now, zone), local_date(now + HORIZON, zone)) else {
        return Vec::new();
    };
    let days = days.start.max(today)..days.end.min(last.saturating_add(1.day()));
    let mut slots = schedule.slots(zone, days);
    slots.retain(|slot| timely(now, slot.range.start()).is_ok());
    slots
}

/// What a choice comes to: the window with its places, or none at a center that has no windows.
pub(crate) fn accept(
    schedule: &WeeklySchedule,
    zone: &TimeZone,
    now: DateTime<Utc>,
    range: TimeRange,
) -> Result<Option<Slot>, WindowRefusal> {
    if schedule.is_any_time() {
        return match range {
            _ if range.start() <= now => Err(WindowRefusal::Past),
            _ if range.start() > now + HORIZON => Err(WindowRefusal::TooFar),
            _ if range.duration() < STAY.0 || range.duration() > STAY.1 => Err(WindowRefusal::Length),
            _ => Ok(None),
        };
    }
    timely(now, range.start())?;
    let date = local_date(range.start(), zone).ok_or(WindowRefusal::NotOffered)?;
    let around = date.saturating_sub(1.day())..date.saturating_add(2.days());
    let slot = schedule.slots(zone, around).into_iter().find(|slot| slot.range == range);
    slot.map(Some).ok_or(WindowRefusal::NotOffered)
}

/// Whether a window that begins at `start` can be chosen now.
fn timely(now: DateTime<Utc>, start: DateTime<Utc>) -> Result<(), WindowRefusal> {
    match start {
        _ if start < now + NOTICE => Err(WindowRefusal::TooSoon),
        _ if start > now + HORIZON => Err(WindowRefusal::TooFar),
        _ => Ok(()),
    }
}

/// A name that stands for no time zone.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no such time zone: give an IANA name such as \"America/Denver\"")]
pub struct UnknownTimeZone;

/// The zone of an IANA name.
pub(crate) fn zone_named(name: &str) -> Result<TimeZone, UnknownTimeZone> {
    TimeZone::get(name).map_err(|_unknown| UnknownTimeZone)
}

/// The date on the zone's calendar.
pub(crate) fn local_date(at: DateTime<Utc>, zone: &TimeZone) -> Option<Date> {
    let timestamp = Timestamp::from_microsecond(at.timestamp_micros()).ok()?;
    Some(zone.to_datetime(timestamp).date())
}

#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

/// The instant of a wall-clock time (see the module's words on skipped and repeated hours).
fn instant(civil: Civil, zone: &TimeZone, edge: Edge) -> Option<DateTime<Utc>> {
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    let timestamp = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(civil).ok()?,
        AmbiguousOffset::Gap { after, .. } => {
            // Read with the offset of after the gap, the skipped time lies just before it.
            let before_gap = after.to_timestamp(civil).ok()?;
            zone.following(before_gap).next()?.timestamp()
        }
        AmbiguousOffset::Fold { before, after } => {
            let offset = match edge {
                Edge::Start => before,
                Edge::End => after,
            };
            offset.to_timestamp(civil).ok()?
        }
    };
    DateTime::from_timestamp_micros(timestamp.as_microsecond())
}

#[cfg(test)]
mod tests;
