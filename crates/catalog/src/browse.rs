//! How offerings are looked for: filters, orders and the keys from which a page goes on. Pure.

use chrono::{DateTime, Utc};
use kernel::{CategoryId, Money, OfferingId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{ListingType, OfferingKind, Unit};

/// The order of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    /// Latest publication first.
    #[default]
    Newest,
    /// Lowest price per unit first.
    Cheapest,
    /// Nearest seller first; needs a place.
    Nearest,
}

/// Where the visitor is and what that reaches.
#[derive(Clone, PartialEq, Debug)]
pub struct BrowsePlace {
    /// The place as a point of the unit sphere.
    pub unit_vector: [f64; 3],
    /// The numbers of the approved centers within reach.
    pub reach: Vec<i32>,
}

/// What a visitor wants to see. Everything is optional.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct BrowseFilter {
    /// Only what can be had from here.
    pub place: Option<BrowsePlace>,
    /// Only this kind.
    pub kind: Option<OfferingKind>,
    /// Only this category.
    pub category: Option<CategoryId>,
    /// Only this part of a plant.
    pub listing_type: Option<ListingType>,
    /// The lowest price per unit, in minor units.
    pub price_from: Option<i64>,
    /// The highest price per unit, in minor units.
    pub price_to: Option<i64>,
    /// The greatest distance of the seller, in miles; needs a place.
    pub within_miles: Option<f64>,
    /// Only what was published at or after this instant.
    pub published_since: Option<DateTime<Utc>>,
    /// Words to look for, as in a web search.
    pub text: Option<String>,
}

/// The last item of a page, in the terms of its order.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum BrowseKey {
    /// Of [`Sort::Newest`].
    Newest {
        /// When it was published.
        at: DateTime<Utc>,
        /// Its id.
        id: Uuid,
    },
    /// Of [`Sort::Cheapest`].
    Cheapest {
        /// Its price in minor units.
        price: i64,
        /// Its id.
        id: Uuid,
    },
    /// Of [`Sort::Nearest`].
    Nearest {
        /// The bits of its chord's length: text would round it.
        chord: u64,
        /// Its seller.
        vendor: Uuid,
        /// Its id.
        id: Uuid,
    },
}

/// An offering on a page.
#[derive(Clone, PartialEq, Debug)]
pub struct BrowseItem {
    /// Its id.
    pub id: OfferingId,
    /// Its kind.
    pub kind: OfferingKind,
    /// The part of the plant, for a listing.
    pub listing_type: Option<ListingType>,
    /// Its title.
    pub title: String,
    /// Its category.
    pub category_id: Option<CategoryId>,
    /// The unit of price and quantity.
    pub unit: Unit,
    /// The price of one unit.
    pub price: Money,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Who sells it.
    pub vendor_id: UserId,
    /// The shop's name.
    pub vendor_name: String,
    /// The shop's name in addresses.
    pub vendor_slug: String,
    /// What is shown of its first picture, as whoever keeps them writes it.
    pub picture: Option<Value>,
    /// The distance of the seller as a chord of the unit sphere, when the visitor gave a place and the
    /// seller has one.
    pub chord: Option<f64>,
}

impl BrowseItem {
    /// The key of this item in an order.
    #[must_use]
    pub fn key(&self, sort: Sort) -> BrowseKey {
        let id = self.id.0;
        match sort {
            Sort::Newest => BrowseKey::Newest { at: self.published_at, id },
            Sort::Cheapest => BrowseKey::Cheapest { price: self.price.amount, id },
            Sort::Nearest => {
                let chord = self.chord.unwrap_or_default().to_bits();
                BrowseKey::Nearest { chord, vendor: self.vendor_id.0, id }
            }
        }
    }
}

/// Mean earth radius in miles (IUGG's R1, 6371.0088 km), as in the eligibility rule.
const EARTH_RADIUS_MILES: f64 = 3958.7613;

/// Seller and visitor each lie within 100 miles of a center they share.
pub(crate) const FARTHEST_SELLER_MILES: f64 = 201.0;

/// The chord of the unit sphere under a great-circle distance.
pub(crate) fn chord_of_miles(miles: f64) -> f64 {
    2.0 * (miles / (2.0 * EARTH_RADIUS_MILES)).min(std::f64::consts::FRAC_PI_2).sin()
}

/// How a page is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Plan {
    /// Walk the whole catalog's index in the page's order.
    Catalog,
    /// Merge the beginnings of the lists of the visitor's centers: the cost depends on the number of
    /// centers and the page's size, not on the catalog's.
    Centers,
    /// Find the words first; order what matches.
    Words,
    /// Walk outward from the visitor, seller by seller.
    Outward,
}

/// The most centers that are few.
const FEW_CENTERS: usize = 8;

impl BrowseFilter {
    pub(crate) fn plan(&self, sort: Sort) -> Plan {
        match (sort, &self.text, &self.place) {
            (_, Some(_), _) => Plan::Words,
            (Sort::Nearest, None, Some(_)) => Plan::Outward,
            (Sort::Newest | Sort::Cheapest, None, Some(_)) => Plan::Centers,
            (_, None, None) => Plan::Catalog,
        }
    }

    /// Whether the visitor is where many sellers are likely to be, and reaches more centers than an index merges faster
    /// than it does without them.
    pub(crate) fn reaches_many_centers(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.reach.len() > FEW_CENTERS)
    }

    /// Whether the best way to find a page is the same for all values of this filter: not where it depends on how much
    /// a word or a bound leaves.
    pub(crate) fn has_one_best_plan(&self) -> bool {
        self.text.is_none()
            && self.listing_type.is_none()
            && self.price_from.is_none()
            && self.price_to.is_none()
            && self.within_miles.is_none()
            && self.published_since.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_follows_from_place_words_and_order() {
        let place = BrowsePlace { unit_vector: [1.0, 0.0, 0.0], reach: vec![1] };
        let here = BrowseFilter { place: Some(place), ..BrowseFilter::default() };
        assert_eq!(BrowseFilter::default().plan(Sort::Newest), Plan::Catalog);
        assert_eq!(here.plan(Sort::Cheapest), Plan::Centers);
        assert_eq!(here.plan(Sort::Nearest), Plan::Outward);
        let words = BrowseFilter { text: Some("kale".to_owned()), ..here };
        assert_eq!(words.plan(Sort::Nearest), Plan::Words);
    }

    #[test]
    fn a_chord_grows_with_the_distance_up_to_the_far_side() {
        assert!((chord_of_miles(100.0) - 0.025_259).abs() < 1e-6);
        assert!((chord_of_miles(1e9) - 2.0).abs() < 1e-12);
    }
}
