//! What is sold in a big demonstration: who sells how much, and what.

use std::collections::HashMap;
use std::ops::Range;

use accounts::VendorKind;
use catalog::{Detail, ListingType, Offering, Plant, SaleStatus, StockedOffering, Unit};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{CategoryId, Currency, Money, OfferingId, PlantId, Quantity, UserId};
use rand::Rng;
use rand::rngs::StdRng;

use super::people::vendor_kind;
use super::regions::Region;
use super::words::{self, Crop};

/// The share of what ships.
const PRODUCTS: f64 = 0.15;
/// How long ago the oldest offering went on sale.
const OLDEST: TimeDelta = TimeDelta::days(180);

/// Who sells what, by the region they live in.
pub(super) struct Hands(HashMap<Region, [Vec<usize>; 2]>);

impl Hands {
    /// Of the vendors numbered up to `vendors`. Newcomers among them (those from `first_new` on) get all, so that what
    /// is there stays as it is.
    pub(super) fn new(vendors: usize, first_new: usize) -> Self {
        Self(Region::ALL.into_iter().map(|region| (region, hands(region, vendors, first_new))).collect())
    }

    /// The vendor who gets the offering with this number.
    pub(super) fn deal(&self, dice: &mut StdRng, offering: usize) -> usize {
        let [gardeners, makers] = &self.0[&Region::of_offering(offering)];
        let hand = if !makers.is_empty() && dice.random_bool(PRODUCTS) { makers } else { gardeners };
        words::pick(dice, hand)
    }
}

/// The gardeners and the makers of a region.
fn hands(region: Region, vendors: usize, first_new: usize) -> [Vec<usize>; 2] {
    [VendorKind::Gardener, VendorKind::Maker].map(|kind| {
        let all = (0..vendors)
            .filter(|number| Region::of_vendor(*number) == region && vendor_kind(*number) == kind)
            .collect::<Vec<_>>();
        let newcomers: Vec<usize> = all.iter().copied().filter(|number| *number >= first_new).collect();
        if newcomers.is_empty() { all } else { newcomers }
    })
}

/// What vendors have made so far, until it is written.
#[derive(Default)]
pub(super) struct Batch {
    pub plants: Vec<Plant>,
    pub offerings: Vec<StockedOffering>,
}

/// Who puts something on sale, and when.
#[derive(Clone, Copy)]
struct Sale {
    vendor: UserId,
    published_at: DateTime<Utc>,
}

/// How the shelves of one load are filled: in the order of publication, as they would have been in life, so that the
/// database's files lie in that order too.
pub(super) struct Shelves<'c> {
    now: DateTime<Utc>,
    categories: &'c HashMap<String, CategoryId>,
    /// Those of the offerings of this load; an SKU has its offering's, so that none comes twice.
    numbers: Range<usize>,
    /// The plants that one of two listings is made of.
    half_listed: HashMap<UserId, (PlantId, &'static Crop, &'static str)>,
}

impl<'c> Shelves<'c> {
    /// Of offerings with these numbers.
    pub(super) fn new(
        now: DateTime<Utc>,
        categories: &'c HashMap<String, CategoryId>,
        numbers: Range<usize>,
    ) -> Self {
        Self { now, categories, numbers, half_listed: HashMap::new() }
    }

    /// Adds the offering with this number, of a vendor of this kind.
    pub(super) fn fill(
        &mut self,
        dice: &mut StdRng,
        batch: &mut Batch,
        number: usize,
        vendor: UserId,
        kind: VendorKind,
    ) {
        let sale = Sale { vendor, published_at: self.published_at(number) };
        let offering = if kind == VendorKind::Maker {
            self.product(dice, sale, format!("S-{}", number + 1))
        } else {
            // A plant gives two listings: something to eat and something to grow, say.
            let (plant_id, crop, variety) = self.half_listed.remove(&vendor).unwrap_or_else(|| {
                let (crop, variety) = words::plant(dice);
                let plant = self.plant(vendor, crop, variety);
                let made = (plant.id, crop, variety);
                batch.plants.push(plant);
                self.half_listed.insert(vendor, made);
                made
            });
            self.listing(dice, sale, plant_id, crop, variety)
        };
        batch.offerings.push(offering);
    }

