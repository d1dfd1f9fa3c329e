//! The rules once more, minute by minute, as slowly and plainly as they can be written.

use std::collections::BTreeSet;
use std::time::Duration;

use availability_core::{
    Block, DateRange, DayOverride, Hours, Interval, Most, Refusal, Request, Stay, Terms, WeeklyWindow,
};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// The clocks of a zone at each minute of a time.
#[derive(Debug)]
pub struct Clocks {
    pub base: Timestamp,
    local: Vec<DateTime>,
}

impl Clocks {
    pub fn new(zone: &str, base: Timestamp, minutes: usize) -> Self {
        let zone = TimeZone::get(zone).unwrap();
        let instants = (0..minutes).map(|minute| at(base, minute));
        Self { base, local: instants.map(|instant| zone.to_datetime(instant)).collect() }
    }

    pub fn at(&self, minute: usize) -> Timestamp {
        at(self.base, minute)
    }

    /// The minute of an instant of this time.
    pub fn minute(&self, at: Timestamp) -> usize {
        usize::try_from(self.base.duration_until(at).as_mins()).unwrap()
    }

    /// What the clocks show.
    pub fn local(&self, minute: usize) -> DateTime {
        self.local[minute]
    }

    pub fn date(&self, minute: usize) -> Date {
        self.local[minute].date()
    }

    /// All dates, but for the first and last few, which may not be there whole.
    pub fn dates(&self) -> BTreeSet<Date> {
        let mut dates: BTreeSet<Date> = self.local.iter().map(|local| local.date()).collect();
        dates.pop_first();
        dates.pop_last();
        dates
    }

    /// The window of these hours, in minutes: from the first at which the clocks show the opening or
    /// more, until the last at which they show the closing; if they never do, until after the last at
    /// which they show less.
    pub fn window(&self, date: Date, hours: Hours) -> Option<Window> {
        let clock = |minutes: u16| {
            let midnight = date.to_datetime(jiff::civil::Time::midnight());
            midnight.checked_add(Duration::from_secs(u64::from(minutes) * 60)).unwrap()
        };
        let (opens, closes) = (clock(hours.opens.minutes()), clock(hours.closes.minutes()));
        let start = self.local.iter().position(|local| *local >= opens)?;
        let shown = self.local.iter().rposition(|local| *local == closes);
        let end = shown.or_else(|| Some(self.local.iter().rposition(|local| *local < closes)? + 1))?;
        (start < end).then_some(Window { start, end })
    }
}

fn at(base: Timestamp, minute: usize) -> Timestamp {
    base.checked_add(Duration::from_secs(60 * u64::try_from(minute).unwrap())).unwrap()
}

/// Open hours, in minutes of the clocks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Window {
    pub start: usize,
    pub end: usize,
}

/// The windows of a calendar.
pub fn windows(
    clocks: &Clocks,
    weekly: &[WeeklyWindow],
    overrides: &[DayOverride],
    closures: &[DateRange],
) -> Vec<Window> {
    let mut windows = Vec::new();
    for date in clocks.dates() {
        if closures.iter().any(|closure| closure.contains(date)) {
            continue;
        }
        let replaced = overrides.iter().find(|other| other.date == date).map(|other| other.hours.clone());
        let hours = replaced.unwrap_or_else(|| {
            let todays =
                weekly.iter().filter(|one| one.weekday == date.weekday() && one.season.contains(date));
            todays.map(|one| one.hours).collect()
        });
        windows.extend(hours.into_iter().filter_map(|hours| clocks.window(date, hours)));
    }
    windows.sort_unstable();
    windows
}

/// A rental, minute by minute.
#[derive(Debug)]
pub struct Rental<'a> {
    pub clocks: &'a Clocks,
    pub windows: &'a [Window],
    pub terms: &'a Terms,
    pub units: &'a [u32],
    pub blocks: &'a [Block],
    pub bookings: &'a [Interval],
}

/// Why not, without explanations.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    NoQuantity,
    Empty,
    Reversed,
    Soon,
    Far,
    Short,
    Long,
    Closed,
    OffGrid,
    Taken,
    Full,
}

