//! What can be booked when: rentals of identical units, and departures with seats.
//!
//! Owns opening hours and timetables in the zone of a place, the terms of booking, and the decision
//! what can be booked and, if not, why not. What is offered and what is accepted come from the same
//! facts: everything that is offered is accepted, and nothing else is. It performs no I/O, knows no
//! clock and keeps no state: what is booked already, and what time it is, is the caller's knowledge.
//!
//! Whatever comes out carries instants. [`Calendar::local`] tells their local dates and offsets.
//! Intervals are half-open, and durations are elapsed time, also where the clocks change.
//!
//! ```
//! use std::time::Duration;
//!
//! use availability_core::{
//!     Calendar, Hours, Interval, Rental, Request, Season, Taken, Terms, TimeOfDay, WeeklyWindow,
//! };
//! use jiff::civil::Weekday;
//!
//! let hours = Hours { opens: TimeOfDay::from_minutes(9 * 60)?, closes: TimeOfDay::from_minutes(17 * 60)? };
//! let saturday = WeeklyWindow { weekday: Weekday::Saturday, hours, season: Season::Always };
//! let calendar = Calendar::new("America/Denver", &[saturday], &[], &[])?;
//! let terms = Terms { step: Some(Duration::from_hours(1)), ..Terms::plain() };
//! let rental = Rental::new(&calendar, &terms, &[1, 2, 3], Taken::default())?;
//!
//! let now = "2030-06-01T00:00:00Z".parse()?;
//! let week = Interval::new(now, "2030-06-08T00:00:00Z".parse()?)?;
//! let slots: Vec<_> = rental.offer(now, week, Duration::from_hours(3), 2).collect();
//! assert_eq!(slots.len(), 6);
//! assert_eq!(calendar.local(slots[0].start).to_string(), "2030-06-01T09:00:00-06:00[America/Denver]");
//!
//! let request = Request { start: slots[0].start, end: slots[0].end, quantity: 2 };
//! assert!(rental.judge(now, &request).is_ok_and(|allowed| allowed.units == [1, 2, 3]));
//! let refused = rental.judge(now, &Request { quantity: 4, ..request }).unwrap_err();
//! assert_eq!(refused.to_string(), "3 of 3 are free, 4 are asked for");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blocks;
mod calendar;
mod civil;
mod departures;
mod interval;
mod offer;
mod refusal;
mod rental;
mod season;
mod sweep;
mod terms;
mod timetable;

pub use blocks::Block;
pub use calendar::{Calendar, CalendarError, DayOverride, Hours, WeeklyWindow, Which};
pub use civil::{NotATimeOfDay, TimeOfDay};
pub use departures::{Departures, SeatTerms, Seats};
pub use interval::{Interval, NotAnInterval};
pub use offer::{Offer, Slot};
pub use refusal::{Refusal, Refusals};
pub use rental::{Allowed, Rental, Request, Taken};
pub use season::{DateRange, MonthDay, NotADateRange, NotAMonthDay, Season};
pub use terms::{LEAST_STEP, Limit, MOST_DURATION, MOST_HORIZON, Most, Period, Stay, Terms, TermsError};
pub use timetable::{
    DailyDeparture, Departure, DepartureOverride, Timetable, TimetableError, WeeklyDeparture,
};
