//! Departures with seats: which can be booked, and if not, why not.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::civil::{earlier, later};
use crate::interval::Interval;
use crate::refusal::{Refusal, Refusals};
use crate::terms::{MOST_HORIZON, TermsError};
use crate::timetable::{Departure, Timetable};

/// When seats can be booked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SeatTerms {
    /// A departure is booked at least so long before it begins.
    pub notice: Duration,
    /// A departure is booked at most so long before it begins; at most [`MOST_HORIZON`].
    pub horizon: Duration,
}

/// A departure that can be booked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Seats {
    /// What departs.
    pub departure: Departure,
    /// How many seats are left.
    pub left: u32,
}

/// The departures of a timetable at one moment: on what terms, and which seats are taken.
#[derive(Clone, Debug)]
pub struct Departures<'a> {
    timetable: &'a Timetable,
    terms: SeatTerms,
    /// By when the departure begins.
    taken: HashMap<Timestamp, u32>,
}

impl<'a> Departures<'a> {
    /// With the seats that are taken, by when their departures begin; several of one add up. Those of
    /// departures that the timetable does not have do not matter.
    pub fn new(
        timetable: &'a Timetable,
        terms: SeatTerms,
        taken: impl IntoIterator<Item = (Timestamp, u32)>,
    ) -> Result<Self, TermsError> {
        if terms.horizon > MOST_HORIZON {
            return Err(TermsError::HorizonTooFar);
        }
        let mut seats: HashMap<Timestamp, u32> = HashMap::new();
        for (start, count) in taken {
            let sum = seats.entry(start).or_default();
            *sum = sum.saturating_add(count);
        }
        Ok(Self { timetable, terms, taken: seats })
    }

    /// Whether so many seats of the departure that begins at `start` can be booked now; if not, every
    /// reason.
    pub fn judge(&self, now: Timestamp, start: Timestamp, seats: u32) -> Result<Seats, Refusals> {
        let departure = self.timetable.departures(start, start).first().copied();
        let mut reasons = self.reasons(now, start, departure, seats);
        match departure {
            Some(departure) if reasons.is_empty() => Ok(Seats { departure, left: self.left(departure) }),
            Some(_) => Err(Refusals(reasons)),
            None => {
                let (before, after) = self.timetable.around(start);
                reasons.push(Refusal::NoDeparture { before, after });
                Err(Refusals(reasons))
            }
        }
    }

    /// Every departure that begins in `range` and has so many seats left, in order of time: exactly those
    /// that [`Self::judge`] allows.
    pub fn offer(&self, now: Timestamp, range: Interval, seats: u32) -> impl Iterator<Item = Seats> {
        let from = range.start().max(later(now, self.terms.notice));
        // The last nanosecond of the range, to include the horizon and exclude the range's end.
        let to = earlier(range.end(), Duration::from_nanos(1)).min(later(now, self.terms.horizon));
        let departures = self.timetable.departures(from, to).into_iter();
        departures.filter_map(move |departure| {
            let reasons = self.reasons(now, departure.interval.start(), Some(departure), seats);
            reasons.is_empty().then(|| Seats { departure, left: self.left(departure) })
        })
    }

    fn left(&self, departure: Departure) -> u32 {
        let taken = self.taken.get(&departure.interval.start()).copied().unwrap_or_default();
        departure.capacity.saturating_sub(taken)
    }

    fn reasons(
        &self,
        now: Timestamp,
        start: Timestamp,
        departure: Option<Departure>,
        seats: u32,
    ) -> Vec<Refusal> {
        let mut reasons = Vec::new();
        if seats == 0 {
            reasons.push(Refusal::NoQuantity);
        }
        let (earliest, latest) = (later(now, self.terms.notice), later(now, self.terms.horizon));
        if start < earliest {
            reasons.push(Refusal::TooSoon { earliest });
        }
        if start > latest {
            reasons.push(Refusal::TooFar { latest });
        }
        if let Some(departure) = departure {
            let left = self.left(departure);
            if left < seats {
                reasons.push(Refusal::SeatsTaken { left, capacity: departure.capacity, asked: seats });
            }
        }
        reasons
    }
}

#[cfg(test)]
mod tests;
