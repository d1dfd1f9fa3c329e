//! Calendars: what is valid, and which layer wins.

use jiff::civil::date;

use super::*;

fn time(text: &str) -> TimeOfDay {
    let (hour, minute) = text.split_once(':').unwrap();
    let parse = |part: &str| part.parse::<u16>().unwrap();
    TimeOfDay::from_minutes(parse(hour) * 60 + parse(minute)).unwrap()
}

fn hours(opens: &str, closes: &str) -> Hours {
    Hours { opens: time(opens), closes: time(closes) }
}

fn window(weekday: Weekday, opens: &str, closes: &str) -> WeeklyWindow {
    WeeklyWindow { weekday, hours: hours(opens, closes), season: Season::Always }
}

fn daily(opens: &str, closes: &str) -> Vec<WeeklyWindow> {
    Weekday::Monday.cycle_forward().take(7).map(|weekday| window(weekday, opens, closes)).collect()
}

fn range(first: Date, last: Date) -> DateRange {
    DateRange::new(first, last).unwrap()
}

/// What is open in a week from Monday, 3 June 2030, as local times.
fn week(calendar: &Calendar) -> Vec<String> {
    let at = |day: i8| date(2030, 6, day).to_zoned(calendar.zone().clone()).unwrap().timestamp();
    let stretches = calendar.stretches(Interval::new(at(3), at(10)).unwrap());
    let show = |at| calendar.local(at).strftime("%a %H:%M").to_string();
    stretches.iter().map(|one| format!("{} to {}", show(one.start()), show(one.end()))).collect()
}

fn denver(windows: &[WeeklyWindow], overrides: &[DayOverride], closures: &[DateRange]) -> Calendar {
    Calendar::new("America/Denver", windows, overrides, closures).unwrap()
}

#[test]
fn a_place_is_open_in_its_weekly_windows_several_a_day() {
    let windows = [
        window(Weekday::Tuesday, "13:00", "17:00"),
        window(Weekday::Tuesday, "09:00", "12:00"),
        window(Weekday::Saturday, "10:00", "24:00"),
    ];
    assert_eq!(
        week(&denver(&windows, &[], &[])),
        ["Tue 09:00 to Tue 12:00", "Tue 13:00 to Tue 17:00", "Sat 10:00 to Sun 00:00"]
    );
    assert!(week(&denver(&[], &[], &[])).is_empty(), "without windows it is closed");
}

#[test]
fn windows_that_touch_at_midnight_or_in_a_day_are_one_open_stretch() {
    let windows = [
        window(Weekday::Friday, "18:00", "21:00"),
        window(Weekday::Friday, "21:00", "24:00"),
        window(Weekday::Saturday, "00:00", "02:00"),
    ];
    assert_eq!(week(&denver(&windows, &[], &[])), ["Fri 18:00 to Sat 02:00"]);
}

#[test]
fn an_override_replaces_the_whole_local_date_and_a_closure_closes_it() {
    let overrides = [
        DayOverride { date: date(2030, 6, 4), hours: vec![hours("15:00", "16:00"), hours("11:00", "12:00")] },
        DayOverride { date: date(2030, 6, 5), hours: vec![] },
        DayOverride { date: date(2030, 6, 7), hours: vec![hours("00:00", "24:00")] },
    ];
    let closures = [range(date(2030, 6, 7), date(2030, 6, 8)), range(date(2030, 6, 8), date(2030, 6, 8))];
    let calendar = denver(&daily("09:00", "10:00"), &overrides, &closures);
    assert_eq!(
        week(&calendar),
        [
            "Mon 09:00 to Mon 10:00",
            "Tue 11:00 to Tue 12:00",
            "Tue 15:00 to Tue 16:00",
            "Thu 09:00 to Thu 10:00",
            "Sun 09:00 to Sun 10:00"
        ]
    );
    assert_eq!(calendar.closure(date(2030, 6, 8)), Some(range(date(2030, 6, 7), date(2030, 6, 8))));
    assert_eq!(calendar.closure(date(2030, 6, 9)), None);
}

#[test]
fn a_window_holds_in_its_season_only() {
    let until_wednesday = Season::Dates(range(date(2030, 1, 1), date(2030, 6, 5)));
    let mut windows = daily("09:00", "10:00");
    for window in &mut windows {
        window.season = until_wednesday;
    }
    let calendar = denver(&windows, &[], &[]);
    assert_eq!(
        week(&calendar),
        ["Mon 09:00 to Mon 10:00", "Tue 09:00 to Tue 10:00", "Wed 09:00 to Wed 10:00"]
    );
    let saturday = "2030-06-08T00:00:00Z".parse().unwrap();
    assert_eq!(calendar.next_opening(saturday), None, "the season does not come back");
}

#[test]
fn seasons_that_do_not_meet_may_have_the_same_hours() {
    let season = |first, last| Season::Dates(range(first, last));
    let monday = |season| WeeklyWindow { season, ..window(Weekday::Monday, "09:00", "17:00") };
    let spring = monday(season(date(2030, 3, 1), date(2030, 5, 31)));
    let summer = monday(season(date(2030, 6, 1), date(2030, 8, 31)));
    assert!(Calendar::new("UTC", &[spring, summer], &[], &[]).is_ok());
    let overlap = CalendarError::Overlap { earlier: Which::Weekly(0), later: Which::Weekly(1) };
    let always = monday(Season::Always);
    assert_eq!(Calendar::new("UTC", &[spring, always], &[], &[]).unwrap_err(), overlap);
}

#[test]
fn hours_that_are_empty_reversed_or_overlap_are_refused_by_name() {
    let refused = |windows: &[WeeklyWindow]| Calendar::new("UTC", windows, &[], &[]).unwrap_err();
    let good = window(Weekday::Monday, "09:00", "12:00");
    let empty = window(Weekday::Monday, "13:00", "13:00");
    let reversed = window(Weekday::Monday, "22:00", "02:00");
    let overlapping = window(Weekday::Monday, "11:59", "13:00");
    assert_eq!(refused(&[good, empty]), CalendarError::Empty(Which::Weekly(1)));
    assert_eq!(refused(&[good, reversed]), CalendarError::Reversed(Which::Weekly(1)));
    assert_eq!(
        refused(&[empty_day(), good, overlapping]),
        CalendarError::Overlap { earlier: Which::Weekly(1), later: Which::Weekly(2) }
    );
    let touching = window(Weekday::Monday, "12:00", "13:00");
    assert!(Calendar::new("UTC", &[good, touching], &[], &[]).is_ok());
    assert_eq!(Calendar::new("Mars/Olympus", &[], &[], &[]).unwrap_err(), CalendarError::UnknownZone);
}

fn empty_day() -> WeeklyWindow {
    window(Weekday::Tuesday, "09:00", "12:00")
}

#[test]
fn overrides_are_held_to_the_same_rules() {
    let refused = |overrides: &[DayOverride]| Calendar::new("UTC", &[], overrides, &[]).unwrap_err();
    let day = |hours: Vec<Hours>| DayOverride { date: date(2030, 1, 1), hours };
    let (first, second) = (Which::Override { day: 0, hours: 0 }, Which::Override { day: 0, hours: 1 });
    assert_eq!(refused(&[day(vec![hours("09:00", "09:00")])]), CalendarError::Empty(first));
    assert_eq!(
        refused(&[day(vec![hours("09:00", "11:00"), hours("10:00", "12:00")])]),
        CalendarError::Overlap { earlier: first, later: second }
    );
    assert_eq!(refused(&[day(vec![]), day(vec![])]), CalendarError::OverriddenTwice(1));
}
