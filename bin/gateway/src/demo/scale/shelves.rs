//! What is sold in a big demonstration: who sells how much, and what.

use std::collections::HashMap;

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
/// How long ago the oldest offering went on sale, in minutes.
const OLDEST: i64 = 180 * 24 * 60;

/// The offerings numbered `offerings`, dealt out to the vendors numbered `vendors`: how many of them each has.
/// Newcomers among the vendors (those from `first_new` on) get all, so that what is there stays as it is.
pub(super) fn deal(
    dice: &mut StdRng,
    offerings: std::ops::Range<usize>,
    vendors: usize,
    first_new: usize,
) -> Vec<(usize, usize)> {
    let hands: HashMap<Region, [Vec<usize>; 2]> =
        Region::ALL.into_iter().map(|region| (region, hands(region, vendors, first_new))).collect();
    let mut dealt = vec![0; vendors];
    for number in offerings {
        let [gardeners, makers] = &hands[&Region::of_offering(number)];
        let hand = if !makers.is_empty() && dice.random_bool(PRODUCTS) { makers } else { gardeners };
        dealt[words::pick(dice, hand)] += 1;
    }
    dealt.into_iter().enumerate().filter(|(_, count)| *count > 0).collect()
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

/// What every offering of one load has in common.
pub(super) struct Shelves<'c> {
    pub now: DateTime<Utc>,
    pub categories: &'c HashMap<String, CategoryId>,
    /// How many offerings there were before, so that no SKU comes twice.
    pub before: usize,
}

impl Shelves<'_> {
    /// Adds `count` offerings of a vendor.
    pub(super) fn fill(
        &self,
        dice: &mut StdRng,
        batch: &mut Batch,
        number: usize,
        vendor: UserId,
        count: usize,
    ) {
        match vendor_kind(number) {
            VendorKind::Maker => {
                for piece in 0..count {
                    let sku = format!("S{}-{}", self.before, piece + 1);
                    batch.offerings.push(self.product(dice, vendor, sku));
                }
            }
            _ => {
                // A plant gives two listings: something to eat and something to grow, say.
                for listed in (0..count).step_by(2) {
                    let (crop, variety) = words::plant(dice);
                    let plant = self.plant(vendor, crop, variety);
                    for _ in listed..count.min(listed + 2) {
                        batch.offerings.push(self.listing(dice, vendor, plant.id, crop, variety));
                    }
                    batch.plants.push(plant);
                }
            }
        }
    }

    fn plant(&self, vendor: UserId, crop: &Crop, variety: &str) -> Plant {
        let since = self.now - TimeDelta::minutes(OLDEST);
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
        vendor: UserId,
        plant_id: PlantId,
        crop: &Crop,
        variety: &str,
    ) -> StockedOffering {
        let listing_type = words::listing_type(dice);
        let unit = if listing_type == ListingType::Produce { crop.unit } else { Unit::Each };
        let wording = words::listing(dice, crop, variety, listing_type);
        let detail = Detail::Listing { plant_id, listing_type };
        self.stocked(dice, vendor, crop.category, unit, wording, detail)
    }

    fn product(&self, dice: &mut StdRng, vendor: UserId, sku: String) -> StockedOffering {
        let (wording, category) = words::product(dice);
        let detail = Detail::Product { sku, reorder_threshold: Quantity::whole(3) };
        self.stocked(dice, vendor, category, Unit::Each, wording, detail)
    }

    fn stocked(
        &self,
        dice: &mut StdRng,
        vendor_id: UserId,
        category: &str,
        unit: Unit,
        wording: words::Wording,
        detail: Detail,
    ) -> StockedOffering {
        let published_at = self.now - TimeDelta::minutes(dice.random_range(1..OLDEST));
        let offering = Offering {
            id: OfferingId::new(),
            vendor_id,
            category_id: self.categories.get(category).copied(),
            title: wording.title,
            description: Some(wording.description),
            unit,
            price: Money::new(wording.cents, Currency::Usd),
            status: SaleStatus::Active,
            hidden: false,
            hidden_reason: None,
            detail,
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

    fn dealt_to(dealt: &[(usize, usize)], region: Region) -> usize {
        dealt.iter().filter(|(vendor, _)| Region::of_vendor(*vendor) == region).map(|(_, count)| count).sum()
    }

    #[test]
    fn every_region_gets_its_share_and_newcomers_get_what_is_new() {
        let mut dice = StdRng::seed_from_u64(7);
        let dealt = deal(&mut dice, 0..2000, 100, 0);
        assert_eq!(Region::ALL.map(|region| dealt_to(&dealt, region)), [1000, 5, 995]);
        let grown = deal(&mut dice, 2000..8000, 400, 100);
        assert_eq!(grown.iter().map(|(_, count)| count).sum::<usize>(), 6000);
        assert!(grown.iter().all(|(vendor, _)| *vendor >= 100), "{grown:?}");
        let without_newcomers = deal(&mut dice, 8000..8400, 400, 400);
        assert_eq!(without_newcomers.iter().map(|(_, count)| count).sum::<usize>(), 400);
    }
}
