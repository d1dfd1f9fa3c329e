//! One request at a time: each rule by a case that can be checked by hand.

use jiff::civil::{Weekday, date};

use super::*;
use crate::calendar::{Hours, WeeklyWindow};
use crate::civil::TimeOfDay;
use crate::season::{DateRange, Season};
use crate::terms::{Limit, Period};

const MINUTE: Duration = Duration::from_mins(1);

/// Every day from 09:00 to 17:00 in Denver, where it is UTC-6 in June; closed on 10 June 2030.
fn calendar() -> Calendar {
    let time = |hour: u16| TimeOfDay::from_minutes(hour * 60).unwrap();
    let hours = Hours { opens: time(9), closes: time(17) };
    let weekdays = Weekday::Monday.cycle_forward().take(7);
    let windows: Vec<WeeklyWindow> =
        weekdays.map(|weekday| WeeklyWindow { weekday, hours, season: Season::Always }).collect();
    let closure = DateRange::new(date(2030, 6, 10), date(2030, 6, 10)).unwrap();
    Calendar::new("America/Denver", &windows, &[], &[closure]).unwrap()
}

/// An instant of June 2030 in Denver: `4 09:00`.
fn at(text: &str) -> Timestamp {
    let (day, time) = text.split_once(' ').unwrap();
    let day: u8 = day.parse().unwrap();
    format!("2030-06-{day:02}T{time}:00-06:00").parse().unwrap()
}

fn interval(start: &str, end: &str) -> Interval {
    Interval::new(at(start), at(end)).unwrap()
}

fn request(start: &str, end: &str, quantity: u32) -> Request {
    Request { start: at(start), end: at(end), quantity }
}

/// The reasons against a request, with two units, on 3 June at noon.
fn reasons(terms: &Terms, taken: Taken<'_>, asked: Request) -> Vec<Refusal> {
    let calendar = calendar();
    let rental = Rental::new(&calendar, terms, &[1, 2], taken).unwrap();
    rental.judge(at("3 12:00"), &asked).err().map_or(Vec::new(), |refusals| refusals.reasons().to_vec())
}

fn plainly(asked: Request) -> Vec<Refusal> {
    reasons(&Terms::plain(), Taken::default(), asked)
}

#[test]
fn what_fits_is_allowed_with_its_buffers_and_the_free_units() {
    let calendar = calendar();
    let terms = Terms { before: 10 * MINUTE, after: 30 * MINUTE, ..Terms::plain() };
    let blocks = [Block { unit: 1, interval: interval("4 12:29", "4 13:00") }];
    let taken = Taken { blocks: &blocks, bookings: &[] };
    let rental = Rental::new(&calendar, &terms, &[2, 1], taken).unwrap();
    let judge = |asked| rental.judge(at("3 12:00"), &asked);
    let allowed = judge(request("4 10:00", "4 12:00", 1)).unwrap();
    assert_eq!(allowed.interval, interval("4 10:00", "4 12:00"));
    assert_eq!(allowed.blocked, interval("4 09:50", "4 12:30"));
    assert_eq!(allowed.units, [2]);
    assert_eq!(judge(request("4 09:45", "4 11:45", 2)).unwrap().units, [1, 2]);
}

#[test]
fn empty_and_reversed_intervals_and_no_quantity_are_refused_as_such() {
    assert_eq!(plainly(request("4 10:00", "4 10:00", 1)), [Refusal::EmptyInterval]);
    assert_eq!(plainly(request("4 10:00", "4 09:00", 0)), [Refusal::NoQuantity, Refusal::ReversedInterval]);
    assert_eq!(plainly(request("4 10:00", "4 11:00", 0)), [Refusal::NoQuantity]);
}

#[test]
fn notice_and_horizon_say_from_when_until_when() {
    let terms = Terms { notice: 120 * MINUTE, horizon: 48 * 60 * MINUTE, ..Terms::plain() };
    let judge = |asked| reasons(&terms, Taken::default(), asked);
    let soon = Refusal::TooSoon { earliest: at("3 14:00") };
    assert_eq!(judge(request("3 13:45", "3 14:45", 1)), [soon]);
    assert_eq!(judge(request("3 14:00", "3 15:00", 1)), []);
    assert_eq!(judge(request("5 12:00", "5 13:00", 1)), []);
    assert_eq!(judge(request("5 12:15", "5 13:15", 1)), [Refusal::TooFar { latest: at("5 12:00") }]);
}

