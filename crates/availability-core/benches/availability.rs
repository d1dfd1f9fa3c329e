//! What it costs to offer and to judge: a fleet of ten over sixty days, on a grid of 15 minutes, with
//! 500 blocked intervals.

use std::hint::black_box;
use std::time::Duration;

use availability_core::{
    Block, Calendar, DailyDeparture, Departures, Hours, Interval, Limit, Most, Period, Rental, Request,
    Season, SeatTerms, Stay, Taken, Terms, TimeOfDay, Timetable, WeeklyDeparture, WeeklyWindow,
};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use jiff::civil::Weekday;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

fn fail<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

fn at(base: Timestamp, seconds: u64) -> Timestamp {
    fail(base.checked_add(Duration::from_secs(seconds)))
}

fn time(hour: u16) -> TimeOfDay {
    fail(TimeOfDay::from_minutes(hour * 60))
}

/// Every day from one hour to another.
fn calendar(opens: u16, closes: u16) -> Calendar {
    let hours = Hours { opens: time(opens), closes: time(closes) };
    let weekdays = Weekday::Monday.cycle_forward().take(7);
    let windows: Vec<WeeklyWindow> =
        weekdays.map(|weekday| WeeklyWindow { weekday, hours, season: Season::Always }).collect();
    fail(Calendar::new("America/Denver", &windows, &[], &[]))
}

/// Fifty intervals for each of ten units, of one to six hours, spread over sixty days.
fn blocks(base: Timestamp) -> Vec<Block> {
    (0..500)
        .map(|number: u64| {
            let start = at(base, number * 7_919 % (60 * 24) * HOUR);
            let interval = fail(Interval::new(start, at(start, (1 + number % 6) * HOUR)));
            Block { unit: u32::try_from(number % 10).unwrap_or_default(), interval }
        })
        .collect()
}

fn bench(criterion: &mut Criterion) {
    // A clock change lies within the sixty days.
    let now: Timestamp = fail("2030-02-01T00:00:00Z".parse());
    let blocks = blocks(now);
    let bookings: Vec<Interval> = blocks.iter().map(|block| block.interval).collect();
    let taken = Taken { blocks: &blocks, bookings: &bookings };
    let units: Vec<u32> = (0..10).collect();
    let range = fail(Interval::new(now, at(now, 60 * DAY)));
    let (quarter, two_hours) = (Duration::from_mins(15), Duration::from_secs(2 * HOUR));
    let plain = Terms { before: quarter, after: quarter, ..Terms::plain() };
    let limits = vec![
        Limit { period: Period::Day, most: Most::Bookings(12) },
        Limit { period: Period::Month, most: Most::Minutes(60_000) },
    ];
    let limited = Terms { limits, ..plain.clone() };
    let nights =
        Terms { stay: Stay::OverClosedHours, greatest: Duration::from_secs(14 * DAY), ..plain.clone() };
    let (day, always) = (calendar(8, 20), calendar(0, 24));

    let mut group = criterion.benchmark_group("offer 60 days");
    for (name, calendar, terms, duration) in [
        ("08 to 20", &day, &plain, two_hours),
        ("around the clock", &always, &plain, two_hours),
        ("around the clock, with limits", &always, &limited, two_hours),
        ("over nights", &day, &nights, Duration::from_secs(3 * DAY)),
    ] {
        let rental = fail(Rental::new(calendar, terms, &units, taken));
        group.bench_function(name, |bencher| {
            bencher.iter(|| rental.offer(now, black_box(range), duration, 2).count());
        });
        group.bench_function(format!("{name}, with the index"), |bencher| {
            bencher.iter(|| {
                let rental = fail(Rental::new(calendar, terms, &units, taken));
                rental.offer(now, black_box(range), duration, 2).count()
            });
        });
        group.bench_function(format!("{name}, first of each date"), |bencher| {
            bencher.iter(|| rental.first_of_each_date(now, black_box(range), duration, 2).count());
        });
    }
    group.finish();

    let rental = fail(Rental::new(&day, &limited, &units, taken));
    let mut group = criterion.benchmark_group("judge");
    let start = fail(rental.offer(now, range, two_hours, 2).nth(100).ok_or("no slot"));
    for (name, request) in [
        ("allowed", Request { start: start.start, end: start.end, quantity: 2 }),
        ("refused", Request { start: at(start.start, 60), end: at(start.end, 10 * HOUR), quantity: 11 }),
    ] {
        group.bench_function(name, |bencher| bencher.iter(|| rental.judge(now, black_box(&request))));
    }
    group.finish();

    let weekly: Vec<WeeklyDeparture> = Weekday::Monday
        .cycle_forward()
        .take(7)
        .flat_map(|weekday| {
            [8, 10, 12, 14, 16].map(|hour| WeeklyDeparture {
                weekday,
                departure: DailyDeparture { begins: time(hour), duration: two_hours, capacity: 12 },
                season: Season::Always,
            })
        })
        .collect();
    let timetable = fail(Timetable::new("America/Denver", &weekly, &[], &[], &[]));
    let terms = SeatTerms { notice: two_hours, horizon: Duration::from_secs(60 * DAY) };
    let departures = fail(Departures::new(&timetable, terms, []));
    criterion.bench_function("departures of 60 days", |bencher| {
        bencher.iter(|| departures.offer(now, black_box(range), 2).count());
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
