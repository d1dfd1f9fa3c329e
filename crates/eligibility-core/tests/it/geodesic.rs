//! The sphere against the ellipsoid: how far [`miles`] is off, and that this never changes who is
//! eligible unless the line runs through the error itself.

use std::ffi::OsString;
use std::io::{BufWriter, Write};
use std::process::{Command, Stdio};

use eligibility_core::{Center, Centers, Place, REACH_MILES, miles};

use crate::splitmix::SplitMix;
use crate::zips;

/// The sphere's error, as a share of the distance.
const TOLERANCE: f64 = 0.006;
const PAIRS: usize = 10_000;
/// Half of the pairs are no further apart than this, so that many lie about the line.
const NEIGHBOURHOOD_MILES: f64 = 150.0;
/// More than [`NEIGHBOURHOOD_MILES`] along a meridian.
const NEIGHBOURHOOD_DEGREES: f64 = 2.2;

type Pair = (Place, Place);

fn sample_pairs(mut places: Vec<Place>) -> Vec<Pair> {
    places.sort_by(|a, b| a.lat().total_cmp(&b.lat()));
    let mut random = SplitMix(20_240_229);
    let mut pairs: Vec<Pair> =
        (0..PAIRS / 2).map(|_| (*random.pick(&places), *random.pick(&places))).collect();
    while pairs.len() < PAIRS {
        let here = *random.pick(&places);
        let south = places.partition_point(|place| place.lat() < here.lat() - NEIGHBOURHOOD_DEGREES);
        let north = places.partition_point(|place| place.lat() <= here.lat() + NEIGHBOURHOOD_DEGREES);
        let there = *random.pick(&places[south..north]);
        if miles(here, there) <= NEIGHBOURHOOD_MILES {
            pairs.push((here, there));
        }
    }
    pairs
}

fn python() -> OsString {
    std::env::var_os("SILKCART_TEST_PYTHON").unwrap_or_else(|| {
        panic!(
            "SILKCART_TEST_PYTHON is not set: it names a Python interpreter that has geopy. \
             Run `cargo xtask test`, which prepares one"
        )
    })
}

fn reference_miles(pairs: &[Pair]) -> Vec<f64> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/reference.py");
    let python = python();
    let mut child = Command::new(&python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("SILKCART_TEST_PYTHON ({}): {error}", python.display()));
    let mut input = BufWriter::new(child.stdin.take().unwrap_or_else(|| panic!("standard input is piped")));
    // An interpreter that gives up early (geopy missing, say) breaks this pipe; its own message, on
    // standard error, and its status, below, tell more than that.
    let written = pairs.iter().try_for_each(|(a, b)| {
        writeln!(input, "{}", serde_json::json!([a.lat(), a.lon(), b.lat(), b.lon()]))
    });
    let written = written.and_then(|()| input.flush());
    drop(input);
    let output = child.wait_with_output().unwrap_or_else(|error| panic!("{script}: {error}"));
    assert!(
        output.status.success(),
        "{script}: {} (`cargo xtask test` installs what it needs)",
        output.status
    );
    written.unwrap_or_else(|error| panic!("{script}: {error}"));
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| line.parse().unwrap_or_else(|error| panic!("{script} printed {line:?}: {error}")))
        .collect()
}

#[derive(Debug, Default)]
struct Tally {
    within: usize,
    beyond: usize,
    /// Reference distance within the tolerance of the line: the two models may disagree.
    on_the_line: usize,
    /// Of those, how often they do.
    disagreeing: usize,
    /// Reference distance from 90 to 110 miles.
    near_the_line: usize,
    identical: usize,
    largest_difference: f64,
}

#[test]
fn agrees_with_the_geodesic() {
    let zips = zips::read().expect("the gazetteer");
    let pairs = sample_pairs(zips.iter().map(|zip| zip.place).collect());
    let references = reference_miles(&pairs);
    assert_eq!(references.len(), pairs.len());

    let mut tally = Tally::default();
    for (&(a, b), &reference) in pairs.iter().zip(&references) {
        let ours = miles(a, b);
        if a == b {
            tally.identical += 1;
            assert!(ours.abs() < 1e-9 && reference.abs() < 1e-9, "{a:?}: {ours}, {reference}");
        } else {
            let difference = (ours - reference).abs() / reference;
            assert!(difference <= TOLERANCE, "{a:?} {b:?}: {ours} miles, {reference} on the ellipsoid");
            tally.largest_difference = tally.largest_difference.max(difference);
        }

        let eligible = Centers::new([Center { number: 1, place: b }]).eligible_centers(a).contains(1);
        assert_eq!(eligible, ours <= REACH_MILES, "{a:?} {b:?}: {ours} miles");
        let expected = reference <= REACH_MILES;
        tally.near_the_line += usize::from((90.0..=110.0).contains(&reference));
        if (reference - REACH_MILES).abs() <= TOLERANCE * REACH_MILES {
            tally.on_the_line += 1;
            tally.disagreeing += usize::from(eligible != expected);
        } else {
            assert_eq!(eligible, expected, "{a:?} {b:?}: {ours} miles, {reference} on the ellipsoid");
            tally.within += usize::from(expected);
            tally.beyond += usize::from(!expected);
        }
    }

    println!("{PAIRS} pairs of postal codes: {tally:#?}");
    assert!(tally.within >= PAIRS / 10 && tally.beyond >= PAIRS / 10, "one-sided: {tally:?}");
    assert!(tally.near_the_line >= PAIRS / 20, "too few pairs tell anything: {tally:?}");
    assert!(tally.identical <= PAIRS / 100, "too many pairs are no pairs: {tally:?}");
}
