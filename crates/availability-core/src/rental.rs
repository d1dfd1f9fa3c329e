//! Rentals of identical units: what can be booked when, and if not, why not.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::blocks::{Block, Blocks};
use crate::calendar::Calendar;
use crate::civil::{date_of, earlier, elapsed, later};
use crate::interval::Interval;
use crate::offer::Offer;
use crate::refusal::{Refusal, Refusals};
use crate::sweep::{Look, Sweep, whole_steps};
use crate::terms::{Most, Stay, Terms, TermsError};

/// What somebody asks for. Nothing about it is sure: it is judged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Request {
    /// When the booking begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// How many units, all for all of the time.
    pub quantity: u32,
}

/// A request that can be booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allowed {
    /// From when to when, as the customer sees it.
    pub interval: Interval,
    /// From when to when units have to be blocked: with the buffers.
    pub blocked: Interval,
    /// The numbers of all the units that are free for that, ascending: at least as many as are asked
    /// for.
    pub units: Vec<u32>,
}

/// What takes units and counts for limits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Taken<'a> {
    /// When which unit cannot be had, with buffers.
    pub blocks: &'a [Block],
    /// The bookings that count for the limits, from when to when, without buffers.
    pub bookings: &'a [Interval],
}

/// Identical units of a place, at one moment: when it is open, on what terms, and what is taken.
#[derive(Clone, Debug)]
pub struct Rental<'a> {
    calendar: &'a Calendar,
    terms: &'a Terms,
    blocks: Blocks,
    /// By limit and first date of its period: how many bookings, and their time.
    tallies: Vec<HashMap<Date, (u32, Duration)>>,
}

impl<'a> Rental<'a> {
    /// The units of these numbers. Blocks of other numbers do not matter.
    pub fn new(
        calendar: &'a Calendar,
        terms: &'a Terms,
        units: &[u32],
        taken: Taken<'_>,
    ) -> Result<Self, TermsError> {
        terms.check()?;
        let mut tallies = vec![HashMap::new(); terms.limits.len()];
        if !tallies.is_empty() {
            for booking in taken.bookings {
                let date = date_of(calendar.zone(), booking.start());
                for (limit, tally) in terms.limits.iter().zip(&mut tallies) {
                    let (count, time): &mut (u32, Duration) =
                        tally.entry(limit.period.first_date(date)).or_default();
                    *count = count.saturating_add(1);
                    *time = time.saturating_add(booking.duration());
                }
            }
        }
        Ok(Self { calendar, terms, blocks: Blocks::new(units, taken.blocks), tallies })
    }

