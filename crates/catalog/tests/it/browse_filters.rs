//! Browse against a filter that anybody can check: every offering, one by one.

use std::cmp::Ordering;

use catalog::{
    BrowseFilter, BrowsePlace, CategoryDraft, CreateListing, ListingType, Offering, OfferingKind, Sort, Unit,
    browse, create_category, create_listing, create_product, pause_offering, set_in_stock,
};
use chrono::{DateTime, TimeDelta, Utc};
use db::Conn;
use kernel::{CategoryId, Limit, OfferingId, UserId};
use testkit::TestDatabase;

use crate::support::*;

const WORDS: [&str; 4] = ["Kale", "Tomato", "Basil", "Mint"];
const KINDS: [ListingType; 3] = [ListingType::Clipping, ListingType::Seeds, ListingType::Produce];

/// A shop where it is.
#[derive(Clone, Debug)]
struct Shop {
    id: UserId,
    place: Option<(f64, f64)>,
    reach: Vec<i32>,
}

/// An offering with everything that browse may ask of it.
#[derive(Clone, Debug)]
struct Known {
    offering: Offering,
    shop: Shop,
    listing_type: Option<ListingType>,
    on_sale: bool,
}

/// The visitor: in the middle of the shops, reaching centers 2 and 3.
fn visitor() -> BrowsePlace {
    BrowsePlace { unit_vector: unit_vector(BOULDER), reach: vec![2, 3] }
}

