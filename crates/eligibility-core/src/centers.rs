//! Where the centers are, and which of them are near a place.
//!
//! Owns the spatial index and its agreement with [`miles`]. It does not own which centers count:
//! it is handed the approved ones, and is built anew when they change.

use rstar::primitives::GeomWithData;
use rstar::{PointDistance, RTree};

use crate::place::{Place, miles, squared_chord, unit_vector};
use crate::reach::{REACH_MILES, Reach};

/// A distribution center: the number that identifies it, and where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Center {
    /// The caller's small integer for this center.
    pub number: i32,
    /// Where it is.
    pub place: Place,
}

/// An immutable index of centers.
///
/// An R-tree over unit vectors: on the sphere in three dimensions the antimeridian and the poles are
/// ordinary places, and comparing chords needs no trigonometry per center. Chords only preselect;
/// whatever rounding could decide is decided by [`miles`].
#[derive(Debug, Clone, Default)]
pub struct Centers {
    tree: RTree<GeomWithData<[f64; 3], Center>>,
}

// Chords from unit vectors and haversines are two roundings of one quantity. As squared chords (Earth
// radii squared) they differ by a few 1e-15 at the most, and near the line at 100 miles by less than
// 1e-13 of its value. Both margins are far wider than that, yet there only 0.1 mm on the ground.
const RELATIVE_MARGIN: f64 = 1e-9;
const ABSOLUTE_MARGIN: f64 = 1e-13;

/// The largest squared chord that may, rounding considered, be no longer than `squared_chord`.
fn at_most(squared_chord: f64) -> f64 {
    squared_chord * (1.0 + RELATIVE_MARGIN) + ABSOLUTE_MARGIN
}

/// The largest squared chord that is, whatever the rounding, no longer than `squared_chord`.
fn surely_within(squared_chord: f64) -> f64 {
    squared_chord * (1.0 - RELATIVE_MARGIN) - ABSOLUTE_MARGIN
}

impl Centers {
    /// Builds the index in O(n log n). Of several centers with one number the last one counts.
    #[must_use]
    pub fn new(centers: impl IntoIterator<Item = Center>) -> Self {
        let mut centers: Vec<Center> = centers.into_iter().collect();
        // The sort is stable; reversed, the last of equal numbers is the one that is kept.
        centers.reverse();
        centers.sort_by_key(|center| center.number);
        centers.dedup_by_key(|center| center.number);
        let leaves = centers.into_iter().map(|center| GeomWithData::new(unit_vector(center.place), center));
        Self { tree: RTree::bulk_load(leaves.collect()) }
    }

    /// How many centers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tree.size()
    }

    /// Whether there are no centers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tree.size() == 0
    }

    /// The centers within [`REACH_MILES`] of the place, the line included: exactly those whose
    /// [`miles`] from it are no more than that.
    #[must_use]
    pub fn eligible_centers(&self, place: Place) -> Reach {
        let from = unit_vector(place);
        let line = squared_chord(REACH_MILES);
        let (sure, possible) = (surely_within(line), at_most(line));
        let numbers = self
            .tree
            .locate_within_distance(from, possible)
            .filter(|leaf| {
                from.distance_2(leaf.geom()) <= sure || miles(place, leaf.data.place) <= REACH_MILES
            })
            .map(|leaf| leaf.data.number)
            .collect();
        Reach::from_numbers(numbers)
    }

    /// The `count` nearest centers (all, if there are fewer) with their distance in miles, the
    /// nearest first, equally distant ones by number.
    #[must_use]
    pub fn nearest(&self, place: Place, count: usize) -> Vec<(Center, f64)> {
        if count == 0 {
            return Vec::new();
        }
        let mut found = Vec::with_capacity(count.min(self.len()));
        let mut horizon = f64::INFINITY;
        for (leaf, squared_chord) in self.tree.nearest_neighbor_iter_with_distance_2(&unit_vector(place)) {
            if squared_chord > horizon {
                break;
            }
            found.push((leaf.data, miles(place, leaf.data.place)));
            // Go on past the last one wanted for as long as a center may tie with it.
            if found.len() == count {
                horizon = at_most(squared_chord);
            }
        }
        found.sort_unstable_by(|(a, miles_a), (b, miles_b)| {
            miles_a.total_cmp(miles_b).then(a.number.cmp(&b.number))
        });
        found.truncate(count);
        found
    }

    /// The nearest center and its distance in miles; of equally distant ones, the lowest number.
    #[must_use]
    pub fn nearest_one(&self, place: Place) -> Option<(Center, f64)> {
        self.nearest(place, 1).pop()
    }

    /// The center whose largest distance to any of the places is smallest (of equals, the lowest
    /// number), with its miles to each place in their order. None without centers or places.
    ///
    /// Looks at every center: places far apart leave an index little to prune.
    #[must_use]
    pub fn closest_to_all(&self, places: &[Place]) -> Option<(Center, Vec<f64>)> {
        if places.is_empty() {
            return None;
        }
        let vectors: Vec<[f64; 3]> = places.iter().copied().map(unit_vector).collect();
        let farthest =
            |center: &[f64; 3]| vectors.iter().map(|from| from.distance_2(center)).fold(0.0, f64::max);
        let horizon =
            at_most(self.tree.iter().map(|leaf| farthest(leaf.geom())).fold(f64::INFINITY, f64::min));
        self.tree
            .iter()
            .filter(|leaf| farthest(leaf.geom()) <= horizon)
            .map(|leaf| {
                let distances: Vec<f64> = places.iter().map(|&from| miles(from, leaf.data.place)).collect();
                (distances.iter().copied().fold(0.0, f64::max), leaf.data, distances)
            })
            .min_by(|(worst_a, a, _), (worst_b, b, _)| {
                worst_a.total_cmp(worst_b).then(a.number.cmp(&b.number))
            })
            .map(|(_, center, distances)| (center, distances))
    }
}

