//! Open hours in twenty zones, through every change of their clocks in four years.

use availability_core::{Calendar, Hours, Interval, Season, TimeOfDay, WeeklyWindow};
use jiff::civil::{Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::naive::{self, Clocks};

/// Zones of both hemispheres, with and without changes, with changes at midnight (Havana, Santiago,
/// Asuncion, Sao Paulo, Beirut, Tehran), of half an hour (Lord Howe), of two hours (Troll), against the
/// usual sign (Dublin, Casablanca), and between months of fasting (Gaza, Casablanca).
const ZONES: [&str; 22] = [
    "America/Denver",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "America/Santiago",
    "America/Asuncion",
    "America/Nuuk",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Berlin",
    "Europe/Lisbon",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Tehran",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Antarctica/Troll",
];

fn daily(hours: &[(u16, u16)]) -> Vec<WeeklyWindow> {
    let time = |minutes| TimeOfDay::from_minutes(minutes).unwrap();
    let weekdays = Weekday::Monday.cycle_forward().take(7);
    let windows = weekdays.flat_map(|weekday| {
        hours.iter().map(move |(opens, closes)| {
            let hours = Hours { opens: time(*opens), closes: time(*closes) };
            WeeklyWindow { weekday, hours, season: Season::Always }
        })
    });
    windows.collect()
}

/// Hours that put every edge of a quarter of an hour to the test.
fn weeks() -> Vec<Vec<(u16, u16)>> {
    let every = |first: u16, long: u16| -> Vec<(u16, u16)> {
        (0..24)
            .map(|hour| (hour * 60 + first, hour * 60 + first + long))
            .filter(|(_, end)| *end <= 1440)
            .collect()
    };
    let alternate = |first: usize| every(0, 60).into_iter().skip(first).step_by(2).collect();
    vec![
        every(15, 30),
        every(30, 15),
        every(45, 15),
        alternate(0),
        alternate(1),
        vec![(0, 30), (1410, 1440)],
        vec![(0, 1440)],
        vec![(540, 1020)],
    ]
}

/// Checks the hours around an instant, from a day before to a day after it.
fn assert_hours_around(zone_name: &str, change: Timestamp) {
    let clocks = Clocks::new(zone_name, change - 48.hours(), 4 * 24 * 60);
    // Away from the ends, where the clocks do not tell whole dates.
    let (from, to) = (clocks.at(24 * 60), clocks.at(3 * 24 * 60));
    let range = Interval::new(from, to).unwrap();
    for hours in weeks() {
        let weekly = daily(&hours);
        let calendar = Calendar::new(zone_name, &weekly, &[], &[]).unwrap();
        let windows = naive::windows(&clocks, &weekly, &[], &[]);
        let mut stretches: Vec<Interval> = Vec::new();
        for window in windows {
            let (start, end) = (clocks.at(window.start), clocks.at(window.end));
            match stretches.pop() {
                Some(last) if start <= last.end() => {
                    stretches.push(Interval::new(last.start(), last.end().max(end)).unwrap());
                }
                last => {
                    stretches.extend(last);
                    stretches.push(Interval::new(start, end).unwrap());
                }
            }
        }
        stretches.retain(|stretch| stretch.overlaps(range));
        let cut = |stretches: Vec<Interval>| -> Vec<Interval> {
            let cut = |one: Interval| Interval::new(one.start().max(from), one.end().min(to)).unwrap();
            stretches.into_iter().map(cut).collect()
        };
        let found = cut(calendar.stretches(range));
        assert_eq!(found, cut(stretches), "{zone_name} around {change}: {hours:?}");

        // Each opens and closes at a time that is stated, but where the clocks jump over it.
        let minute_of = |at: Timestamp| {
            let time = calendar.local(at).time();
            u16::try_from(time.hour()).unwrap() * 60 + u16::try_from(time.minute()).unwrap()
        };
        for stretch in found {
            let states = |at: Timestamp, of: fn(&(u16, u16)) -> u16| {
                at == from
                    || at == to
                    || at == change
                    || hours.iter().any(|one| of(one) % 1440 == minute_of(at))
            };
            assert!(states(stretch.start(), |(opens, _)| *opens), "{zone_name}: {stretch:?}");
            assert!(states(stretch.end(), |(_, closes)| *closes), "{zone_name}: {stretch:?}");
        }
    }
}

#[test]
fn places_open_and_close_at_the_stated_local_times_through_every_change_of_the_clocks() {
    let mut changes = 0;
    for name in ZONES {
        let zone = TimeZone::get(name).unwrap();
        // Some zones have stopped to change their clocks.
        for year in [2017, 2030] {
            let first = date(year, 1, 1).to_zoned(TimeZone::UTC).unwrap().timestamp();
            let last = date(year + 2, 1, 1).to_zoned(TimeZone::UTC).unwrap().timestamp();
            for change in zone.following(first).map(|change| change.timestamp()) {
                if change >= last {
                    break;
                }
                assert_hours_around(name, change);
                changes += 1;
            }
        }
    }
    assert!(changes > 130, "{changes} changes");
}

#[test]
fn a_date_that_a_zone_skips_has_no_hours() {
    // From the end of 29 December 2011, which was 10:00Z on the 30th.
    let change = "2011-12-30T10:00:00Z".parse().unwrap();
    assert_hours_around("Pacific/Apia", change);
    let around = Interval::new(change - 18.hours(), change + 18.hours()).unwrap();
    let calendar = Calendar::new("Pacific/Apia", &daily(&[(540, 1020)]), &[], &[]).unwrap();
    let opened: Vec<String> = calendar
        .stretches(around)
        .iter()
        .map(|stretch| calendar.local(stretch.start()).to_string())
        .collect();
    assert_eq!(
        opened,
        ["2011-12-29T09:00:00-10:00[Pacific/Apia]", "2011-12-31T09:00:00+14:00[Pacific/Apia]"]
    );
}

#[test]
fn an_hour_that_is_there_twice_is_open_twice_and_one_that_is_not_there_is_not_open() {
    let calendar = Calendar::new("America/Denver", &daily(&[(60, 180)]), &[], &[]).unwrap();
    let hours = |from: &str, to: &str| -> Vec<u64> {
        let range = Interval::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
        calendar.stretches(range).iter().map(|stretch| stretch.duration().as_secs() / 3600).collect()
    };
    assert_eq!(hours("2030-03-09T06:00:00Z", "2030-03-11T12:00:00Z"), [2, 1, 2]);
    assert_eq!(hours("2030-11-02T06:00:00Z", "2030-11-04T12:00:00Z"), [2, 3, 2]);
}
