//! The dates on which something holds: all, those of one year, or the same ones every year.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// Dates from the first to the last, both included, on the place's calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DateRange {
    first: Date,
    last: Date,
}

/// Two dates that are no range: the last is before the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a range of dates ends before it begins")]
pub struct NotADateRange;

impl DateRange {
    /// From `first` to `last`, both included.
    pub fn new(first: Date, last: Date) -> Result<Self, NotADateRange> {
        if first <= last { Ok(Self { first, last }) } else { Err(NotADateRange) }
    }

    /// The first date.
    #[must_use]
    pub fn first(self) -> Date {
        self.first
    }

    /// The last date.
    #[must_use]
    pub fn last(self) -> Date {
        self.last
    }

    /// Whether the date is among them.
    #[must_use]
    pub fn contains(self, date: Date) -> bool {
        self.first <= date && date <= self.last
    }

    /// Both as one, if the other has its first date in this one.
    pub(crate) fn joined(self, other: Self) -> Option<Self> {
        self.contains(other.first).then(|| Self { first: self.first, last: self.last.max(other.last) })
    }
}

/// A day of every year; 29 February is one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MonthDay {
    month: i8,
    day: i8,
}

/// A month and a day that no year has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no year has such a day")]
pub struct NotAMonthDay;

impl MonthDay {
    /// The day of the month, both counted from 1.
    pub fn new(month: i8, day: i8) -> Result<Self, NotAMonthDay> {
        // A leap year has them all.
        match Date::new(2000, month, day) {
            Ok(_) => Ok(Self { month, day }),
            Err(_no_such_day) => Err(NotAMonthDay),
        }
    }

    fn of(date: Date) -> Self {
        Self { month: date.month(), day: date.day() }
    }
}

/// When a rule of the week holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Season {
    /// On every date.
    #[default]
    Always,
    /// On these dates, once.
    Dates(DateRange),
    /// From one day of the year to another, both included, in every year. Where the last comes before
    /// the first, New Year lies between them.
    EveryYear {
        /// The first day. If it is 29 February, a year without it begins on 1 March.
        first: MonthDay,
        /// The last day. If it is 29 February, a year without it ends on 28 February.
        last: MonthDay,
    },
}

impl Season {
    /// Whether the date is in the season.
    #[must_use]
    pub fn contains(&self, date: Date) -> bool {
        match self {
            Self::Always => true,
            Self::Dates(range) => range.contains(date),
            Self::EveryYear { first, last } => is_between(MonthDay::of(date), *first, *last),
        }
    }

    /// Whether both seasons have such a weekday in common.
    pub(crate) fn meets(&self, other: &Self, weekday: Weekday) -> bool {
        match (self, other) {
            (Self::Dates(range), other) | (other, Self::Dates(range)) => {
                // In 40 years every day of the year has fallen on every weekday.
                let last = range.last.min(range.first.saturating_add(40.years()));
                let to_first = i32::from(range.first.weekday().until(weekday));
                let Ok(first) = range.first.checked_add(to_first.days()) else { return false };
                first.series(1.week()).take_while(|date| *date <= last).any(|date| other.contains(date))
            }
            (Self::Always, _) | (_, Self::Always) => true,
            (Self::EveryYear { first: a, last: b }, Self::EveryYear { first: c, last: d }) => {
                is_between(*a, *c, *d) || is_between(*c, *a, *b)
            }
        }
    }
}

fn is_between(day: MonthDay, first: MonthDay, last: MonthDay) -> bool {
    if first <= last { first <= day && day <= last } else { day >= first || day <= last }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn every_year(first: (i8, i8), last: (i8, i8)) -> Season {
        let day = |(month, day)| MonthDay::new(month, day).unwrap();
        Season::EveryYear { first: day(first), last: day(last) }
    }

    fn dates(first: Date, last: Date) -> Season {
        Season::Dates(DateRange::new(first, last).unwrap())
    }

    #[test]
    fn a_season_includes_its_first_and_last_day() {
        let summer = every_year((5, 15), (9, 30));
        assert!(summer.contains(date(2030, 5, 15)) && summer.contains(date(2031, 9, 30)));
        assert!(!summer.contains(date(2030, 5, 14)) && !summer.contains(date(2030, 10, 1)));
        let once = dates(date(2030, 5, 15), date(2030, 5, 15));
        assert!(once.contains(date(2030, 5, 15)) && !once.contains(date(2031, 5, 15)));
    }

    #[test]
    fn a_winter_season_runs_over_new_year() {
        let winter = every_year((12, 1), (2, 29));
        for day in
            [date(2030, 12, 1), date(2030, 12, 31), date(2031, 1, 1), date(2031, 2, 28), date(2032, 2, 29)]
        {
            assert!(winter.contains(day), "{day}");
        }
        assert!(!winter.contains(date(2031, 3, 1)) && !winter.contains(date(2030, 11, 30)));
    }

    #[test]
    fn seasons_meet_on_a_weekday_that_both_have() {
        let (winter, summer) = (every_year((12, 1), (2, 29)), every_year((3, 1), (11, 30)));
        assert!(!winter.meets(&summer, Weekday::Monday));
        assert!(winter.meets(&every_year((2, 29), (3, 1)), Weekday::Monday));
        assert!(winter.meets(&Season::Always, Weekday::Monday));
        // 6 May 2030 is a Monday.
        let monday = dates(date(2030, 5, 6), date(2030, 5, 6));
        assert!(monday.meets(&summer, Weekday::Monday) && summer.meets(&monday, Weekday::Monday));
        assert!(!monday.meets(&summer, Weekday::Tuesday));
        assert!(!monday.meets(&winter, Weekday::Monday));
        let ages = dates(Date::MIN, Date::MAX);
        assert!(ages.meets(&every_year((2, 29), (2, 29)), Weekday::Monday));
    }

    #[test]
    fn a_day_that_no_year_has_and_a_reversed_range_are_refused() {
        assert_eq!(MonthDay::new(2, 30), Err(NotAMonthDay));
        assert!(MonthDay::new(2, 29).is_ok());
        assert_eq!(DateRange::new(date(2030, 1, 2), date(2030, 1, 1)), Err(NotADateRange));
    }
}
