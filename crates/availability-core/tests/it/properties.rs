//! Random calendars, terms, takings and requests: what is offered is what is accepted, and both are what
//! the reference says.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use availability_core::{
    Block, Calendar, DateRange, DayOverride, Hours, Interval, Limit, Most, Period, Refusal, Rental, Request,
    Season, Slot, Stay, Taken, Terms, TimeOfDay, WeeklyWindow,
};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::naive::{self, Clocks, Reason, Window, minutes};

const DAY: usize = 24 * 60;
/// The dates that can be told: eight before the days that are asked about and eight after them.
const MARGIN: usize = 8 * DAY;
const ASKED: usize = 2 * DAY;

/// Zones, each with a change of its clocks on the second day that is asked about, and one without.
static SCENES: LazyLock<Vec<(&str, Clocks)>> = LazyLock::new(|| {
    [
        ("America/Denver", "2030-03-10T00:00:00Z"),
        ("America/Denver", "2030-11-02T18:00:00Z"),
        ("America/Havana", "2030-03-09T12:00:00Z"),
        ("America/Havana", "2030-11-02T12:00:00Z"),
        ("America/Santiago", "2030-09-07T12:00:00Z"),
        ("America/Santiago", "2030-04-06T12:00:00Z"),
        ("Australia/Lord_Howe", "2030-04-06T00:00:00Z"),
        ("America/St_Johns", "2010-11-06T12:00:00Z"),
        ("Pacific/Apia", "2011-12-29T12:00:00Z"),
        ("Asia/Kathmandu", "2030-06-29T00:00:00Z"),
    ]
    .into_iter()
    .map(|(zone, base)| {
        let base = base.parse::<jiff::Timestamp>().unwrap() - (8 * 24).hours();
        (zone, Clocks::new(zone, base, 2 * MARGIN + ASKED))
    })
    .collect()
});

#[derive(Clone, Debug)]
struct Case {
    scene: usize,
    weekly: Vec<WeeklyWindow>,
    overrides: Vec<DayOverride>,
    closures: Vec<DateRange>,
    terms: Terms,
    units: Vec<u32>,
    blocks: Vec<(u32, usize, usize)>,
    bookings: Vec<(usize, usize)>,
    now: usize,
    duration: usize,
    quantity: u32,
}

fn any_hours() -> impl Strategy<Value = Hours> {
    let time = |units: u16| TimeOfDay::from_minutes(units * 15).unwrap();
    let usual = (0_u16..96, 1_u16..=40);
    let hours = usual.prop_map(|(opens, long)| (opens, (opens + long).min(96)));
    prop_oneof![6 => hours, 1 => Just((0, 96)), 1 => Just((0, 36)), 1 => Just((48, 96))]
        .prop_map(move |(opens, closes)| Hours { opens: time(opens), closes: time(closes) })
}

/// A date near those that are asked about.
fn date(scene: usize, index: Index) -> Date {
    let clocks = &SCENES[scene].1;
    clocks.date(MARGIN - DAY + index.index(ASKED + 2 * DAY))
}

fn any_season() -> impl Strategy<Value = Option<(Index, usize)>> {
    prop_oneof![4 => Just(None), 1 => any::<(Index, u8)>().prop_map(|(at, long)| Some((at, usize::from(long % 4))))]
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let limit = (0..3_usize, 0..4_u32, any::<bool>()).prop_map(|(period, most, counts)| Limit {
        period: [Period::Day, Period::Week, Period::Month][period],
        most: if counts { Most::Bookings(most) } else { Most::Minutes(most * 120) },
    });
    let buffers = (0..4_u64, 0..4_u64, 0..20_u64, 24..72_u64);
    let sizes = (1..8_u64, prop_oneof![0..16_u64, Just(280)], prop::option::of(1..20_u64));
    (buffers, sizes, prop::collection::vec(limit, 0..2), any::<bool>()).prop_map(
        |((before, after, notice, horizon), (least, more, step), limits, whole)| {
            let units = |count: u64, minutes: u64| Duration::from_secs(count * minutes * 60);
            Terms {
                before: units(before, 10),
                after: units(after, 10),
                notice: units(notice, 30),
                horizon: units(horizon, 60),
                least: units(least, 15),
                greatest: units(least + more, 15),
                step: step.map(|step| units(step, 5)),
                limits,
                stay: if whole { Stay::InOneStretch } else { Stay::OverClosedHours },
            }
        },
    )
}

