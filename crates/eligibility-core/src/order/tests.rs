//! The rule by examples, and against its definition by brute force.

use proptest::prelude::*;

use super::*;
use crate::place::miles;
use crate::sampling::{any_place, around, centers_around, destination, place};

fn party(label: &str, place: Option<Place>) -> Party {
    Party { label: label.to_owned(), place }
}

fn center(number: i32, place: Place) -> Center {
    Center { number, place }
}

/// Philadelphia.
fn home() -> Place {
    place(39.95, -75.16)
}

fn remedies(ineligible: &Ineligible) -> Vec<Remedy> {
    ineligible.parties.iter().map(|party| party.remedy).collect()
}

#[test]
fn a_common_center_makes_an_order_eligible() {
    let centers = Centers::new([
        center(7, destination(home(), 90.0, 60.0)),
        center(3, home()),
        center(9, destination(home(), 270.0, 90.0)),
    ]);
    let east = party("east", Some(destination(home(), 90.0, 80.0)));
    let customer = party("customer", Some(home()));
    let common = validate_order(&customer, &[east.clone(), east], &centers).expect("eligible");
    assert_eq!(common.numbers(), [3, 7]);
}

#[test]
fn an_order_needs_a_vendor() {
    let centers = Centers::new([center(1, home())]);
    let ineligible = validate_order(&party("c", Some(home())), &[], &centers).unwrap_err();
    assert_eq!(ineligible.reason, Reason::NoVendors);
    assert_eq!(remedies(&ineligible), [Remedy::NoneForThisParty]);
    let nowhere = validate_order(&party("c", None), &[], &centers).unwrap_err();
    assert_eq!((nowhere.reason, remedies(&nowhere)), (Reason::NoVendors, vec![Remedy::AddLocation]));
}

#[test]
fn a_missing_location_is_named_along_with_what_else_is_wrong() {
    let centers = Centers::new([center(1, home())]);
    let far = destination(home(), 0.0, 130.0);
    let vendors = [party("v1", None), party("v2", Some(far)), party("v3", Some(home()))];
    let ineligible = validate_order(&party("c", Some(home())), &vendors, &centers).unwrap_err();

    assert_eq!(ineligible.reason, Reason::LocationMissing);
    assert_eq!(ineligible.closest_common, None);
    let labels: Vec<&str> = ineligible.parties.iter().map(|party| party.label.as_str()).collect();
    assert_eq!(labels, ["c", "v1", "v2", "v3"]);
    let unlocated = &ineligible.parties[1];
    assert_eq!((unlocated.located, unlocated.centers_in_reach, unlocated.nearest), (false, 0, None));
    let beyond = Remedy::NearerCenterNeeded { miles_beyond: miles(far, home()) - REACH_MILES };
    assert_eq!(
        remedies(&ineligible),
        [Remedy::NoneForThisParty, Remedy::AddLocation, beyond, Remedy::NoneForThisParty]
    );
}

#[test]
fn without_centers_everybody_needs_a_first_one() {
    let vendors = [party("v", Some(home()))];
    let ineligible = validate_order(&party("c", Some(home())), &vendors, &Centers::default()).unwrap_err();
    assert_eq!(ineligible.reason, Reason::OutOfReach);
    assert_eq!(remedies(&ineligible), [Remedy::FirstCenterNeeded; 2]);
}

#[test]
fn no_common_center_names_the_best_compromise() {
    // In a row from west to east, in miles: vendor 0, center 2 at 10, center 1 at 170, customer 220.
    // Center 2 is 210 from the customer; center 1 is 170 from the vendor, and so the compromise.
    let at = |distance| destination(home(), 90.0, distance);
    let centers = Centers::new([center(2, at(10.0)), center(1, at(170.0))]);
    let (customer, vendor) = (party("c", Some(at(220.0))), party("v", Some(home())));
    let ineligible = validate_order(&customer, &[vendor], &centers).unwrap_err();

    assert_eq!(ineligible.reason, Reason::NoCommonCenter);
    let compromise = ineligible.closest_common.clone().expect("a compromise");
    assert_eq!(compromise.center.number, 1);
    let expected = [miles(at(220.0), at(170.0)), miles(home(), at(170.0))];
    assert_eq!(compromise.miles, expected);
    let nearest: Vec<i32> =
        ineligible.parties.iter().filter_map(|p| p.nearest.map(|(c, _)| c.number)).collect();
    assert_eq!(nearest, [1, 2]);
    let beyond = Remedy::NearerCommonCenterNeeded { miles_beyond: expected[1] - REACH_MILES };
    assert_eq!(remedies(&ineligible), [Remedy::NoneForThisParty, beyond]);
}

#[test]
fn the_message_is_the_reason() {
    let error: Box<dyn std::error::Error> =
        Box::new(validate_order(&party("c", None), &[], &Centers::default()).unwrap_err());
    assert_eq!(error.to_string(), "an order needs at least one vendor");
    let out_of_reach = Reason::OutOfReach.to_string();
    assert_eq!(out_of_reach, "a party is more than 100 miles from every approved distribution center");
}

