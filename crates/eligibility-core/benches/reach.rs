//! What the reach of a customer and the validation of an order cost, with real postal codes as
//! centers and as customers.

use std::cell::Cell;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use eligibility_core::{Center, Centers, Party, Place, validate_order};

#[path = "../tests/it/zips.rs"]
mod zips;
use zips::Zip;

/// Postal codes spread evenly over the file: of 41 thousand, every fourth makes 10,000. The numbers
/// are dealt out in leaps (a prime apart), lest geography sort them beforehand.
fn centers(zips: &[Zip], count: usize) -> Centers {
    let numbers = (0..).step_by(7_919).map(|number: i64| number % 1_000_003);
    (0..count)
        .map(|index| zips[index * zips.len() / count].place)
        .zip(numbers)
        .map(|(place, number)| Center { number: i32::try_from(number).unwrap_or_default(), place })
        .collect()
}

fn places(zips: &[Zip], wanted: impl Fn(&Zip) -> bool) -> Vec<Place> {
    zips.iter().filter(|zip| wanted(zip)).map(|zip| zip.place).collect()
}

/// Endless turns through the items.
struct Rotation<T> {
    items: Vec<T>,
    next: Cell<usize>,
}

impl<T> Rotation<T> {
    fn new(items: Vec<T>) -> Self {
        assert!(!items.is_empty(), "nothing to rotate through");
        Self { items, next: Cell::new(0) }
    }

    fn turn(&self) -> &T {
        let index = self.next.get();
        self.next.set((index + 1) % self.items.len());
        &self.items[index]
    }
}

/// Customers of New York City, of the emptiest states, and from all over.
fn customers(zips: &[Zip]) -> [(&'static str, Vec<Place>); 3] {
    let rural = ["MT", "ND", "NV", "SD", "WY"];
    [
        ("dense city", places(zips, |zip| ("100".."105").contains(&&zip.code[..3]))),
        ("rural", places(zips, |zip| rural.contains(&zip.state.as_str()))),
        ("mixed", zips.iter().step_by(97).map(|zip| zip.place).collect()),
    ]
}

/// Orders of a customer and three vendors: `apart` postal codes lie between one and the next.
fn orders(zips: &[Zip], apart: usize) -> Vec<(Party, Vec<Party>)> {
    let party = |zip: &Zip| Party { label: zip.code.clone(), place: Some(zip.place) };
    zips.windows(3 * apart + 1)
        .step_by(97)
        .map(|zips| (party(&zips[0]), zips.iter().step_by(apart).skip(1).map(party).collect()))
        .collect()
}

fn bench(criterion: &mut Criterion) {
    let zips = zips::read().unwrap_or_else(|error| panic!("the gazetteer: {error}"));
    for count in [1_000, 10_000] {
        let centers = centers(&zips, count);

        let mut group = criterion.benchmark_group("eligible_centers");
        for (name, places) in customers(&zips) {
            let places = Rotation::new(places);
            group.bench_function(BenchmarkId::new(name, count), |bencher| {
                bencher.iter(|| centers.eligible_centers(black_box(*places.turn())));
            });
        }
        group.finish();

        let places = Rotation::new(customers(&zips)[2].1.clone());
        criterion.bench_function(&format!("nearest 10/mixed/{count}"), |bencher| {
            bencher.iter(|| centers.nearest(black_box(*places.turn()), 10));
        });

        let mut group = criterion.benchmark_group("validate_order");
        let (eligible, ineligible): (Vec<_>, Vec<_>) = orders(&zips, 5)
            .into_iter()
            .chain(orders(&zips, 2_000))
            .partition(|(customer, vendors)| validate_order(customer, vendors, &centers).is_ok());
        for (name, orders) in [("eligible", eligible), ("explained", ineligible)] {
            let orders = Rotation::new(orders);
            group.bench_function(BenchmarkId::new(name, count), |bencher| {
                bencher.iter(|| {
                    let (customer, vendors) = black_box(orders.turn());
                    validate_order(customer, vendors, &centers)
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