fn any_case() -> impl Strategy<Value = Case> {
    let weekly = prop::collection::vec((0..7_usize, any_hours(), any_season()), 0..24);
    let overrides = prop::collection::vec((any::<Index>(), prop::collection::vec(any_hours(), 0..3)), 0..3);
    let closures = prop::collection::vec((any::<Index>(), 0..2_usize), 0..2);
    let blocks = prop::collection::vec((0..5_u32, 0..700_usize, 1..90_usize), 0..14);
    let bookings = prop::collection::vec((0..700_usize, 1..40_usize), 0..6);
    let request = (0..40_usize, 1..40_usize, prop_oneof![5 => 1..3_u32, 1 => 0..6_u32]);
    (0..SCENES.len(), (weekly, overrides, closures), any_terms(), (1..5_u32, blocks, bookings), request)
        .prop_map(
            |(
                scene,
                (weekly, overrides, closures),
                terms,
                (units, blocks, bookings),
                (now, duration, quantity),
            )| {
                let zone = SCENES[scene].0;
                let range = |first: Date, days: usize| {
                    DateRange::new(first, first.saturating_add(i64::try_from(days).unwrap().days())).unwrap()
                };
                // Of hours that overlap, the first stay.
                let mut valid = Vec::new();
                for (weekday, hours, season) in weekly {
                    let weekday = Weekday::from_monday_zero_offset(i8::try_from(weekday).unwrap()).unwrap();
                    let season = season
                        .map_or(Season::Always, |(at, days)| Season::Dates(range(date(scene, at), days)));
                    valid.push(WeeklyWindow { weekday, hours, season });
                    if Calendar::new(zone, &valid, &[], &[]).is_err() {
                        valid.pop();
                    }
                }
                let mut valid_overrides: Vec<DayOverride> = Vec::new();
                for (at, hours) in overrides {
                    valid_overrides.push(DayOverride { date: date(scene, at), hours });
                    if Calendar::new(zone, &[], &valid_overrides, &[]).is_err() {
                        valid_overrides.pop();
                    }
                }
                let near = MARGIN - DAY;
                // Mostly a duration that the terms allow.
                let allowed = minutes(terms.least)
                    + (duration * 15) % (minutes(terms.greatest.checked_sub(terms.least).unwrap()) + 15);
                Case {
                    scene,
                    weekly: valid,
                    overrides: valid_overrides,
                    closures: closures.into_iter().map(|(at, days)| range(date(scene, at), days)).collect(),
                    terms,
                    units: (0..units).collect(),
                    blocks: blocks
                        .into_iter()
                        .map(|(unit, start, long)| (unit, near + start * 10, near + (start + long) * 10))
                        .collect(),
                    bookings: bookings
                        .into_iter()
                        .map(|(start, long)| (near + start * 10, near + (start + long) * 10))
                        .collect(),
                    now: near + now * 60,
                    duration: if duration == 1 { 7 } else { allowed },
                    quantity,
                }
            },
        )
}

/// The explanations hold what the reference finds around the request.
fn assert_explained(naive: &naive::Rental<'_>, request: &Request, refusal: &Refusal) {
    let clocks = naive.clocks;
    let (start, end) = (clocks.minute(request.start), clocks.minute(request.end));
    let windows: &[Window] = naive.windows;
    match refusal {
        Refusal::Closed { at, opens, .. } => {
            let moment = clocks.minute(*at);
            assert!(start <= moment && moment <= end);
            assert!(!naive.is_open(moment), "closed at {at}");
            let next = windows.iter().map(|window| window.start).find(|start| *start > moment);
            // What lies beyond the clocks is not known here.
            if let Some(next) = next {
                assert_eq!(*opens, Some(clocks.at(next)));
            }
        }
        Refusal::OffGrid { before, after } => {
            let on_grid = |minute: &usize| naive.is_on_grid(*minute, end - start);
            assert_eq!(Some(*before), (0..start).rev().find(on_grid).map(|minute| clocks.at(minute)));
            if let Some(next) = (start + 1..2 * MARGIN + ASKED - 2 * DAY).find(on_grid) {
                assert_eq!(*after, Some(clocks.at(next)));
            }
        }
        Refusal::UnitsTaken { free, until, .. } => {
            assert_eq!(naive.free_units(start, end).len(), usize::try_from(*free).unwrap());
            let first_end = |unit: &u32| {
                let first = naive.blocked(start, end).find(|minute| naive.is_blocked(*unit, *minute))?;
                (first..2 * MARGIN + ASKED).find(|minute| !naive.is_blocked(*unit, *minute))
            };
            let first = naive.units.iter().filter_map(first_end).min();
            assert_eq!(*until, first.map(|minute| clocks.at(minute)));
        }
        _ => {}
    }
}

