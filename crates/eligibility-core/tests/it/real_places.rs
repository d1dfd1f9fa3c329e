//! The index over every postal code against looking at every one of them.

use eligibility_core::{Center, Centers, Party, REACH_MILES, Reach, miles, validate_order};

use crate::splitmix::SplitMix;
use crate::zips;

#[test]
fn the_index_agrees_with_looking_at_every_center() {
    let zips = zips::read().expect("the gazetteer");
    let centers: Vec<Center> =
        zips.iter().zip(1..).map(|(zip, number)| Center { number, place: zip.place }).collect();
    let index = Centers::new(centers.iter().copied());
    let mut random = SplitMix(1);
    for _ in 0..100 {
        let zip = random.pick(&zips);
        let mut nearest: Vec<(Center, f64)> =
            centers.iter().map(|&center| (center, miles(zip.place, center.place))).collect();
        nearest.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        let in_reach = nearest.iter().filter(|(_, miles)| *miles <= REACH_MILES);
        let expected = Reach::from_numbers(in_reach.map(|(center, _)| center.number).collect());
        assert_eq!(index.eligible_centers(zip.place), expected, "{zip:?}");
        assert_eq!(index.nearest(zip.place, 25), &nearest[..25], "{zip:?}");
    }
}

#[test]
fn neighbours_can_meet_and_strangers_cannot() {
    let zips = zips::read().expect("the gazetteer");
    let party = |code: &str| {
        let zip = zips.iter().find(|zip| zip.code == code).unwrap_or_else(|| panic!("{code} is missing"));
        Party { label: format!("{code} {}", zip.state), place: Some(zip.place) }
    };
    let center = |number, code| Center { number, place: party(code).place.expect("just located") };
    // Trenton and Sacramento.
    let centers = Centers::new([center(1, "08608"), center(2, "95814")]);
    let [new_york, philadelphia, san_francisco] = ["10001", "19103", "94103"].map(party);

    let meet = validate_order(&new_york, std::slice::from_ref(&philadelphia), &centers).expect("eligible");
    assert_eq!(meet.numbers(), [1]);
    let apart = validate_order(&new_york, &[philadelphia, san_francisco], &centers).unwrap_err();
    let compromise = apart.closest_common.expect("a compromise");
    assert_eq!(compromise.miles.len(), 3);
    assert!(compromise.miles.iter().any(|&miles| miles > 2_000.0), "{compromise:?}");
}
