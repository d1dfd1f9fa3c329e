//! On what terms something can be booked.

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;

/// The farthest horizon, and the longest booking: whoever asks for what can be booked asks about an
/// amount of time that has an end.
pub const MOST_HORIZON: Duration = Duration::from_hours(3 * 366 * 24);
/// The longest booking that terms can allow.
pub const MOST_DURATION: Duration = Duration::from_hours(366 * 24);
/// The shortest step of a grid, and the shortest booking that terms can allow.
pub const LEAST_STEP: Duration = Duration::from_mins(1);

/// How a booking lies in the open hours.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Stay {
    /// Whole in one open stretch: hire by the hour.
    #[default]
    InOneStretch,
    /// It begins and ends in open hours, with anything between: hire over nights. It may end at the
    /// moment the place opens or closes, and begin at the moment it opens.
    OverClosedHours,
}

/// A period of the place's calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Period {
    /// A local date.
    Day,
    /// Seven local dates from a Monday (ISO 8601).
    Week,
    /// A month of the local calendar.
    Month,
}

impl Period {
    /// The first date of the period that a date is in.
    #[must_use]
    pub fn first_date(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Week => date.saturating_sub(i32::from(date.weekday().to_monday_zero_offset()).days()),
            Self::Month => date.first_of_month(),
        }
    }
}

/// What a limit counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Most {
    /// So many bookings, whatever their quantities.
    Bookings(u32),
    /// Bookings that together take so many elapsed minutes, without buffers.
    Minutes(u32),
}

/// The most that is booked in a period. A booking counts, whole, in the period in which it begins, on
/// the place's calendar.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Limit {
    /// In what.
    pub period: Period,
    /// How much.
    pub most: Most,
}

/// On what terms units can be booked. All durations are elapsed time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    /// How long a unit is blocked before a booking begins.
    pub before: Duration,
    /// How long a unit is blocked after a booking ends.
    pub after: Duration,
    /// A booking begins at least so long from now.
    pub notice: Duration,
    /// A booking begins at most so long from now; at most [`MOST_HORIZON`].
    pub horizon: Duration,
    /// The shortest booking; at least [`LEAST_STEP`].
    pub least: Duration,
    /// The longest booking; not less than the shortest, and at most [`MOST_DURATION`].
    pub greatest: Duration,
    /// How far starts are apart from one another, from the start of each window; at least
    /// [`LEAST_STEP`]. None, and they are apart by the duration that is asked for.
    pub step: Option<Duration>,
    /// The most that is booked in periods.
    pub limits: Vec<Limit>,
    /// How bookings lie in the open hours.
    pub stay: Stay,
}

/// What is wrong with terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TermsError {
    /// The horizon is beyond [`MOST_HORIZON`].
    #[error("the horizon is at most 1098 days")]
    HorizonTooFar,
    /// The shortest booking is shorter than [`LEAST_STEP`].
    #[error("the shortest booking takes at least a minute")]
    LeastTooShort,
    /// The longest booking is shorter than the shortest.
    #[error("the longest booking is not shorter than the shortest")]
    GreatestBelowLeast,
    /// The longest booking is longer than [`MOST_DURATION`].
    #[error("the longest booking takes at most 366 days")]
    GreatestTooLong,
    /// The step is shorter than [`LEAST_STEP`].
    #[error("starts are at least a minute apart")]
    StepTooShort,
}

impl Terms {
    /// Any start on a grid of 15 minutes, from a minute to a day long, up to 60 days ahead, without
    /// buffers, notice and limits, in one open stretch.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            before: Duration::ZERO,
            after: Duration::ZERO,
            notice: Duration::ZERO,
            horizon: Duration::from_hours(60 * 24),
            least: LEAST_STEP,
            greatest: Duration::from_hours(24),
            step: Some(Duration::from_mins(15)),
            limits: Vec::new(),
            stay: Stay::InOneStretch,
        }
    }

    /// Whether the terms keep to their bounds.
    pub fn check(&self) -> Result<(), TermsError> {
        match self {
            _ if self.horizon > MOST_HORIZON => Err(TermsError::HorizonTooFar),
            _ if self.least < LEAST_STEP => Err(TermsError::LeastTooShort),
            _ if self.greatest < self.least => Err(TermsError::GreatestBelowLeast),
            _ if self.greatest > MOST_DURATION => Err(TermsError::GreatestTooLong),
            _ if self.step.is_some_and(|step| step < LEAST_STEP) => Err(TermsError::StepTooShort),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_week_begins_on_monday_and_a_month_on_its_first() {
        // 3 March 2030 is a Sunday.
        assert_eq!(Period::Week.first_date(date(2030, 3, 3)), date(2030, 2, 25));
        assert_eq!(Period::Week.first_date(date(2030, 3, 4)), date(2030, 3, 4));
        assert_eq!(Period::Month.first_date(date(2030, 3, 3)), date(2030, 3, 1));
        assert_eq!(Period::Day.first_date(date(2030, 3, 3)), date(2030, 3, 3));
    }

    #[test]
    fn terms_keep_to_their_bounds() {
        let second = Duration::from_secs(1);
        let plain = Terms::plain;
        assert_eq!(plain().check(), Ok(()));
        for (terms, error) in [
            (Terms { horizon: MOST_HORIZON + second, ..plain() }, TermsError::HorizonTooFar),
            (Terms { least: LEAST_STEP.checked_sub(second).unwrap(), ..plain() }, TermsError::LeastTooShort),
            (
                Terms { greatest: LEAST_STEP.checked_sub(second).unwrap(), ..plain() },
                TermsError::GreatestBelowLeast,
            ),
            (Terms { greatest: MOST_DURATION + second, ..plain() }, TermsError::GreatestTooLong),
            (Terms { step: Some(Duration::ZERO), ..plain() }, TermsError::StepTooShort),
        ] {
            assert_eq!(terms.check(), Err(error));
        }
    }
}