impl Reason {
    pub fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NoQuantity => Self::NoQuantity,
            Refusal::EmptyInterval => Self::Empty,
            Refusal::ReversedInterval => Self::Reversed,
            Refusal::TooSoon { .. } => Self::Soon,
            Refusal::TooFar { .. } => Self::Far,
            Refusal::TooShort { .. } => Self::Short,
            Refusal::TooLong { .. } => Self::Long,
            Refusal::Closed { .. } => Self::Closed,
            Refusal::OffGrid { .. } => Self::OffGrid,
            Refusal::UnitsTaken { .. } => Self::Taken,
            Refusal::LimitReached { .. } => Self::Full,
            Refusal::NoDeparture { .. } | Refusal::SeatsTaken { .. } => panic!("no reason of a rental"),
        }
    }
}

impl Rental<'_> {
    pub fn is_open(&self, minute: usize) -> bool {
        self.windows.iter().any(|window| window.start <= minute && minute < window.end)
    }

    fn step(&self, duration: usize) -> usize {
        self.terms.step.map_or(duration, minutes)
    }

    /// Every start on a grid: of the window that began last.
    pub fn is_on_grid(&self, minute: usize, duration: usize) -> bool {
        let last = self.windows.iter().rfind(|window| window.start <= minute);
        last.is_some_and(|window| {
            minute < window.end && (minute - window.start).is_multiple_of(self.step(duration))
        })
    }

    pub fn is_blocked(&self, unit: u32, minute: usize) -> bool {
        let at = self.clocks.at(minute);
        let holds = |block: &&Block| block.interval.start() <= at && at < block.interval.end();
        self.blocks.iter().filter(|block| block.unit == unit).any(|block| holds(&block))
    }

    /// The minutes in which units have to be free.
    pub fn blocked(&self, start: usize, end: usize) -> std::ops::Range<usize> {
        start - minutes(self.terms.before)..end + minutes(self.terms.after)
    }

    pub fn free_units(&self, start: usize, end: usize) -> Vec<u32> {
        let is_free = |unit: &u32| self.blocked(start, end).all(|minute| !self.is_blocked(*unit, minute));
        self.units.iter().copied().filter(is_free).collect()
    }

    fn is_full(&self, start: usize, duration: usize) -> bool {
        self.terms.limits.iter().any(|limit| {
            let period = limit.period.first_date(self.clocks.date(start));
            let in_period = |booking: &&Interval| {
                limit.period.first_date(self.clocks.date(self.clocks.minute(booking.start()))) == period
            };
            let bookings = self.bookings.iter().filter(in_period);
            match limit.most {
                Most::Bookings(most) => bookings.count() + 1 > usize::try_from(most).unwrap(),
                Most::Minutes(most) => {
                    let taken: usize = bookings.map(|booking| minutes(booking.duration())).sum();
                    taken + duration > usize::try_from(most).unwrap()
                }
            }
        })
    }

    /// Every reason why a request is refused.
    pub fn reasons(&self, now: usize, request: &Request) -> BTreeSet<Reason> {
        let (start, end) = (self.clocks.minute(request.start), self.clocks.minute(request.end));
        let mut reasons = BTreeSet::new();
        let mut refuse_if = |refused: bool, reason| _ = refused.then(|| reasons.insert(reason));
        refuse_if(request.quantity == 0, Reason::NoQuantity);
        refuse_if(start == end, Reason::Empty);
        refuse_if(start > end, Reason::Reversed);
        if start >= end {
            return reasons;
        }
        let terms = self.terms;
        let duration = end - start;
        refuse_if(start < now + minutes(terms.notice), Reason::Soon);
        refuse_if(start > now + minutes(terms.horizon), Reason::Far);
        refuse_if(duration < minutes(terms.least), Reason::Short);
        refuse_if(duration > minutes(terms.greatest), Reason::Long);
        let open = match terms.stay {
            Stay::InOneStretch => {
                (start..end.min(start + minutes(terms.greatest))).all(|minute| self.is_open(minute))
            }
            Stay::OverClosedHours => self.is_open(start) && (self.is_open(end) || self.is_open(end - 1)),
        };
        refuse_if(!open, Reason::Closed);
        refuse_if(self.is_open(start) && !self.is_on_grid(start, duration), Reason::OffGrid);
        let free = self.free_units(start, end).len();
        refuse_if(free < usize::try_from(request.quantity).unwrap(), Reason::Taken);
        refuse_if(self.is_full(start, duration), Reason::Full);
        reasons
    }
}

pub fn minutes(duration: Duration) -> usize {
    usize::try_from(duration.as_secs() / 60).unwrap()
}
