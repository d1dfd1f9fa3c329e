//! Shops and their goods for the stories.

use catalog::{
    BrowseFilter, BrowseItem, CatalogError, CreateListing, CreateProduct, ListingType, Offering, PlantDraft,
    Seller, SellerPlacement, Sort, Unit, add_plant, browse, create_listing, create_product, place_seller,
    upsert_seller,
};
use chrono::{DateTime, Utc};
use db::Conn;
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{Currency, Limit, Money, OfferingId, PlantId, Quantity, UserId};
use testkit::start_of_tests;

pub const BOULDER: (f64, f64) = (40.0, -105.2);

/// What a gardener may come to reach.
pub const REACHES: [&[i32]; 5] = [&[], &[1], &[1, 2], &[2, 3, 5], &[4]];

pub fn now() -> DateTime<Utc> {
    start_of_tests()
}

/// A user who exists for the foreign keys' sake.
pub async fn user(conn: &mut Conn) -> UserId {
    let id = UserId::new();
    diesel::sql_query(
        "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at) \
         VALUES ($1, $2, $2, '', 'somebody', $3, $3)",
    )
    .bind::<SqlUuid, _>(id.0)
    .bind::<Text, _>(format!("{id}@example.com"))
    .bind::<Timestamptz, _>(now())
    .execute(conn)
    .await
    .unwrap();
    id
}

/// A vendor who has not been located.
pub async fn vendor(conn: &mut Conn, kind: &str) -> UserId {
    let vendor_id = user(conn).await;
    let (name, slug) = (format!("Shop {vendor_id}"), format!("shop-{vendor_id}"));
    let seller =
        Seller { vendor_id, name, slug, kind: kind.to_owned(), place: None, reach: vec![], open: true };
    upsert_seller(conn, now(), &seller).await.unwrap();
    vendor_id
}

/// A gardener in Boulder who reaches these centers.
pub async fn gardener(conn: &mut Conn, reach: &[i32]) -> UserId {
    let id = vendor(conn, "gardener").await;
    place(conn, id, Some(BOULDER), reach).await;
    id
}

pub async fn place(conn: &mut Conn, vendor_id: UserId, place: Option<(f64, f64)>, reach: &[i32]) {
    let placement = SellerPlacement { vendor_id, place, reach: reach.to_vec(), open: true };
    place_seller(conn, now(), &placement).await.unwrap();
}

pub fn kale() -> PlantDraft {
    PlantDraft { name: "Kale".to_owned(), tags: vec!["full-sun".to_owned()], ..PlantDraft::default() }
}

pub async fn plant(conn: &mut Conn, gardener: UserId) -> PlantId {
    add_plant(conn, now(), gardener, &kale()).await.unwrap().id
}

pub fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::Usd)
}

/// Ten pounds of produce at 3 dollars, on sale at once.
pub fn produce_of(plant_id: PlantId) -> CreateListing {
    CreateListing {
        plant_id,
        listing_type: ListingType::Produce,
        title: None,
        description: None,
        category_id: None,
        unit: Unit::Lb,
        price: usd(300),
        quantity_available: Quantity::whole(10),
        publish: true,
    }
}

/// Five mugs at 20 dollars, on sale at once.
pub fn mugs(sku: &str) -> CreateProduct {
    CreateProduct {
        sku: sku.to_owned(),
        title: "Mug".to_owned(),
        description: None,
        category_id: None,
        price: usd(2000),
        stock_quantity: Quantity::whole(5),
        reorder_threshold: Quantity::whole(1),
        publish: true,
    }
}

/// Produce of a plant of its own.
pub async fn produce(conn: &mut Conn, gardener: UserId) -> Offering {
    let plant = plant(conn, gardener).await;
    create_listing(conn, now(), gardener, &produce_of(plant)).await.unwrap()
}

pub async fn product(conn: &mut Conn, vendor: UserId, sku: &str) -> Offering {
    create_product(conn, now(), vendor, &mugs(sku)).await.unwrap()
}

/// Everything that browse shows, page by page.
pub async fn browsed(conn: &mut Conn, filter: &BrowseFilter, sort: Sort, page_size: i64) -> Vec<BrowseItem> {
    let limit = Limit::parse(Some(page_size)).unwrap();
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = browse(conn, filter, sort, after, limit).await.unwrap();
        items.extend(page.items);
        after = page.next;
        if after.is_none() {
            return items;
        }
    }
}

/// Whether a visitor who does not say where they are finds it.
pub async fn is_found(conn: &mut Conn, id: OfferingId) -> bool {
    let all = browsed(conn, &BrowseFilter::default(), Sort::Newest, 100).await;
    all.iter().any(|item| item.id == id)
}

/// The fields that were refused.
pub fn refused<T: std::fmt::Debug>(outcome: Result<T, CatalogError>) -> Vec<String> {
    match outcome {
        Err(CatalogError::Invalid(invalid)) => invalid.fields.into_iter().map(|(field, _)| field).collect(),
        other => panic!("fields are refused, not {other:?}"),
    }
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The number in the column `count`.
pub async fn count(conn: &mut Conn, query: &str) -> i64 {
    diesel::sql_query(query).get_result::<Count>(conn).await.unwrap().count
}

/// The read model of browse equals its definition.
pub async fn assert_read_model(conn: &mut Conn, after: &str) {
    let wrong_rows = "WITH truth AS ( \
            SELECT o.id, center.number, o.kind, o.category_id, o.price_minor, o.published_at \
            FROM offerings o JOIN sellers s ON s.vendor_id = o.vendor_id CROSS JOIN unnest(s.reach) AS center(number) \
            WHERE o.status = 'active' AND NOT o.hidden AND o.in_stock AND o.deleted_at IS NULL), \
         kept AS (SELECT offering_id, center_number, kind, category_id, price_minor, published_at FROM offering_reach) \
         SELECT count(*) FROM ((TABLE truth EXCEPT TABLE kept) UNION ALL (TABLE kept EXCEPT TABLE truth)) wrong";
    assert_eq!(count(conn, wrong_rows).await, 0, "offering_reach after {after}");
    let wrong_columns = "SELECT count(*) FROM offerings o JOIN sellers s ON s.vendor_id = o.vendor_id \
         WHERE o.browsable <> (o.status = 'active' AND NOT o.hidden AND o.in_stock AND o.deleted_at IS NULL \
                               AND (o.kind = 'product' OR s.reach <> '{}')) \
            OR (o.deleted_at IS NULL AND o.reach <> s.reach)";
    assert_eq!(count(conn, wrong_columns).await, 0, "offerings' reach and browsable after {after}");
}

/// A small generator of numbers that differ, the same ones each time.
pub struct Dice(pub u64);

impl Dice {
    /// One of `0..sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        // Marsaglia's xorshift64.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[usize::try_from(self.roll(among.len() as u64)).unwrap()]
    }
}
