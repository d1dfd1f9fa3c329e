//! Departures, one rule at a time.

use jiff::civil::{Weekday, date};

use super::*;
use crate::calendar::Which;
use crate::civil::TimeOfDay;
use crate::season::{DateRange, Season};
use crate::timetable::{DailyDeparture, DepartureOverride, TimetableError, WeeklyDeparture};

const HOUR: Duration = Duration::from_hours(1);

fn daily(hour: u16) -> DailyDeparture {
    let begins = TimeOfDay::from_minutes(hour * 60).unwrap();
    DailyDeparture { begins, duration: 2 * HOUR, capacity: 10 }
}

/// At 10:00 and 14:00 on every day.
fn weekly() -> Vec<WeeklyDeparture> {
    let weekdays = Weekday::Monday.cycle_forward().take(7);
    let rule = |weekday, hour| WeeklyDeparture { weekday, departure: daily(hour), season: Season::Always };
    weekdays.flat_map(|weekday| [rule(weekday, 10), rule(weekday, 14)]).collect()
}

fn at(text: &str) -> Timestamp {
    let (day, time) = text.split_once(' ').unwrap();
    let day: u8 = day.parse().unwrap();
    format!("2030-06-{day:02}T{time}:00-06:00").parse().unwrap()
}

/// One override (the 5th), one closure (the 6th), and one single departure on it.
fn timetable() -> Timetable {
    let replaced = DepartureOverride { date: date(2030, 6, 5), departures: vec![daily(12)] };
    let closure = DateRange::new(date(2030, 6, 6), date(2030, 6, 6)).unwrap();
    let interval = Interval::new(at("6 09:00"), at("6 18:00")).unwrap();
    let single = Departure { interval, capacity: 3 };
    Timetable::new("America/Denver", &weekly(), &[replaced], &[closure], &[single]).unwrap()
}

const TERMS: SeatTerms = SeatTerms { notice: HOUR, horizon: Duration::from_hours(96) };

#[test]
fn departures_come_from_the_week_from_overrides_and_singly() {
    let timetable = timetable();
    let departures = Departures::new(&timetable, TERMS, [(at("4 10:00"), 4), (at("4 10:00"), 5)]).unwrap();
    let range = Interval::new(at("3 00:00"), at("8 00:00")).unwrap();
    let offered = |seats| -> Vec<(Timestamp, u32)> {
        let offer = departures.offer(at("3 09:01"), range, seats);
        offer.map(|seats| (seats.departure.interval.start(), seats.left)).collect()
    };
    // The notice cuts the first, the horizon the last.
    let expected = [("3 14:00", 10), ("4 10:00", 1), ("4 14:00", 10), ("5 12:00", 10), ("6 09:00", 3)];
    assert_eq!(offered(1), expected.map(|(start, left)| (at(start), left)));
    assert_eq!(
        offered(4),
        [("3 14:00", 10), ("4 14:00", 10), ("5 12:00", 10)].map(|(s, left)| (at(s), left))
    );
    assert_eq!(offered(0), []);
}

#[test]
fn a_refusal_of_seats_says_how_many_are_left_and_what_departs_instead() {
    let timetable = timetable();
    let departures = Departures::new(&timetable, TERMS, [(at("4 10:00"), 9), (at("5 12:00"), 11)]).unwrap();
    let refused = |start: &str, seats| {
        departures.judge(at("3 09:01"), at(start), seats).unwrap_err().reasons().to_vec()
    };
    assert_eq!(refused("4 10:00", 2), [Refusal::SeatsTaken { left: 1, capacity: 10, asked: 2 }]);
    assert_eq!(refused("5 12:00", 1), [Refusal::SeatsTaken { left: 0, capacity: 10, asked: 1 }]);
    let around = |before, after| Refusal::NoDeparture { before: Some(at(before)), after: Some(at(after)) };
    assert_eq!(refused("4 11:00", 2), [around("4 10:00", "4 14:00")]);
    assert_eq!(refused("3 10:00", 0), [Refusal::NoQuantity, Refusal::TooSoon { earliest: at("3 10:01") }]);
    assert_eq!(refused("7 10:00", 1), [Refusal::TooFar { latest: at("7 09:01") }]);
}

#[test]
fn a_departure_in_a_skipped_hour_begins_after_it_unless_another_does() {
    let rule = |minutes: u16, capacity| WeeklyDeparture {
        weekday: Weekday::Sunday,
        departure: DailyDeparture {
            begins: TimeOfDay::from_minutes(minutes).unwrap(),
            duration: HOUR,
            capacity,
        },
        season: Season::Always,
    };
    // Denver skips 02:00 to 03:00 on 10 March 2030, a Sunday.
    let three: Timestamp = "2030-03-10T09:00:00Z".parse().unwrap();
    let capacity = |rules: &[WeeklyDeparture]| {
        let timetable = Timetable::new("America/Denver", rules, &[], &[], &[]).unwrap();
        timetable.departures(three, three).iter().map(|departure| departure.capacity).collect::<Vec<_>>()
    };
    assert_eq!(capacity(&[rule(150, 1)]), [1]);
    assert_eq!(capacity(&[rule(150, 1), rule(180, 2)]), [2]);
}

#[test]
fn a_timetable_that_makes_no_sense_is_refused_by_name() {
    let refused = |rules: &[WeeklyDeparture]| Timetable::new("UTC", rules, &[], &[], &[]).unwrap_err();
    let good = weekly()[0];
    let rule = |departure| WeeklyDeparture { departure, ..good };
    assert_eq!(
        refused(&[good, good]),
        TimetableError::Twice { earlier: Which::Weekly(0), later: Which::Weekly(1) }
    );
    assert_eq!(refused(&[rule(daily(24))]), TimetableError::AtDaysEnd(Which::Weekly(0)));
    let endless = DailyDeparture { duration: Duration::ZERO, ..daily(9) };
    assert_eq!(refused(&[rule(endless)]), TimetableError::Duration(Which::Weekly(0)));
    assert_eq!(Timetable::new("Nowhere", &[], &[], &[], &[]).unwrap_err(), TimetableError::UnknownZone);
}
