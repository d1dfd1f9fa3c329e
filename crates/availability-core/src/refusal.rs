//! Why something cannot be booked: every reason, each with what explains it.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::season::DateRange;
use crate::terms::Limit;

/// One reason why a request is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// A quantity of 0.
    #[error("ask for at least one")]
    NoQuantity,
    /// The end is the start.
    #[error("it takes no time")]
    EmptyInterval,
    /// The end is before the start.
    #[error("it ends before it begins")]
    ReversedInterval,
    /// It begins before what the notice allows.
    #[error("it must begin at {earliest} or later")]
    TooSoon {
        /// The first instant at which it may begin.
        earliest: Timestamp,
    },
    /// It begins beyond the horizon.
    #[error("it must begin at {latest} or earlier")]
    TooFar {
        /// The last instant at which it may begin.
        latest: Timestamp,
    },
    /// It is shorter than allowed.
    #[error("it must take {} minutes or more", least.as_secs() / 60)]
    TooShort {
        /// The shortest that is allowed.
        least: Duration,
    },
    /// It is longer than allowed.
    #[error("it must take {} minutes or less", greatest.as_secs() / 60)]
    TooLong {
        /// The longest that is allowed.
        greatest: Duration,
    },
    /// The place is closed at a moment at which it has to be open.
    #[error("closed at {at}")]
    Closed {
        /// The first such moment. For hire over nights it is the start or the end, and each is a
        /// reason of its own.
        at: Timestamp,
        /// The closure that holds then; none, and it lies outside of the open hours.
        closure: Option<DateRange>,
        /// When the place opens next, if it does within a year.
        opens: Option<Timestamp>,
    },
    /// It does not begin on the grid of the window that it begins in.
    #[error("it does not begin at one of the offered times")]
    OffGrid {
        /// The last start on the grid before it.
        before: Timestamp,
        /// The first start on the grid after it, of this window or the next, if there is one within a
        /// year.
        after: Option<Timestamp>,
    },
    /// Too few units are free for all of the blocked interval.
    #[error("{free} of {units} are free, {asked} are asked for")]
    UnitsTaken {
        /// How many are free.
        free: u32,
        /// How many there are.
        units: u32,
        /// How many are asked for.
        asked: u32,
        /// When the first of the intervals ends that are in the way, with its buffer; none if there are
        /// fewer units than are asked for and nothing is in the way.
        until: Option<Timestamp>,
    },
    /// A limit of a day, week or month leaves no room.
    #[error("{reached} of {:?} are booked in the {:?} from {first_date}", limit.most, limit.period)]
    LimitReached {
        /// The limit.
        limit: Limit,
        /// The first date of the period.
        first_date: Date,
        /// How many bookings, or minutes (a part of one counts as one), there are without this request.
        reached: u64,
    },
    /// Nothing departs then.
    #[error("no departure at this time")]
    NoDeparture {
        /// The last departure before, within a year.
        before: Option<Timestamp>,
        /// The first departure after, within a year.
        after: Option<Timestamp>,
    },
    /// Too few seats are left.
    #[error("{left} of {capacity} seats are left, {asked} are asked for")]
    SeatsTaken {
        /// How many are left.
        left: u32,
        /// How many there are.
        capacity: u32,
        /// How many are asked for.
        asked: u32,
    },
}

/// Every reason why a request is refused; at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusals(pub(crate) Vec<Refusal>);

impl Refusals {
    /// The reasons, those about the request itself first.
    #[must_use]
    pub fn reasons(&self) -> &[Refusal] {
        &self.0
    }
}

impl std::fmt::Display for Refusals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, reason) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { "; " };
            write!(f, "{comma}{reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusals {}