/// What the rule says, without an index and without sets.
fn common_by_definition(places: &[Place], centers: &[Center]) -> Vec<i32> {
    let in_reach_of_all =
        |center: &&Center| places.iter().all(|&place| miles(place, center.place) <= REACH_MILES);
    centers.iter().filter(in_reach_of_all).map(|center| center.number).collect()
}

fn check_explanation(
    ineligible: &Ineligible,
    parties: &[Party],
    centers: &[Center],
) -> Result<(), TestCaseError> {
    prop_assert_eq!(ineligible.parties.len(), parties.len());
    for (index, (said, party)) in ineligible.parties.iter().zip(parties).enumerate() {
        prop_assert_eq!((&said.label, said.located), (&party.label, party.place.is_some()));
        let distances: Vec<f64> = party
            .place
            .iter()
            .flat_map(|&place| centers.iter().map(move |c| miles(place, c.place)))
            .collect();
        let nearest = distances.iter().copied().min_by(f64::total_cmp);
        prop_assert_eq!(said.nearest.map(|(_, miles)| miles), nearest);
        prop_assert_eq!(
            said.centers_in_reach,
            distances.iter().filter(|&&miles| miles <= REACH_MILES).count()
        );

        let to_common = ineligible.closest_common.as_ref().map(|common| common.miles[index]);
        let expected = match (party.place, nearest, to_common) {
            (None, ..) => Remedy::AddLocation,
            (_, None, _) => Remedy::FirstCenterNeeded,
            (_, Some(miles), _) if miles > REACH_MILES => {
                Remedy::NearerCenterNeeded { miles_beyond: miles - REACH_MILES }
            }
            (_, _, Some(miles)) if miles > REACH_MILES => {
                Remedy::NearerCommonCenterNeeded { miles_beyond: miles - REACH_MILES }
            }
            _ => Remedy::NoneForThisParty,
        };
        prop_assert_eq!(said.remedy, expected);
    }
    Ok(())
}

fn check_compromise(
    common: &CommonCenter,
    places: &[Place],
    centers: &[Center],
) -> Result<(), TestCaseError> {
    let distances: Vec<f64> = places.iter().map(|&place| miles(place, common.center.place)).collect();
    prop_assert_eq!(&common.miles, &distances);
    let worst = |to: Place| places.iter().map(|&place| miles(place, to)).fold(0.0, f64::max);
    let best = centers.iter().map(|center| worst(center.place)).fold(f64::INFINITY, f64::min);
    prop_assert!(worst(common.center.place) <= best, "some center is nearer to all");
    prop_assert!(best > REACH_MILES, "a center {best} miles away at most is no compromise");
    Ok(())
}

/// Parties (some without a place) and centers, near enough to one another that every outcome occurs.
fn parties_and_centers() -> impl Strategy<Value = (Vec<Party>, Vec<Center>)> {
    let scene = (any_place(), prop::sample::select(vec![90.0, 130.0, 220.0]));
    scene.prop_flat_map(|(anchor, spread)| {
        let place = prop::option::weighted(0.95, around(anchor, spread));
        let parties = prop::collection::vec(place, 1..5).prop_map(|places| {
            places.into_iter().enumerate().map(|(index, place)| party(&index.to_string(), place)).collect()
        });
        (parties, centers_around(anchor, spread, 8))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn validation_is_its_definition((parties, centers) in parties_and_centers()) {
        let (customer, vendors) = parties.split_first().expect("at least one party");
        let places: Vec<Place> = parties.iter().filter_map(|party| party.place).collect();
        let all_located = places.len() == parties.len();
        let common = common_by_definition(&places, &centers);

        match validate_order(customer, vendors, &Centers::new(centers.iter().copied())) {
            Ok(reach) => {
                prop_assert!(all_located && !vendors.is_empty() && !reach.is_empty());
                prop_assert_eq!(reach.numbers(), common);
            }
            Err(ineligible) => {
                let stranded = places.iter().any(|&place| common_by_definition(&[place], &centers).is_empty());
                let expected = match () {
                    () if vendors.is_empty() => Reason::NoVendors,
                    () if !all_located => Reason::LocationMissing,
                    () if stranded => Reason::OutOfReach,
                    () => Reason::NoCommonCenter,
                };
                prop_assert_eq!(ineligible.reason, expected);
                prop_assert!(vendors.is_empty() || !all_located || common.is_empty());
                check_explanation(&ineligible, &parties, &centers)?;
                prop_assert_eq!(ineligible.closest_common.is_some(), expected == Reason::NoCommonCenter);
                if let Some(compromise) = &ineligible.closest_common {
                    check_compromise(compromise, &places, &centers)?;
                }
            }
        }
    }
}
