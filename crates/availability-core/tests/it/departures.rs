//! Departures through the clock changes of several zones: what is offered is what is accepted.

use std::collections::BTreeMap;
use std::time::Duration;

use availability_core::{
    DailyDeparture, DateRange, Departure, DepartureOverride, Departures, Interval, Season, SeatTerms,
    TimeOfDay, Timetable, WeeklyDeparture,
};
use jiff::civil::Weekday;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use crate::naive::Clocks;

const DAYS: usize = 8;

fn daily(units: u16, capacity: u32) -> DailyDeparture {
    let begins = TimeOfDay::from_minutes(units * 30).unwrap();
    DailyDeparture { begins, duration: Duration::from_mins(90), capacity }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn departures_that_are_offered_are_accepted_and_no_others(
        scene in 0..4_usize,
        times in prop::collection::btree_map(0..48_u16, 0..5_u32, 0..8),
        replaced in prop::option::of((3..5_usize, prop::collection::btree_map(0..48_u16, 0..5_u32, 0..4))),
        closed in prop::option::of(3..5_usize),
        single in prop::option::of((0..96_usize, 1..5_u32)),
        taken in prop::collection::vec((0..192_usize, 0..4_u32), 0..20),
        notice in 0..40_u64,
        horizon in 10..60_u64,
        seats in 0..4_u32,
    ) {
        let (zone, base) = [
            ("America/Denver", "2030-03-10T00:00:00Z"),
            ("America/Denver", "2030-11-02T18:00:00Z"),
            ("America/Havana", "2030-03-09T12:00:00Z"),
            ("Pacific/Apia", "2011-12-29T12:00:00Z"),
        ][scene];
        let base: Timestamp = base.parse().unwrap();
        let clocks = Clocks::new(zone, base - 72.hours(), DAYS * 24 * 60);
        let weekdays = Weekday::Monday.cycle_forward().take(7);
        let weekly: Vec<WeeklyDeparture> = weekdays
            .flat_map(|weekday| {
                times.iter().map(move |(units, capacity)| WeeklyDeparture {
                    weekday,
                    departure: daily(*units, *capacity),
                    season: Season::Always,
                })
            })
            .collect();
        let dates: Vec<_> = clocks.dates().into_iter().collect();
        let replaced = replaced.map(|(day, times)| (dates[day % dates.len()], times));
        let overrides: Vec<DepartureOverride> = replaced
            .iter()
            .map(|(date, times)| DepartureOverride {
                date: *date,
                departures: times.iter().map(|(units, capacity)| daily(*units, *capacity)).collect(),
            })
            .collect();
        let closures: Vec<DateRange> =
            closed.iter().map(|day| DateRange::new(dates[*day], dates[*day]).unwrap()).collect();
        let half_hour = |units: usize| clocks.at(72 * 60 + units * 30);
        let singles: Vec<Departure> = single
            .iter()
            .map(|(units, capacity)| Departure {
                interval: Interval::new(half_hour(*units), half_hour(units + 5)).unwrap(),
                capacity: *capacity,
            })
            .collect();
        let timetable = Timetable::new(zone, &weekly, &overrides, &closures, &singles).unwrap();
        let hours = |hours: u64| Duration::from_secs(3600 * hours);
        let terms = SeatTerms { notice: hours(notice), horizon: hours(horizon) };
        let taken: Vec<(Timestamp, u32)> =
            taken.into_iter().map(|(units, seats)| (half_hour(units % 96), seats)).collect();
        let departures = Departures::new(&timetable, terms, taken.iter().copied()).unwrap();

        // The reference: by start, those moved by a gap first, to be replaced by others.
        let mut expected: BTreeMap<Timestamp, (u32, u64)> = BTreeMap::new();
        let mut entries = Vec::new();
        for date in &dates {
            if closures.iter().any(|closure| closure.contains(*date)) {
                continue;
            }
            let times = replaced.iter().find(|(other, _)| other == date).map_or(&times, |(_, times)| times);
            for (units, capacity) in times {
                let opens = daily(*units, 0).begins;
                let own = date.to_datetime(jiff::civil::Time::midnight()) + (i64::from(*units) * 30).minutes();
                let shown = (0..DAYS * 24 * 60).find(|minute| clocks.local(*minute) >= own);
                let Some(minute) = shown else { continue };
                let moved = clocks.local(minute) != own;
                if !moved || clocks.date(minute) == *date {
                    entries.push((moved, std::cmp::Reverse(opens), clocks.at(minute), *capacity));
                }
            }
        }
        entries.sort_by_key(|(moved, opens, ..)| (!moved, *opens));
        for (_, _, at, capacity) in entries {
            expected.insert(at, (capacity, 90));
        }
        for single in &singles {
            expected.insert(single.interval.start(), (single.capacity, 150));
        }
        let now = base - 10.hours();
        let (first, last) = (now + terms.notice, now + terms.horizon);
        expected.retain(|at, (capacity, _)| {
            let sold: u32 = taken.iter().filter(|(start, _)| start == at).map(|(_, seats)| seats).sum();
            first <= *at && *at <= last && seats > 0 && capacity.saturating_sub(sold) >= seats
        });
        let range = Interval::new(base, base + 48.hours()).unwrap();
        let offered: Vec<_> = departures.offer(now, range, seats).collect();
        let found: Vec<(Timestamp, u64)> = offered
            .iter()
            .map(|seats| (seats.departure.interval.start(), seats.departure.interval.duration().as_secs() / 60))
            .collect();
        let expected: Vec<(Timestamp, u64)> =
            expected.range(base..base + 48.hours()).map(|(at, (_, long))| (*at, *long)).collect();
        prop_assert_eq!(&found, &expected);
        for units in 0..96 {
            let start = half_hour(units);
            let accepted = departures.judge(now, start, seats);
            prop_assert_eq!(accepted.is_ok(), found.iter().any(|(at, _)| *at == start), "{:?}", accepted);
        }
    }
}
