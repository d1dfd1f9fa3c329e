//! Windows in many zones, through every change of their clocks.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

/// Zones of both hemispheres, with and without changes, with changes at midnight (Havana, Beirut,
/// Santiago), of half an hour (Lord Howe) and against the usual sign (Dublin).
const ZONES: [&str; 20] = [
    "America/Denver",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Anchorage",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Sao_Paulo",
    "Pacific/Honolulu",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Europe/London",
    "Europe/Dublin",
    "Africa/Cairo",
];

fn zone(name: &str) -> TimeZone {
    zone_named(name).unwrap()
}

fn time(text: &str) -> TimeOfDay {
    text.parse().unwrap()
}

fn window(weekday: i16, opens: &str, closes: &str) -> WeeklyWindow {
    WeeklyWindow { weekday, opens: time(opens), closes: time(closes), capacity: 5 }
}

/// The same windows on every day of the week.
fn daily(times: &[(&str, &str)]) -> WeeklySchedule {
    let windows = (1..=7).flat_map(|day| times.iter().map(move |(opens, closes)| window(day, opens, closes)));
    WeeklySchedule::new(windows.collect()).unwrap()
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn range(text: &str) -> TimeRange {
    text.parse().unwrap()
}

#[track_caller]
fn assert_on(zone_name: &str, day: Date, times: &[(&str, &str)], expected: &[&str]) {
    let slots = daily(times).slots(&zone(zone_name), day..day.tomorrow().unwrap());
    let ranges: Vec<String> = slots.iter().map(|slot| slot.range.to_string()).collect();
    assert_eq!(ranges, expected);
}

#[test]
fn a_skipped_hour_moves_to_the_first_instant_after_it() {
    // Denver skips 02:00 to 03:00 on 10 March 2030: 09:00Z is both.
    let day = date(2030, 3, 10);
    assert_on("America/Denver", day, &[("02:30", "04:00")], &["2030-03-10T09:00:00Z/2030-03-10T10:00:00Z"]);
    assert_on("America/Denver", day, &[("01:00", "02:30")], &["2030-03-10T08:00:00Z/2030-03-10T09:00:00Z"]);
    assert_on("America/Denver", day, &[("02:10", "02:50")], &[]);
}

#[test]
fn a_repeated_hour_counts_twice() {
    // Denver has 01:00 to 02:00 twice on 3 November 2030, from 07:00Z and from 08:00Z.
    let day = date(2030, 11, 3);
    assert_on("America/Denver", day, &[("01:15", "01:45")], &["2030-11-03T07:15:00Z/2030-11-03T08:45:00Z"]);
    assert_on("America/Denver", day, &[("00:30", "03:00")], &["2030-11-03T06:30:00Z/2030-11-03T10:00:00Z"]);
}

#[test]
fn a_window_may_end_at_midnight() {
    assert_on(
        "America/Denver",
        date(2030, 3, 1),
        &[("20:00", "24:00")],
        &["2030-03-02T03:00:00Z/2030-03-02T07:00:00Z"],
    );
    assert_eq!(time("24:00").to_string(), "24:00");
    for text in ["24:01", "9:00", "09:60", "0900", "09:00:00", "-1:00", "+9:00"] {
        assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
    }
}

#[test]
fn whole_days_leave_no_gap_in_two_years_of_twenty_zones() {
    let whole_day = daily(&[("00:00", "24:00")]);
    for name in ZONES {
        let zone = zone(name);
        let slots = whole_day.slots(&zone, date(2029, 1, 1)..date(2031, 1, 1));
        assert_eq!(slots.len(), 730, "{name}");
        for days in slots.windows(2) {
            let (yesterday, today) = (days[0], days[1]);
            assert_eq!(local_date(today.range.start(), &zone), Some(today.local_date), "{name}");
            // They touch; an hour that is repeated around midnight belongs to both days.
            let overlap = yesterday.range.end() - today.range.start();
            assert!([0, 30, 60].contains(&overlap.num_minutes()), "{name} {}", today.local_date);
        }
    }
}

#[test]
fn hours_are_never_shortened_but_by_the_clocks() {
    let hourly = daily(&[
        ("00:00", "01:00"),
        ("01:00", "02:00"),
        ("02:00", "03:00"),
        ("03:00", "04:00"),
        ("12:00", "13:00"),
        ("22:00", "23:00"),
        ("23:00", "24:00"),
    ]);
    for name in ZONES {
        let zone = zone(name);
        let mut odd_days = std::collections::BTreeSet::new();
        for slot in hourly.slots(&zone, date(2029, 1, 1)..date(2031, 1, 1)) {
            if slot.range.duration() != TimeDelta::hours(1) {
                odd_days.insert(slot.local_date);
            }
        }
        let start = zone.to_timestamp(date(2029, 1, 1).at(0, 0, 0, 0)).unwrap();
        let end = zone.to_timestamp(date(2031, 1, 1).at(0, 0, 0, 0)).unwrap();
        let changes = zone.following(start).take_while(|change| change.timestamp() < end).count();
        // A skipped whole hour leaves its neighbours whole.
        assert!(odd_days.len() <= 2 * changes, "{name}: {odd_days:?}");
        assert!(changes > 0 || odd_days.is_empty(), "{name}");
    }
}

#[test]
fn notice_and_horizon_bound_what_is_offered() {
    let zone = zone("America/Denver");
    let schedule = WeeklySchedule::usual();
    // Saturday 09:00 in Denver is 16:00Z.
    let everything = Date::MIN..Date::MAX;
    let first = |now: &str| offered(&schedule, &zone, utc(now), everything.clone())[0].range;
    let saturday = range("2030-03-02T16:00:00Z/2030-03-02T20:00:00Z");
    assert_eq!(first("2030-03-02T14:00:00Z"), saturday);
    assert_eq!(first("2030-03-02T14:00:01Z"), range("2030-03-06T23:00:00Z/2030-03-07T02:00:00Z"));
    let slots = offered(&schedule, &zone, utc("2030-03-01T17:00:00Z"), everything);
    let days: Vec<String> = slots.iter().map(|slot| slot.local_date.to_string()).collect();
    assert_eq!(days, ["2030-03-02", "2030-03-06", "2030-03-09", "2030-03-13"]);
    let two = offered(&schedule, &zone, utc("2030-03-01T17:00:00Z"), date(2030, 3, 6)..date(2030, 3, 13));
    assert_eq!(two, slots[1..3]);
    let now = utc("2030-03-02T15:00:00Z");
    assert_eq!(accept(&schedule, &zone, now, saturday), Err(WindowRefusal::TooSoon));
    let far = range("2030-03-23T15:00:00Z/2030-03-23T19:00:00Z");
    assert_eq!(accept(&schedule, &zone, now, far), Err(WindowRefusal::TooFar));
}

#[test]
fn without_windows_any_stay_of_a_fair_length_will_do() {
    let (any_time, zone) = (WeeklySchedule::default(), zone("America/Denver"));
    let now = utc("2030-03-01T17:00:00Z");
    let accept = |start: i64, minutes: i64| {
        let start = now + TimeDelta::minutes(start);
        let range = TimeRange::new(start, start + TimeDelta::minutes(minutes)).unwrap();
        accept(&any_time, &zone, now, range)
    };
    assert!(offered(&any_time, &zone, now, Date::MIN..Date::MAX).is_empty());
    assert_eq!(accept(1, 15), Ok(None));
    assert_eq!(accept(14 * 24 * 60, 480), Ok(None));
    assert_eq!(accept(0, 60), Err(WindowRefusal::Past));
    assert_eq!(accept(60, 14), Err(WindowRefusal::Length));
    assert_eq!(accept(60, 481), Err(WindowRefusal::Length));
    assert_eq!(accept(14 * 24 * 60 + 1, 60), Err(WindowRefusal::TooFar));
}

#[test]
fn a_schedule_names_what_is_wrong_with_it() {
    let fields = |windows: Vec<WeeklyWindow>| -> Vec<String> {
        let refused = WeeklySchedule::new(windows).unwrap_err();
        refused.fields.into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(
        fields(vec![window(0, "09:00", "10:00"), window(3, "10:00", "10:00")]),
        ["windows/0/weekday", "windows/1/closes"]
    );
    assert_eq!(fields(vec![window(3, "09:00", "10:00"), window(3, "09:30", "11:00")]), ["windows/1/opens"]);
    assert_eq!(
        fields(vec![WeeklyWindow { capacity: 0, ..window(3, "09:00", "10:00") }]),
        ["windows/0/capacity"]
    );
    let touching = WeeklySchedule::new(vec![window(3, "10:00", "11:00"), window(3, "09:00", "10:00")]);
    assert_eq!(touching.unwrap().windows()[0].opens, time("09:00"));
}

fn any_schedule() -> impl Strategy<Value = WeeklySchedule> {
    let window = (1..=7_i16, 0..1440_u16, 1..=1440_u16).prop_map(|(weekday, opens, length)| WeeklyWindow {
        weekday,
        opens: TimeOfDay(opens),
        closes: TimeOfDay((opens + length).min(1440)),
        capacity: 3,
    });
    // Of windows that overlap, the earlier ones of the list stay.
    prop::collection::vec(window, 1..12).prop_map(|windows| {
        let mut kept = Vec::new();
        for window in windows {
            kept.push(window);
            if WeeklySchedule::new(kept.clone()).is_err() {
                kept.pop();
            }
        }
        WeeklySchedule::new(kept).unwrap()
    })
}

proptest! {
    #[test]
    fn what_is_offered_is_accepted_and_nothing_else(
        schedule in any_schedule(),
        zone_index in 0..ZONES.len(),
        minute in 0..1_051_200_i64,
        nudge in prop_oneof![Just(0_i64), -90..90_i64],
    ) {
        let zone = zone(ZONES[zone_index]);
        let now = utc("2029-01-01T00:00:00Z") + TimeDelta::minutes(minute);
        let slots = offered(&schedule, &zone, now, Date::MIN..Date::MAX);
        prop_assert!(slots.is_sorted_by_key(|slot| slot.local_date));
        for slot in &slots {
            prop_assert_eq!(accept(&schedule, &zone, now, slot.range), Ok(Some(*slot)));
            let by = TimeDelta::minutes(nudge);
            let moved = TimeRange::new(slot.range.start() + by, slot.range.end() + by).unwrap();
            let is_offered = slots.iter().any(|slot| slot.range == moved);
            prop_assert_eq!(accept(&schedule, &zone, now, moved).is_ok(), is_offered);
        }
    }
}