impl FromIterator<Center> for Centers {
    fn from_iter<I: IntoIterator<Item = Center>>(centers: I) -> Self {
        Self::new(centers)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::EARTH_RADIUS_MILES;
    use crate::sampling::{any_place, around, centers_around, destination, place};

    fn reach_by_definition(centers: &[Center], from: Place) -> Reach {
        let within = centers.iter().filter(|center| miles(from, center.place) <= REACH_MILES);
        Reach::from_numbers(within.map(|center| center.number).collect())
    }

    fn nearest_by_definition(centers: &[Center], from: Place) -> Vec<(Center, f64)> {
        let mut all: Vec<_> = centers.iter().map(|&center| (center, miles(from, center.place))).collect();
        all.sort_by(|(a, miles_a), (b, miles_b)| miles_a.total_cmp(miles_b).then(a.number.cmp(&b.number)));
        all
    }

    /// A place, and centers around it, or around the far side of the globe, or anywhere.
    fn place_and_centers() -> impl Strategy<Value = (Place, Vec<Center>)> {
        any_place().prop_flat_map(|anchor| {
            let centers = prop_oneof![
                4 => centers_around(anchor, 250.0, 60).boxed(),
                1 => centers_around(anchor, 0.001, 20).boxed(),
                1 => centers_around(anchor, 12_000.0, 60).boxed(),
                1 => centers_around(destination(anchor, 0.0, 12_430.0), 50.0, 20).boxed(),
            ];
            (around(anchor, 100.0), centers)
        })
    }

    #[test]
    fn nothing_is_near_no_centers() {
        let none = Centers::default();
        let here = place(40.0, -75.0);
        assert!(none.is_empty() && none.eligible_centers(here).is_empty());
        assert_eq!(none.nearest_one(here), None);
        assert_eq!(none.closest_to_all(&[here]), None);
    }

    #[test]
    fn the_last_of_equal_numbers_counts() {
        let [old, new] = [place(40.0, -75.0), place(30.0, -95.0)];
        let centers: Centers = [(1, old), (2, old), (1, new)]
            .map(|(number, place)| Center { number, place })
            .into_iter()
            .collect();
        assert_eq!(centers.len(), 2);
        assert_eq!(centers.eligible_centers(old).numbers(), [2]);
        assert_eq!(centers.eligible_centers(new).numbers(), [1]);
    }

    #[test]
    fn ties_go_by_number() {
        let here = place(40.0, -75.0);
        let centers = Centers::new((0..40).rev().map(|number| Center { number, place: here }));
        let numbers: Vec<i32> = centers.nearest(here, 3).iter().map(|(center, _)| center.number).collect();
        assert_eq!(numbers, [0, 1, 2]);
        assert!(centers.nearest(here, 0).is_empty());
        assert_eq!(centers.nearest(here, 100).len(), 40);
        assert_eq!(centers.closest_to_all(&[here]).map(|(center, _)| center.number), Some(0));
    }

    #[test]
    fn ties_that_chords_round_apart_go_by_number() {
        // Mirror images: their miles are equal to the last digit, their chords are not always.
        let here = place(40.0, -75.0);
        for step in 1..400 {
            let offset = f64::from(step) / 256.0;
            let [west, east] = [place(41.5, -75.0 - offset), place(41.5, -75.0 + offset)];
            assert_eq!(miles(here, west).to_bits(), miles(here, east).to_bits());
            for sides in [[west, east], [east, west]] {
                let centers: Centers =
                    (1..).zip(sides).map(|(number, place)| Center { number, place }).collect();
                assert_eq!(centers.nearest_one(here).map(|(center, _)| center.number), Some(1));
                assert_eq!(centers.closest_to_all(&[here]).map(|(center, _)| center.number), Some(1));
            }
        }
    }

    #[test]
    fn the_line_itself_is_in_reach() {
        // Only next to the equator are latitudes fine enough to hit 100 miles to the last digit.
        let start = place(0.0, -100.0);
        let about = (REACH_MILES / EARTH_RADIUS_MILES).to_degrees().to_bits();
        let on_the_line: Vec<Place> = (about - 50..=about + 50)
            .map(|bits| place(f64::from_bits(bits), -100.0))
            .filter(|&to| miles(start, to).to_bits() == REACH_MILES.to_bits())
            .collect();
        assert!(!on_the_line.is_empty());
        for to in on_the_line {
            let centers = Centers::new([Center { number: 1, place: to }]);
            assert!(centers.eligible_centers(start).contains(1), "{to:?}");
        }
    }

    #[test]
    fn reach_crosses_the_antimeridian_and_the_poles() {
        let at = |number, lat, lon| Center { number, place: place(lat, lon) };
        let centers = Centers::new([
            at(1, 52.0, 179.9),
            at(2, 52.0, -179.9),
            at(3, 89.9, 0.0),
            at(4, 89.9, 180.0),
            at(5, -90.0, 33.0),
        ]);
        assert_eq!(centers.eligible_centers(place(52.0, 179.0)).numbers(), [1, 2]);
        assert_eq!(centers.eligible_centers(place(52.0, -180.0)).numbers(), [1, 2]);
        assert_eq!(centers.eligible_centers(place(89.5, 90.0)).numbers(), [3, 4]);
        assert_eq!(centers.eligible_centers(place(-89.0, -120.0)).numbers(), [5]);
    }

    #[test]
    fn rounding_on_the_line_is_decided_by_miles() {
        // Dyadic scales step through the last digits in which chords and haversines disagree.
        for start in [place(40.7, -74.0), place(61.2, -149.9), place(-89.99, 10.0), place(52.0, 179.99)] {
            let centers: Vec<Center> = (0..4000)
                .map(|number| {
                    let step = f64::from(number % 40 - 20) * 2.0_f64.powi(-(20 + number % 32));
                    Center {
                        number,
                        place: destination(start, f64::from(number) * 0.09, REACH_MILES * (1.0 + step)),
                    }
                })
                .collect();
            let reach = Centers::new(centers.iter().copied()).eligible_centers(start);
            assert_eq!(reach, reach_by_definition(&centers, start));
            assert!((1000..3000).contains(&reach.len()), "{} of 4000 within", reach.len());
        }
    }

    proptest! {
        #[test]
        fn reach_is_its_definition((from, centers) in place_and_centers()) {
            let index = Centers::new(centers.iter().copied());
            prop_assert_eq!(index.len(), centers.len());
            prop_assert_eq!(index.eligible_centers(from), reach_by_definition(&centers, from));
        }

        #[test]
        fn nearest_is_its_definition((from, centers) in place_and_centers(), count in 0..70_usize) {
            let index = Centers::new(centers.iter().copied());
            let all = nearest_by_definition(&centers, from);
            prop_assert_eq!(index.nearest(from, count), &all[..count.min(all.len())]);
            prop_assert_eq!(index.nearest_one(from), all.first().copied());
        }

        #[test]
        fn closest_to_all_is_its_definition(
            (from, centers) in place_and_centers(), others in prop::collection::vec(any_place(), 0..4),
        ) {
            let places: Vec<Place> = others.into_iter().chain([from]).collect();
            let distances = |center: &Center| -> Vec<f64> {
                places.iter().map(|&from| miles(from, center.place)).collect()
            };
            let worst = |center: &Center| distances(center).into_iter().fold(0.0, f64::max);
            let expected = centers
                .iter()
                .min_by(|a, b| worst(a).total_cmp(&worst(b)).then(a.number.cmp(&b.number)))
                .map(|center| (*center, distances(center)));
            prop_assert_eq!(Centers::new(centers.iter().copied()).closest_to_all(&places), expected);
        }
    }
}