fn unit_vector((lat, lon): (f64, f64)) -> [f64; 3] {
    let (lat, lon) = (lat.to_radians(), lon.to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

/// The great-circle distance, by another formula than the one under test (the haversine).
fn miles((lat_a, lon_a): (f64, f64), (lat_b, lon_b): (f64, f64)) -> f64 {
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let h = half(lat_a, lat_b) + lat_a.to_radians().cos() * lat_b.to_radians().cos() * half(lon_a, lon_b);
    2.0 * 3958.7613 * h.sqrt().asin()
}

/// Twelve shops around the visitor, each a little farther; some reach what the visitor does, two reach
/// nothing, one is nowhere.
async fn shops(conn: &mut Conn) -> Vec<Shop> {
    let reaches: [&[i32]; 12] =
        [&[1], &[1, 2], &[2], &[2, 3], &[3], &[3, 4], &[4], &[1, 2, 3, 4], &[], &[5], &[2, 5], &[]];
    let mut shops = Vec::new();
    for (number, reach) in (1_u32..).zip(reaches) {
        let step = f64::from(number) / 13.0;
        let place_of = (BOULDER.0 + step, BOULDER.1 - step / 2.0);
        let place_of = (number < 12).then_some(place_of);
        let id = vendor(conn, "gardener").await;
        place(conn, id, place_of, reach).await;
        shops.push(Shop { id, place: place_of, reach: reach.to_vec() });
    }
    shops
}

/// Three hundred offerings of the shops, made through the services.
async fn goods(conn: &mut Conn, shops: &[Shop], categories: &[CategoryId]) -> Vec<Known> {
    let mut dice = Dice(20_300_301);
    let mut goods = Vec::new();
    let mut plants = Vec::new();
    for shop in shops {
        plants.push(plant(conn, shop.id).await);
    }
    for number in 0..300_i64 {
        let index = usize::try_from(dice.roll(12)).unwrap();
        let shop = &shops[index];
        let at = now() - TimeDelta::minutes(i64::try_from(dice.roll(60)).unwrap());
        let title = format!("{} {number}", dice.pick(&WORDS));
        let description = (dice.roll(3) == 0).then(|| format!("Goes with {}.", dice.pick(&WORDS)));
        let category_id = dice.pick(&[None, Some(categories[0]), Some(categories[1])]).to_owned();
        let price = usd(100 * i64::try_from(1 + dice.roll(9)).unwrap());
        let offering = if shop.reach.is_empty() || dice.roll(3) == 0 {
            let draft = mugs(&number.to_string());
            let draft = catalog::CreateProduct { title, description, category_id, price, ..draft };
            create_product(conn, at, shop.id, &draft).await.unwrap()
        } else {
            let listing_type = *dice.pick(&KINDS);
            let (title, unit) = (Some(title), *dice.pick(&[Unit::Lb, Unit::Each]));
            let draft = produce_of(plants[index]);
            let draft = CreateListing { listing_type, title, unit, description, category_id, price, ..draft };
            create_listing(conn, at, shop.id, &draft).await.unwrap()
        };
        let on_sale = take_some_off(conn, &mut dice, &offering).await;
        goods.push(Known::new(offering, shop, on_sale));
    }
    goods
}

/// Pauses or sells out a few; false when it did.
async fn take_some_off(conn: &mut Conn, dice: &mut Dice, offering: &Offering) -> bool {
    match dice.roll(12) {
        0 => {
            let (vendor, id) = (offering.vendor_id, offering.id);
            pause_offering(conn, now(), vendor.into(), vendor, id).await.unwrap();
            false
        }
        1 => {
            set_in_stock(conn, &[offering.id], false).await.unwrap();
            false
        }
        _ => true,
    }
}

impl Known {
    fn new(offering: Offering, shop: &Shop, on_sale: bool) -> Self {
        let listing_type = match offering.detail {
            catalog::Detail::Listing { listing_type, .. } => Some(listing_type),
            catalog::Detail::Product { .. } => None,
        };
        Self { offering, shop: shop.clone(), listing_type, on_sale }
    }

    fn published_at(&self) -> DateTime<Utc> {
        self.offering.published_at.unwrap()
    }

    fn miles(&self) -> Option<f64> {
        self.shop.place.map(|place| miles(BOULDER, place))
    }

    fn is_wanted(&self, filter: &BrowseFilter) -> bool {
        let offering = &self.offering;
        let has_word = |word: &String| {
            let text = format!("{} {}", offering.title, offering.description.as_deref().unwrap_or_default());
            text.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|part| part == word)
        };
        self.on_sale
            && filter
                .place
                .as_ref()
                .is_none_or(|place| place.reach.iter().any(|n| self.shop.reach.contains(n)))
            && filter.kind.is_none_or(|kind| offering.detail.kind() == kind)
            && filter.category.is_none_or(|category| offering.category_id == Some(category))
            && filter.listing_type.is_none_or(|part| self.listing_type == Some(part))
            && filter.price_from.is_none_or(|price| offering.price.amount >= price)
            && filter.price_to.is_none_or(|price| offering.price.amount <= price)
            && filter.within_miles.is_none_or(|most| self.miles().is_some_and(|miles| miles <= most))
            && filter.published_since.is_none_or(|since| self.published_at() >= since)
            && filter.text.as_ref().is_none_or(has_word)
    }

    fn compare(&self, other: &Self, sort: Sort) -> Ordering {
        let (a, b) = (&self.offering, &other.offering);
        match sort {
            Sort::Newest => (other.published_at(), b.id).cmp(&(self.published_at(), a.id)),
            Sort::Cheapest => (a.price.amount, a.id).cmp(&(b.price.amount, b.id)),
            Sort::Nearest => {
                let by_distance = self.miles().partial_cmp(&other.miles()).unwrap();
                by_distance.then((a.vendor_id, a.id).cmp(&(b.vendor_id, b.id)))
            }
        }
    }
}

/// Every combination of the filters.
fn combinations(category: CategoryId) -> impl Iterator<Item = BrowseFilter> {
    (0..256_u32).map(move |bits| {
        let with = |bit: u32| bits & (1 << bit) != 0;
        let prices = if with(3) { (Some(300), Some(700)) } else { (None, None) };
        BrowseFilter {
            kind: with(0).then_some(OfferingKind::Listing),
            category: with(1).then_some(category),
            listing_type: with(2).then_some(ListingType::Produce),
            price_from: prices.0,
            price_to: prices.1,
            place: with(4).then(visitor),
            // A distance without a place is the caller's to refuse.
            within_miles: (with(4) && with(5)).then_some(40.0),
            published_since: with(6).then(|| now() - TimeDelta::minutes(30)),
            text: with(7).then(|| "kale".to_owned()),
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_combination_of_filters_finds_what_it_should_in_every_order() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let mut categories = Vec::new();
    for slug in ["greens", "herbs"] {
        let (slug, name) = (slug.to_owned(), slug.to_owned());
        let draft = CategoryDraft { slug, name, parent_id: None, sort_order: 0 };
        categories.push(create_category(conn, &draft).await.unwrap().id);
    }
    let shops = shops(conn).await;
    let goods = goods(conn, &shops, &categories).await;
    let mut found_some = 0;
    for filter in combinations(categories[0]) {
        for sort in [Sort::Newest, Sort::Cheapest, Sort::Nearest] {
            if sort == Sort::Nearest && filter.place.is_none() {
                continue;
            }
            let mut expected: Vec<&Known> = goods.iter().filter(|known| known.is_wanted(&filter)).collect();
            expected.sort_by(|a, b| a.compare(b, sort));
            let expected: Vec<OfferingId> = expected.into_iter().map(|known| known.offering.id).collect();
            found_some += usize::from(!expected.is_empty());
            let found = browsed(conn, &filter, sort, 13).await;
            let found: Vec<OfferingId> = found.into_iter().map(|item| item.id).collect();
            assert_eq!(found, expected, "{sort:?} {filter:?}");
        }
    }
    assert!(found_some > 300, "most combinations find something: {found_some}");
    every_page_costs_one_statement(&db, conn).await;
    items_tell_what_they_are(conn, &goods).await;
}

async fn every_page_costs_one_statement(db: &TestDatabase, conn: &mut Conn) {
    let here = BrowseFilter { place: Some(visitor()), ..BrowseFilter::default() };
    let words = BrowseFilter { text: Some("mint".to_owned()), ..here.clone() };
    for filter in [BrowseFilter::default(), here, words] {
        for sort in [Sort::Newest, Sort::Cheapest, Sort::Nearest] {
            if sort == Sort::Nearest && filter.place.is_none() {
                continue;
            }
            for size in [1, 100] {
                let before = db.database.statements();
                let limit = Limit::parse(Some(size)).unwrap();
                browse(conn, &filter, sort, None, limit).await.unwrap();
                assert_eq!(db.database.statements() - before, 1, "{size} items, {sort:?}, {filter:?}");
            }
        }
    }
}

async fn items_tell_what_they_are(conn: &mut Conn, goods: &[Known]) {
    let here = BrowseFilter { place: Some(visitor()), ..BrowseFilter::default() };
    for item in browsed(conn, &here, Sort::Nearest, 100).await {
        let known = goods.iter().find(|known| known.offering.id == item.id).unwrap();
        let offering = &known.offering;
        assert_eq!(
            (&item.title, item.kind, item.unit),
            (&offering.title, offering.detail.kind(), offering.unit)
        );
        assert_eq!((item.price, item.category_id), (offering.price, offering.category_id));
        assert_eq!((item.listing_type, item.published_at), (known.listing_type, known.published_at()));
        assert_eq!((item.vendor_id, item.vendor_name), (known.shop.id, format!("Shop {}", known.shop.id)));
        let miles = 2.0 * 3958.7613 * (item.chord.unwrap() / 2.0).asin();
        assert!((miles - known.miles().unwrap()).abs() < 1e-6, "{miles} miles");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_looked_for_as_in_a_web_search() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let plant = plant(conn, gardener).await;
    for title in ["Red tomatoes", "Green tomatoes", "Red kale"] {
        let draft = CreateListing { title: Some(title.to_owned()), ..produce_of(plant) };
        create_listing(conn, now(), gardener, &draft).await.unwrap();
    }
    for (text, count) in [
        ("tomato", 2),
        ("red tomato", 1),
        ("red or green", 3),
        ("tomato -green", 1),
        ("\"red tomatoes\"", 1),
        ("mint", 0),
        ("the", 0),
        ("' & | ! ( :*", 0),
    ] {
        let filter = BrowseFilter { text: Some(text.to_owned()), ..BrowseFilter::default() };
        assert_eq!(browsed(conn, &filter, Sort::Newest, 10).await.len(), count, "{text}");
    }
}