    /// When the place is open.
    #[must_use]
    pub fn calendar(&self) -> &'a Calendar {
        self.calendar
    }

    /// On what terms.
    #[must_use]
    pub fn terms(&self) -> &'a Terms {
        self.terms
    }

    pub(crate) fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// Whether a request can be booked now; if not, every reason.
    pub fn judge(&self, now: Timestamp, request: &Request) -> Result<Allowed, Refusals> {
        let mut reasons = Vec::new();
        if request.quantity == 0 {
            reasons.push(Refusal::NoQuantity);
        }
        let Ok(interval) = Interval::new(request.start, request.end) else {
            let empty = request.start == request.end;
            reasons.push(if empty { Refusal::EmptyInterval } else { Refusal::ReversedInterval });
            return Err(Refusals(reasons));
        };
        let mut sweep = Sweep::new(self, now, interval.duration(), interval.start(), interval.start());
        let look = sweep.look(interval.start());
        let blocked = self.blocked(interval);
        if !self.fits(interval.duration()) || !look.allows(request.quantity) {
            self.explain(&sweep, look, interval, request.quantity, &mut reasons);
        }
        if reasons.is_empty() {
            Ok(Allowed { interval, blocked, units: self.blocks.free(blocked) })
        } else {
            Err(Refusals(reasons))
        }
    }

    /// Everything of a duration that begins in `range` and can be booked now for so many units, in order
    /// of time.
    ///
    /// Exactly what [`Self::judge`] allows: nothing for a duration or a quantity that it refuses. It is
    /// worked out while it is asked for; take as much as is needed.
    #[must_use]
    pub fn offer(&self, now: Timestamp, range: Interval, duration: Duration, quantity: u32) -> Offer<'_> {
        let from = range.start().max(later(now, self.terms.notice));
        // The last nanosecond of the range, to include the horizon and exclude the range's end.
        let to = earlier(range.end(), Duration::from_nanos(1)).min(later(now, self.terms.horizon));
        let possible = from <= to && self.fits(duration) && 0 < quantity && quantity <= self.blocks.count();
        let sweep = if possible { Sweep::new(self, now, duration, from, to) } else { Sweep::nothing(self) };
        Offer::new(sweep, from, to, quantity)
    }

    /// The first slot of each local date on which anything of [`Self::offer`] begins.
    pub fn first_of_each_date(
        &self,
        now: Timestamp,
        range: Interval,
        duration: Duration,
        quantity: u32,
    ) -> impl Iterator<Item = crate::offer::Slot> {
        self.offer(now, range, duration, quantity).first_of_each_date()
    }

    fn fits(&self, duration: Duration) -> bool {
        self.terms.least <= duration && duration <= self.terms.greatest
    }

    fn blocked(&self, interval: Interval) -> Interval {
        let start = earlier(interval.start(), self.terms.before);
        Interval::new(start, later(interval.end(), self.terms.after)).unwrap_or(interval)
    }

    /// The limits that a booking of this duration on this date would exceed.
    pub(crate) fn limits_reached(&self, date: Date, duration: Duration) -> impl Iterator<Item = Refusal> {
        self.terms.limits.iter().zip(&self.tallies).filter_map(move |(limit, tally)| {
            let first_date = limit.period.first_date(date);
            let (count, time) = tally.get(&first_date).copied().unwrap_or_default();
            let reached = |reached| Refusal::LimitReached { limit: *limit, first_date, reached };
            match limit.most {
                Most::Bookings(most) => (count >= most).then(|| reached(u64::from(count))),
                Most::Minutes(most) => {
                    let most = Duration::from_secs(u64::from(most) * 60);
                    let exceeds = time.saturating_add(duration) > most;
                    exceeds.then(|| reached(time.as_secs().div_ceil(60)))
                }
            }
        })
    }

    /// What is in the way, in words of its own for each fact.
    fn explain(
        &self,
        sweep: &Sweep<'_>,
        look: Look,
        interval: Interval,
        quantity: u32,
        reasons: &mut Vec<Refusal>,
    ) {
        let (start, duration) = (interval.start(), interval.duration());
        if duration < self.terms.least {
            reasons.push(Refusal::TooShort { least: self.terms.least });
        }
        if duration > self.terms.greatest {
            reasons.push(Refusal::TooLong { greatest: self.terms.greatest });
        }
        if look.soon {
            reasons.push(Refusal::TooSoon { earliest: sweep.earliest() });
        }
        if look.far {
            reasons.push(Refusal::TooFar { latest: sweep.latest() });
        }
        if !look.open {
            reasons.extend(self.closed(look, interval));
        }
        if let (false, Some(open)) = (look.on_grid, look.window) {
            let steps = whole_steps(elapsed(open.interval.start(), start), sweep.step());
            let before = later(open.interval.start(), steps);
            let next = Some(later(before, sweep.step())).filter(|next| *next < open.interval.end());
            let after = next.into_iter().chain(self.calendar.next_opening(start)).min();
            reasons.push(Refusal::OffGrid { before, after });
        }
        if look.free < quantity {
            reasons.push(Refusal::UnitsTaken {
                free: look.free,
                units: self.blocks.count(),
                asked: quantity,
                until: self.blocks.first_end(self.blocked(interval)),
            });
        }
        if look.full {
            reasons.extend(self.limits_reached(date_of(self.calendar.zone(), start), duration));
        }
    }

    /// At which moments the place is closed that a booking needs it to be open.
    fn closed(&self, look: Look, interval: Interval) -> Vec<Refusal> {
        let closed = |at| Refusal::Closed {
            at,
            closure: self.calendar.closure(self.calendar.date(at)),
            opens: self.calendar.next_opening(at),
        };
        let (start, end) = (interval.start(), interval.end());
        let mut moments = Vec::new();
        if look.window.is_none() {
            moments.push(start);
        }
        match self.terms.stay {
            Stay::InOneStretch if look.window.is_some() => {
                let reach = later(start, interval.duration().min(self.terms.greatest));
                let stretches = self.calendar.touching(start, reach);
                let stretch = stretches.into_iter().find(|stretch| start < stretch.end());
                moments.extend(stretch.map(Interval::end));
            }
            Stay::InOneStretch => {}
            Stay::OverClosedHours => {
                let opens = |stretch: &Interval| stretch.start() <= end && end <= stretch.end();
                if !self.calendar.touching(end, end).iter().any(opens) {
                    moments.push(end);
                }
            }
        }
        moments.into_iter().map(closed).collect()
    }
}

#[cfg(test)]
mod tests;