#[test]
fn durations_have_a_least_and_a_greatest() {
    let terms = Terms { least: 60 * MINUTE, greatest: 120 * MINUTE, ..Terms::plain() };
    let judge = |asked| reasons(&terms, Taken::default(), asked);
    assert_eq!(judge(request("4 10:00", "4 10:59", 1)), [Refusal::TooShort { least: 60 * MINUTE }]);
    assert_eq!(judge(request("4 10:00", "4 12:01", 1)), [Refusal::TooLong { greatest: 120 * MINUTE }]);
    assert_eq!(judge(request("4 10:00", "4 12:00", 1)), []);
}

#[test]
fn a_booking_by_the_hour_lies_whole_in_one_open_stretch() {
    assert_eq!(plainly(request("4 15:00", "4 17:00", 1)), []);
    let closed = |moment, opens| Refusal::Closed { at: at(moment), closure: None, opens: Some(at(opens)) };
    assert_eq!(plainly(request("4 15:00", "4 17:15", 1)), [closed("4 17:00", "5 09:00")]);
    assert_eq!(plainly(request("4 08:00", "4 10:00", 1)), [closed("4 08:00", "4 09:00")]);
}

#[test]
fn hire_over_nights_begins_and_ends_in_open_hours_whatever_lies_between() {
    let terms = Terms { stay: Stay::OverClosedHours, greatest: 5 * 24 * 60 * MINUTE, ..Terms::plain() };
    let judge = |asked| reasons(&terms, Taken::default(), asked);
    assert_eq!(judge(request("4 15:00", "5 09:00", 1)), []);
    assert_eq!(judge(request("9 10:00", "11 17:00", 1)), [], "a closure may lie between");
    let closure = DateRange::new(date(2030, 6, 10), date(2030, 6, 10)).unwrap();
    let closed = Refusal::Closed { at: at("10 12:00"), closure: Some(closure), opens: Some(at("11 09:00")) };
    assert_eq!(judge(request("9 10:00", "10 12:00", 1)), [closed]);
    let night = Refusal::Closed { at: at("4 17:00"), closure: None, opens: Some(at("5 09:00")) };
    assert_eq!(judge(request("4 17:00", "5 12:00", 1)), [night], "nobody is there any more at 17:00");
}

#[test]
fn starts_are_on_the_grid_of_their_window_and_notice_does_not_shift_it() {
    let terms = Terms { step: Some(40 * MINUTE), notice: 10 * MINUTE, ..Terms::plain() };
    let judge = |asked| reasons(&terms, Taken::default(), asked);
    assert_eq!(judge(request("3 12:20", "3 13:00", 1)), []);
    let off = Refusal::OffGrid { before: at("3 12:20"), after: Some(at("3 13:00")) };
    assert_eq!(judge(request("3 12:21", "3 13:00", 1)), [off]);
    let last = Refusal::OffGrid { before: at("4 16:20"), after: Some(at("5 09:00")) };
    assert_eq!(judge(request("4 16:50", "4 17:00", 1)), [last]);
    let by_duration = Terms { step: None, ..Terms::plain() };
    let judge = |asked| reasons(&by_duration, Taken::default(), asked);
    assert_eq!(judge(request("4 11:00", "4 13:00", 1)), []);
    let off = Refusal::OffGrid { before: at("4 09:00"), after: Some(at("4 11:00")) };
    assert_eq!(judge(request("4 10:00", "4 12:00", 1)), [off]);
}

#[test]
fn taken_units_are_told_with_their_number_and_until_when() {
    let block = |unit, start, end| Block { unit, interval: interval(start, end) };
    let blocks =
        [block(1, "4 10:00", "4 12:00"), block(2, "4 11:30", "4 14:00"), block(9, "4 09:00", "4 17:00")];
    let taken = Taken { blocks: &blocks, bookings: &[] };
    let judge = |asked| reasons(&Terms::plain(), taken, asked);
    let until = |free, asked, until| Refusal::UnitsTaken { free, units: 2, asked, until };
    assert_eq!(judge(request("4 10:00", "4 11:30", 1)), []);
    assert_eq!(judge(request("4 10:00", "4 11:30", 2)), [until(1, 2, Some(at("4 12:00")))]);
    assert_eq!(judge(request("4 11:45", "4 13:00", 1)), [until(0, 1, Some(at("4 12:00")))]);
    assert_eq!(judge(request("4 14:00", "4 15:00", 3)), [until(2, 3, None)]);
}

