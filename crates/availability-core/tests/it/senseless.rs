//! Input that makes no sense ends in an answer, not in a panic, and soon.

use std::time::Duration;

use availability_core::{
    Block, Calendar, DailyDeparture, DateRange, Departures, Hours, Interval, Limit, MOST_DURATION,
    MOST_HORIZON, Most, Period, Rental, Request, Season, SeatTerms, Stay, Taken, Terms, TimeOfDay, Timetable,
    WeeklyDeparture, WeeklyWindow,
};
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use proptest::prelude::*;

const ZONES: [&str; 4] = ["America/Denver", "Pacific/Apia", "Africa/Casablanca", "UTC"];

fn any_instant() -> impl Strategy<Value = Timestamp> {
    let (first, last) = (Timestamp::MIN.as_nanosecond(), Timestamp::MAX.as_nanosecond());
    let now = 1_900_000_000_000_000_000_i128;
    let day = 86_400_000_000_000_i128;
    prop_oneof![
        2 => first..=last,
        1 => Just(first),
        1 => Just(last),
        1 => last - day..=last,
        1 => first..=first + day,
        8 => now - 40 * day..=now + 40 * day,
    ]
    .prop_map(|nanosecond| Timestamp::from_nanosecond(nanosecond).unwrap())
}

fn any_duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        Just(Duration::from_nanos(1)),
        Just(Duration::MAX),
        any::<u64>().prop_map(Duration::from_nanos),
        (0..2_000_u64).prop_map(|minutes| Duration::from_secs(60 * minutes)),
    ]
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let durations = (any_duration(), any_duration(), any_duration(), any_duration());
    let more =
        (any_duration(), any_duration(), prop::option::of(any_duration()), any::<bool>(), any::<u32>());
    (durations, more).prop_map(|((before, after, notice, horizon), (least, greatest, step, whole, most))| {
        let minute = Duration::from_mins(1);
        let least = least.clamp(minute, MOST_DURATION);
        // All of a fine grid up to the farthest horizon takes long in tests.
        let is_fine = step.is_some_and(|step| step < Duration::from_hours(1));
        let horizon = horizon.min(if is_fine { MOST_HORIZON / 50 } else { MOST_HORIZON });
        Terms {
            before,
            after,
            notice,
            horizon,
            least,
            greatest: greatest.clamp(least, MOST_DURATION),
            step: step.map(|step| step.max(minute)),
            limits: vec![
                Limit { period: Period::Week, most: Most::Bookings(most) },
                Limit { period: Period::Month, most: Most::Minutes(most) },
            ],
            stay: if whole { Stay::InOneStretch } else { Stay::OverClosedHours },
        }
    })
}

fn interval(one: Timestamp, other: Timestamp) -> Option<Interval> {
    Interval::new(one.min(other), one.max(other)).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_what_is_offered_is_accepted(
        zone in 0..ZONES.len(),
        terms in any_terms(),
        instants in prop::collection::vec(any_instant(), 9),
        duration in any_duration(),
        quantity in prop_oneof![Just(1), any::<u32>()],
    ) {
        let hours = Hours { opens: TimeOfDay::START, closes: TimeOfDay::END };
        let windows: Vec<WeeklyWindow> = Weekday::Monday
            .cycle_forward()
            .take(7)
            .map(|weekday| WeeklyWindow { weekday, hours, season: Season::Always })
            .collect();
        let closure = DateRange::new(Date::MIN, Date::constant(0, 1, 1)).unwrap();
        let calendar = Calendar::new(ZONES[zone], &windows, &[], &[closure]).unwrap();
        let [now, start, end, ..] = instants[..] else { unreachable!() };
        let taken: Vec<Interval> =
            instants[3..].chunks(2).filter_map(|pair| interval(pair[0], pair[1])).collect();
        let blocks: Vec<Block> = taken.iter().map(|interval| Block { unit: 1, interval: *interval }).collect();
        let taken = Taken { blocks: &blocks, bookings: &taken };
        let rental = Rental::new(&calendar, &terms, &[1, 2], taken).unwrap();
        let refused = rental.judge(now, &Request { start, end, quantity });
        if let Err(refusals) = refused {
            prop_assert!(!refusals.reasons().is_empty());
            prop_assert!(!refusals.to_string().is_empty());
        }
        let Some(range) = interval(start, end) else { return Ok(()) };
        for slot in rental.offer(now, range, duration, quantity).take(3) {
            let judged = rental.judge(now, &Request { start: slot.start, end: slot.end, quantity });
            prop_assert!(judged.is_ok(), "{judged:?}");
        }
        rental.first_of_each_date(now, range, duration, quantity).take(3).for_each(drop);
        let moment = interval(now, now.checked_add(Duration::from_secs(1)).unwrap_or(Timestamp::MIN)).unwrap();
        if moment.duration() < MOST_DURATION {
            prop_assert!(calendar.stretches(moment).len() <= 1);
        }

        let weekly: Vec<WeeklyDeparture> = windows
            .iter()
            .map(|window| WeeklyDeparture {
                weekday: window.weekday,
                departure: DailyDeparture {
                    begins: TimeOfDay::START,
                    duration: duration.clamp(Duration::from_nanos(1), MOST_DURATION),
                    capacity: quantity,
                },
                season: Season::Always,
            })
            .collect();
        let timetable = Timetable::new(ZONES[zone], &weekly, &[], &[], &[]).unwrap();
        let terms = SeatTerms { notice: terms.notice, horizon: terms.horizon };
        let departures = Departures::new(&timetable, terms, [(start, quantity)]).unwrap();
        let _ = departures.judge(now, start, quantity);
        for seats in departures.offer(now, range, quantity).take(3) {
            prop_assert!(departures.judge(now, seats.departure.interval.start(), quantity).is_ok());
        }
    }
}
