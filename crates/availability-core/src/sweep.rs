//! The one decision, for starts in order of time.
//!
//! Owns the facts that decide about a start: whoever judges one request and whoever offers many look
//! through the same eyes. Everything in it moves forward only, so that many starts cost little more
//! than one.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::blocks::{Busy, Length};
use crate::calendar::Open;
use crate::civil::{date_of, earlier, elapsed, later};
use crate::interval::Interval;
use crate::rental::Rental;
use crate::terms::Stay;

/// What can be said about bookings of one duration that begin in a time.
#[derive(Clone, Debug)]
pub(crate) struct Sweep<'a> {
    rental: &'a Rental<'a>,
    duration: Duration,
    step: Duration,
    earliest: Timestamp,
    latest: Timestamp,
    windows: Vec<Open>,
    /// How many of the windows have begun.
    begun: usize,
    /// Where bookings must lie, or end.
    stretches: Vec<Interval>,
    stretch: usize,
    busy: Busy,
    /// Of the window with this position: whether all of it is on its date.
    on_one_date: Option<(usize, bool)>,
    /// Of this date: whether a limit is reached.
    full: Option<(Date, bool)>,
}

/// The facts about a start.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and any may come together")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Look {
    pub soon: bool,
    pub far: bool,
    /// The window that it begins in.
    pub window: Option<Open>,
    pub on_grid: bool,
    /// Begins and lies or ends in open hours.
    pub open: bool,
    pub free: u32,
    pub full: bool,
}

impl Look {
    /// Whether so many units can be booked, for a duration that is neither too short nor too long.
    pub fn allows(&self, quantity: u32) -> bool {
        let timely = !self.soon && !self.far;
        timely && self.open && self.on_grid && !self.full && quantity > 0 && self.free >= quantity
    }
}

impl<'a> Sweep<'a> {
    /// For starts from `from` to `to`, both included.
    pub fn new(
        rental: &'a Rental<'a>,
        now: Timestamp,
        duration: Duration,
        from: Timestamp,
        to: Timestamp,
    ) -> Self {
        let (calendar, terms) = (rental.calendar(), rental.terms());
        // Nobody asks about the end of what is longer than allowed: it would take forever to look.
        let reach = duration.min(terms.greatest);
        let stretches = match terms.stay {
            Stay::InOneStretch => calendar.touching(from, later(to, reach)),
            Stay::OverClosedHours => calendar.touching(later(from, duration), later(to, duration)),
        };
        let length = Length { before: terms.before, duration, after: terms.after };
        Self {
            rental,
            duration,
            step: terms.step.unwrap_or(duration),
            earliest: later(now, terms.notice),
            latest: later(now, terms.horizon),
            windows: calendar.windows(from, to),
            begun: 0,
            stretches,
            stretch: 0,
            busy: rental.blocks().busy(length, from, to),
            on_one_date: None,
            full: None,
        }
    }

    /// A sweep in which nothing can be booked.
    pub fn nothing(rental: &'a Rental<'a>) -> Self {
        Self {
            rental,
            duration: Duration::ZERO,
            step: Duration::ZERO,
            earliest: Timestamp::MAX,
            latest: Timestamp::MIN,
            windows: Vec::new(),
            begun: 0,
            stretches: Vec::new(),
            stretch: 0,
            busy: Busy::default(),
            on_one_date: None,
            full: None,
        }
    }

    pub fn earliest(&self) -> Timestamp {
        self.earliest
    }

    pub fn latest(&self) -> Timestamp {
        self.latest
    }

    pub fn duration(&self) -> Duration {
        self.duration
    }

    pub fn step(&self) -> Duration {
        self.step
    }

    /// A window, and until when starts are on its grid: in an hour that happens twice, the next window
    /// may begin before this one ends.
    pub fn grid(&self, position: usize) -> Option<Interval> {
        let window = self.windows.get(position)?.interval;
        let next = self.windows.get(position + 1).map_or(window.end(), |next| next.interval.start());
        Interval::new(window.start(), window.end().min(next)).ok()
    }

    /// How many windows there are.
    pub fn windows(&self) -> usize {
        self.windows.len()
    }

    /// The facts about a start, which is not before the last one that was looked at.
    pub fn look(&mut self, start: Timestamp) -> Look {
        let window = self.window_at(start);
        let end = later(start, self.duration);
        let (held, last) = match self.rental.terms().stay {
            Stay::InOneStretch => (start, later(start, self.duration.min(self.rental.terms().greatest))),
            Stay::OverClosedHours => (end, end),
        };
        while self.stretches.get(self.stretch).is_some_and(|stretch| stretch.end() < last) {
            self.stretch += 1;
        }
        let held = self.stretches.get(self.stretch).is_some_and(|stretch| stretch.start() <= held);
        Look {
            soon: start < self.earliest,
            far: start > self.latest,
            window,
            on_grid: window.is_none_or(|open| is_multiple(elapsed(open.interval.start(), start), self.step)),
            open: window.is_some() && held,
            free: self.rental.blocks().count().saturating_sub(self.busy.at(start)),
            full: self.is_full(start),
        }
    }

    /// The local date of a start. It goes with the window's, but where the clocks change.
    pub fn date(&mut self, start: Timestamp) -> Date {
        let zone = self.rental.calendar().zone();
        let Some(open) = self.window_at(start) else { return date_of(zone, start) };
        let position = self.begun - 1;
        let known = self.on_one_date.filter(|(known, _)| *known == position);
        let (_, on_one_date) = *self.on_one_date.insert(known.unwrap_or_else(|| {
            let first = open.interval.start();
            let last = earlier(open.interval.end(), Duration::from_nanos(1));
            let whole = zone.to_offset(first) == zone.to_offset(last) && date_of(zone, last) == open.date;
            (position, whole && date_of(zone, first) == open.date)
        }));
        if on_one_date { open.date } else { date_of(zone, start) }
    }

    /// Whether all of the window is on one date that [`Self::date`] was last asked about.
    pub fn is_on_one_date(&self) -> bool {
        self.on_one_date.is_some_and(|(_, on_one_date)| on_one_date)
    }

    /// The window whose hours a start is in.
    fn window_at(&mut self, start: Timestamp) -> Option<Open> {
        while self.windows.get(self.begun).is_some_and(|open| open.interval.start() <= start) {
            self.begun += 1;
        }
        let last = self.begun.checked_sub(1).and_then(|last| self.windows.get(last)).copied();
        last.filter(|open| start < open.interval.end())
    }

    fn is_full(&mut self, start: Timestamp) -> bool {
        if self.rental.terms().limits.is_empty() {
            return false;
        }
        let date = self.date(start);
        let known = self.full.filter(|(known, _)| *known == date);
        let full =
            known.unwrap_or_else(|| (date, self.rental.limits_reached(date, self.duration).next().is_some()));
        self.full = Some(full);
        full.1
    }
}

/// Whether a time is so many whole steps. (Division of 128 bits is slow, and rarely needed.)
fn is_multiple(time: Duration, step: Duration) -> bool {
    if time.subsec_nanos() == 0 && step.subsec_nanos() == 0 {
        return time.as_secs().checked_rem(step.as_secs()) == Some(0);
    }
    time.as_nanos().checked_rem(step.as_nanos()) == Some(0)
}

/// The last whole steps in a time.
pub(crate) fn whole_steps(time: Duration, step: Duration) -> Duration {
    match time.as_nanos().checked_rem(step.as_nanos()) {
        Some(rest) => time.saturating_sub(Duration::from_nanos_u128(rest)),
        None => Duration::ZERO,
    }
}