#[test]
fn limits_count_by_the_start_in_the_zone_of_the_place() {
    // In UTC, the last one begins on the 5th.
    let bookings = [interval("4 09:00", "4 10:00"), interval("4 18:30", "4 19:00")];
    let taken = Taken { blocks: &[], bookings: &bookings };
    let limited = |period, most| Terms { limits: vec![Limit { period, most }], ..Terms::plain() };
    let reached = |period, most, first_date, reached| Refusal::LimitReached {
        limit: Limit { period, most },
        first_date,
        reached,
    };
    let day = limited(Period::Day, Most::Bookings(2));
    let expected = reached(Period::Day, Most::Bookings(2), date(2030, 6, 4), 2);
    assert_eq!(reasons(&day, taken, request("4 12:00", "4 13:00", 1)), [expected]);
    assert_eq!(reasons(&day, taken, request("5 12:00", "5 13:00", 1)), []);
    let week = limited(Period::Week, Most::Minutes(150));
    assert_eq!(reasons(&week, taken, request("9 12:00", "9 13:00", 1)), []);
    let expected = reached(Period::Week, Most::Minutes(150), date(2030, 6, 3), 90);
    assert_eq!(reasons(&week, taken, request("9 12:00", "9 13:01", 1)), [expected]);
    assert_eq!(reasons(&week, taken, request("11 12:00", "11 14:00", 1)), []);
}

#[test]
fn a_refusal_lists_every_reason() {
    let blocks = [Block { unit: 1, interval: interval("4 16:00", "4 18:00") }];
    let taken = Taken { blocks: &blocks, bookings: &[] };
    let limits = vec![Limit { period: Period::Day, most: Most::Bookings(0) }];
    let terms = Terms { notice: 48 * 60 * MINUTE, greatest: 60 * MINUTE, limits, ..Terms::plain() };
    let found = reasons(&terms, taken, request("4 16:31", "4 18:00", 2));
    let names: Vec<String> = found.iter().map(|reason| format!("{reason:?}")).collect();
    let names: Vec<&str> = names.iter().filter_map(|name| name.split_whitespace().next()).collect();
    assert_eq!(names, ["TooLong", "TooSoon", "Closed", "OffGrid", "UnitsTaken", "LimitReached"]);
}

#[test]
fn the_first_slot_of_each_date_goes_without_the_rest() {
    let calendar = calendar();
    let blocks: Vec<Block> =
        [1, 2].map(|unit| Block { unit, interval: interval("5 09:00", "5 10:05") }).to_vec();
    let taken = Taken { blocks: &blocks, bookings: &[] };
    let terms = Terms::plain();
    let rental = Rental::new(&calendar, &terms, &[1, 2], taken).unwrap();
    let range = interval("3 00:00", "12 00:00");
    let firsts = rental.first_of_each_date(at("3 12:00"), range, 60 * MINUTE, 1);
    let starts: Vec<Timestamp> = firsts.map(|slot| slot.start).collect();
    let expected = ["3 12:00", "4 09:00", "5 10:15", "6 09:00", "7 09:00", "8 09:00", "9 09:00", "11 09:00"];
    assert_eq!(starts, expected.map(at));
}

#[test]
fn the_last_start_may_be_the_first_of_a_window_that_touches_the_one_before() {
    let calendar = {
        let hours = Hours { opens: TimeOfDay::START, closes: TimeOfDay::END };
        let weekdays = Weekday::Monday.cycle_forward().take(7);
        let windows: Vec<WeeklyWindow> =
            weekdays.map(|weekday| WeeklyWindow { weekday, hours, season: Season::Always }).collect();
        Calendar::new("America/Denver", &windows, &[], &[]).unwrap()
    };
    // The steps of the first day would go on beyond the horizon.
    let terms = Terms { step: Some(35 * MINUTE), horizon: 24 * 60 * MINUTE, ..Terms::plain() };
    let rental = Rental::new(&calendar, &terms, &[1], Taken::default()).unwrap();
    let offer = rental.offer(at("4 00:00"), interval("4 00:00", "7 00:00"), 60 * MINUTE, 1);
    assert_eq!(offer.last().map(|slot| slot.start), Some(at("5 00:00")));
}