fn assert_case(case: &Case) {
    let (zone, clocks) = &SCENES[case.scene];
    let calendar = Calendar::new(zone, &case.weekly, &case.overrides, &case.closures).unwrap();
    let interval = |start, end| Interval::new(clocks.at(start), clocks.at(end)).unwrap();
    let blocks: Vec<Block> = case
        .blocks
        .iter()
        .map(|(unit, start, end)| Block { unit: *unit, interval: interval(*start, *end) })
        .collect();
    let bookings: Vec<Interval> = case.bookings.iter().map(|(start, end)| interval(*start, *end)).collect();
    let taken = Taken { blocks: &blocks, bookings: &bookings };
    let rental = Rental::new(&calendar, &case.terms, &case.units, taken).unwrap();
    let windows = naive::windows(clocks, &case.weekly, &case.overrides, &case.closures);
    let naive = naive::Rental {
        clocks,
        windows: &windows,
        terms: &case.terms,
        units: &case.units,
        blocks: &blocks,
        bookings: &bookings,
    };
    let now = clocks.at(case.now);
    let range = interval(MARGIN, MARGIN + ASKED);
    let duration = Duration::from_secs(60 * u64::try_from(case.duration).unwrap());
    let offered: Vec<Slot> = rental.offer(now, range, duration, case.quantity).collect();
    assert!(offered.is_sorted_by(|one, next| one.start < next.start), "in order, each once");
    let starts: BTreeSet<usize> = offered.iter().map(|slot| clocks.minute(slot.start)).collect();
    assert_eq!(starts.len(), offered.len(), "on whole minutes, as all of this case");
    assert!(starts.iter().all(|start| (MARGIN..MARGIN + ASKED).contains(start)), "in the range");

    for start in (MARGIN..MARGIN + ASKED).step_by(5).chain(starts.iter().copied()) {
        let (start_at, end_at) = (clocks.at(start), clocks.at(start + case.duration));
        let request = Request { start: start_at, end: end_at, quantity: case.quantity };
        let expected = naive.reasons(case.now, &request);
        assert_eq!(starts.contains(&start), expected.is_empty(), "offered at {start_at}: {expected:?}");
        match rental.judge(now, &request) {
            Ok(allowed) => {
                assert!(expected.is_empty(), "accepted at {start_at}: {expected:?}");
                assert_eq!((allowed.interval.start(), allowed.interval.end()), (start_at, end_at));
                assert_eq!(allowed.units, naive.free_units(start, start + case.duration));
                let blocked = naive.blocked(start, start + case.duration);
                assert_eq!(allowed.blocked, interval(blocked.start, blocked.end));
            }
            Err(refusals) => {
                let reasons: BTreeSet<Reason> = refusals.reasons().iter().map(Reason::of).collect();
                assert_eq!(reasons, expected, "at {start_at}");
                for refusal in refusals.reasons() {
                    assert_explained(&naive, &request, refusal);
                }
            }
        }
    }
    for slot in &offered {
        let start = clocks.minute(slot.start);
        assert_eq!(slot.start.checked_add(duration).ok(), Some(slot.end));
        let free = naive.free_units(start, start + case.duration).len();
        assert_eq!(usize::try_from(slot.free).unwrap(), free, "at {}", slot.start);
    }
    let mut last: Option<Date> = None;
    let mut firsts = offered.clone();
    firsts.retain(|slot| {
        let date = calendar.date(slot.start);
        let first = last.is_none_or(|last| date > last);
        last = last.max(Some(date));
        first
    });
    let found: Vec<Slot> = rental.first_of_each_date(now, range, duration, case.quantity).collect();
    assert_eq!(found, firsts, "the first of each date");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_is_offered_is_what_is_accepted_and_what_the_reference_allows(case in any_case()) {
        assert_case(&case);
    }
}
