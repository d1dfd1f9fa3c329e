//! Where the people of a big demonstration live: half of them around one city, a few in a lonely corner, the others all
//! over the country, and no two of these three near enough to trade with each other.

use anyhow::{Context, Result};
use eligibility_core::{Center, Centers, Place, miles};
use logistics::ZipPlace;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// The middle of the city, and of the lonely corner.
const CITY: &str = "80202";
const CORNER: &str = "59230";
/// How far from there its people live, in miles: so near that each of them reaches all centers of the region.
const CITY_MILES: f64 = 45.0;
const CORNER_MILES: f64 = 40.0;
/// How far from there the others live. Whoever shares a center with the region lives within 200 miles of it.
const ELSEWHERE_MILES: f64 = 250.0;
/// How near two centers outside of the city may be, where there is a choice.
const BETWEEN_CENTERS_MILES: f64 = 25.0;
/// How many centers the lonely corner has.
pub(super) const CORNER_CENTERS: usize = 2;

/// Where somebody lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Region {
    /// Around the city: half of everything.
    Dense,
    /// In the lonely corner.
    Sparse,
    /// Anywhere else.
    Elsewhere,
}

impl Region {
    pub(super) const ALL: [Self; 3] = [Self::Dense, Self::Sparse, Self::Elsewhere];

    /// Of the vendor with this number.
    pub(super) fn of_vendor(number: usize) -> Self {
        if number % 250 == 3 { Self::Sparse } else { Self::half(number) }
    }

    /// Of the offering with this number: the corner has a 400th of them.
    pub(super) fn of_offering(number: usize) -> Self {
        if number % 400 == 3 { Self::Sparse } else { Self::half(number) }
    }

    /// Of the center with this number. A city has one in twenty, and two are in the corner.
    pub(super) fn of_center(number: usize) -> Self {
        match number {
            _ if number.is_multiple_of(20) => Self::Dense,
            1..=CORNER_CENTERS => Self::Sparse,
            _ => Self::Elsewhere,
        }
    }

    fn half(number: usize) -> Self {
        if number.is_multiple_of(2) { Self::Dense } else { Self::Elsewhere }
    }
}

/// The postal codes of each region, in no particular order.
pub(super) struct Map {
    /// Where a visitor of the city and one of the corner is.
    pub city: ZipPlace,
    pub corner: ZipPlace,
    dense: Vec<ZipPlace>,
    sparse: Vec<ZipPlace>,
    elsewhere: Vec<ZipPlace>,
}

impl Map {
    pub(super) fn draw(dice: &mut StdRng) -> Result<Self> {
        let mut places = logistics::zip_places();
        let find = |zip: &str| places.iter().find(|place| place.zip == zip).cloned().context("no such ZIP");
        let (city, corner) = (find(CITY)?, find(CORNER)?);
        places.shuffle(dice);
        let within = |place: &ZipPlace, of: &ZipPlace, limit| miles(place.place, of.place) <= limit;
        let (mut dense, mut sparse, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
        for place in places {
            if within(&place, &city, CITY_MILES) {
                dense.push(place);
            } else if within(&place, &corner, CORNER_MILES) {
                sparse.push(place);
            } else if !within(&place, &city, ELSEWHERE_MILES) && !within(&place, &corner, ELSEWHERE_MILES) {
                elsewhere.push(place);
            }
        }
        Ok(Self { city, corner, dense, sparse, elsewhere })
    }

    /// Where the centers with the numbers up to `count` are.
    pub(super) fn centers(&self, count: usize) -> Vec<&ZipPlace> {
        let mut scattered = self.scattered(count).into_iter();
        let (mut dense, mut sparse) = (self.dense.iter().cycle(), self.sparse.iter().cycle());
        let place = |number| match Region::of_center(number) {
            Region::Dense => dense.next(),
            Region::Sparse => sparse.next(),
            Region::Elsewhere => scattered.next(),
        };
        (0..count).map(place).map_while(|place| place).collect()
    }

    /// `count` places elsewhere, some way from each other while there are such.
    fn scattered(&self, count: usize) -> Vec<&ZipPlace> {
        let mut chosen: Vec<&ZipPlace> = Vec::new();
        let mut close: Vec<&ZipPlace> = Vec::new();
        for place in &self.elsewhere {
            if chosen.len() == count {
                break;
            }
            let is_close = chosen.iter().any(|other| miles(place.place, other.place) < BETWEEN_CENTERS_MILES);
            if is_close { close.push(place) } else { chosen.push(place) }
        }
        chosen.extend(close);
        chosen.truncate(count);
        chosen
    }

    /// Where sellers may live, given the centers: so that each reaches one at least.
    pub(super) fn homes(&self, centers: &[&ZipPlace]) -> Homes<'_> {
        let numbered = (0..).zip(centers).map(|(number, center)| Center { number, place: center.place });
        let centers = Centers::new(numbered);
        let reaches = |place: &&ZipPlace| !centers.eligible_centers(place.place).is_empty();
        Homes {
            dense: self.dense.iter().collect(),
            sparse: self.sparse.iter().collect(),
            elsewhere: self.elsewhere.iter().filter(reaches).collect(),
        }
    }
}

/// Postal codes to choose a home from.
pub(super) struct Homes<'m> {
    dense: Vec<&'m ZipPlace>,
    sparse: Vec<&'m ZipPlace>,
    elsewhere: Vec<&'m ZipPlace>,
}

impl<'m> Homes<'m> {
    pub(super) fn of(&self, region: Region) -> &[&'m ZipPlace] {
        match region {
            Region::Dense => &self.dense,
            Region::Sparse => &self.sparse,
            Region::Elsewhere => &self.elsewhere,
        }
    }
}

/// Degrees, as everybody passes them on.
pub(super) fn degrees(place: Place) -> (f64, f64) {
    (place.lat(), place.lon())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn everybody_of_a_region_reaches_its_centers_and_no_others() {
        let map = Map::draw(&mut StdRng::seed_from_u64(7)).unwrap();
        let places = map.centers(500);
        assert_eq!(places.len(), 500);
        let numbered = (0..).zip(&places).map(|(number, center)| Center { number, place: center.place });
        let centers = Centers::new(numbered);
        let expected = |region| -> Vec<i32> {
            (0..500).filter(|number| Region::of_center(usize::try_from(*number).unwrap()) == region).collect()
        };
        let homes = map.homes(&places);
        for region in [Region::Dense, Region::Sparse] {
            for home in homes.of(region) {
                assert_eq!(centers.eligible_centers(home.place).numbers(), expected(region), "{home:?}");
            }
        }
        assert_eq!(expected(Region::Dense).len(), 25);
        let elsewhere = expected(Region::Elsewhere);
        for home in homes.of(Region::Elsewhere) {
            let reach = centers.eligible_centers(home.place);
            assert!(!reach.is_empty() && reach.numbers().iter().all(|number| elsewhere.contains(number)));
        }
    }

    #[test]
    fn the_shares_are_what_they_shall_be() {
        let share = |region| (0..2000).filter(|number| Region::of_offering(*number) == region).count();
        assert_eq!(Region::ALL.map(share), [1000, 5, 995]);
    }
}