    /// Evenly from the oldest to now.
    fn published_at(&self, number: usize) -> DateTime<Utc> {
        let (left, all) = (self.numbers.end.saturating_sub(number), self.numbers.len().max(1));
        self.now - OLDEST / i32::try_from(all).unwrap_or(i32::MAX) * i32::try_from(left).unwrap_or(i32::MAX)
    }

    fn plant(&self, vendor: UserId, crop: &Crop, variety: &str) -> Plant {
        let since = self.now - OLDEST;
        Plant {
            id: PlantId::new(),
            gardener_id: vendor,
            name: format!("{variety} {}", crop.name),
            species: Some(crop.species.to_owned()),
            description: None,
            tags: vec!["full-sun".to_owned(), crop.category.to_owned()],
            version: 1,
            created_at: since,
            updated_at: since,
        }
    }

    fn listing(
        &self,
        dice: &mut StdRng,
        sale: Sale,
        plant_id: PlantId,
        crop: &Crop,
        variety: &str,
    ) -> StockedOffering {
        let listing_type = words::listing_type(dice);
        let unit = if listing_type == ListingType::Produce { crop.unit } else { Unit::Each };
        let wording = words::listing(dice, crop, variety, listing_type);
        let detail = Detail::Listing { plant_id, listing_type };
        self.stocked(dice, sale, crop.category, unit, wording, detail)
    }

    fn product(&self, dice: &mut StdRng, sale: Sale, sku: String) -> StockedOffering {
        let (wording, category) = words::product(dice);
        let detail = Detail::Product { sku, reorder_threshold: Quantity::whole(3) };
        self.stocked(dice, sale, category, Unit::Each, wording, detail)
    }

    fn stocked(
        &self,
        dice: &mut StdRng,
        Sale { vendor, published_at }: Sale,
        category: &str,
        unit: Unit,
        wording: words::Wording,
        detail: Detail,
    ) -> StockedOffering {
        let offering = Offering {
            id: OfferingId::new(),
            vendor_id: vendor,
            category_id: self.categories.get(category).copied(),
            title: wording.title,
            description: Some(wording.description),
            unit,
            price: Money::new(wording.cents, Currency::Usd),
            status: SaleStatus::Active,
            hidden: false,
            hidden_reason: None,
            detail,
            pictures: serde_json::json!([]),
            published_at: Some(published_at),
            version: 1,
            created_at: published_at,
            updated_at: published_at,
        };
        StockedOffering { offering, stock: Quantity::whole(dice.random_range(5..500)) }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn dealt(offerings: Range<usize>, vendors: usize, first_new: usize) -> Vec<usize> {
        let mut dice = StdRng::seed_from_u64(7);
        let hands = Hands::new(vendors, first_new);
        offerings.map(|number| hands.deal(&mut dice, number)).collect()
    }

    #[test]
    fn every_region_gets_its_share_and_newcomers_get_what_is_new() {
        let first = dealt(0..2000, 100, 0);
        let of = |region| first.iter().filter(|vendor| Region::of_vendor(**vendor) == region).count();
        assert_eq!(Region::ALL.map(of), [1000, 5, 995]);
        assert!(dealt(2000..8000, 400, 100).iter().all(|vendor| *vendor >= 100));
        assert!(dealt(8000..8400, 400, 400).iter().any(|vendor| *vendor < 100), "there are no newcomers");
    }

    #[test]
    fn what_is_sold_goes_on_sale_one_after_the_other_until_now() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let categories = HashMap::new();
        let mut shelves = Shelves::new(now, &categories, 0..4);
        let (mut batch, mut dice, vendor) = (Batch::default(), StdRng::seed_from_u64(7), UserId::new());
        for number in 0..4 {
            shelves.fill(&mut dice, &mut batch, number, vendor, VendorKind::Gardener);
        }
        let published: Vec<_> =
            batch.offerings.iter().filter_map(|stocked| stocked.offering.published_at).collect();
        assert_eq!(published, [180, 135, 90, 45].map(|days| now - TimeDelta::days(days)));
        assert!(batch.offerings.is_sorted_by_key(StockedOffering::id), "ids are in that order too");
        assert_eq!(batch.plants.len(), 2, "two listings of a plant");
    }
}
