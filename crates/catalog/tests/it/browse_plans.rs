//! What browse costs on a catalog of 100,000 offerings: read from the database's own account.

use catalog::{BrowseFilter, BrowsePlace, SellerPlacement, Sort, browse, explain_browse, place_seller};
use db::Conn;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join_all;
use kernel::{Limit, UserId};
use serde_json::Value;
use testkit::TestDatabase;
use uuid::Uuid;

use crate::support::now;

const SELLERS: usize = 5_000;
/// As many as there are sellers, a twentieth of the catalog.
const MOST_ROWS: f64 = 5_000.0;
const METRO_CENTERS: i32 = 16;
const CENTERS: i32 = 500;

/// 5,000 gardeners with 20 listings each. The first half live around a city with 16 centers and reach
/// 8 of them; each of the others reaches two of 484 rural ones, so that a rural center has some ten
/// gardeners.
async fn big_catalog() -> TestDatabase {
    let db = TestDatabase::with_connections(5).await;
    let conn = &mut *db.conn().await;
    conn.batch_execute(
        "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at) \
         SELECT md5('user' || n)::uuid, n || '@example.com', n || '@example.com', '', 'g', now(), now() FROM generate_series(0, 4999) n; \
         INSERT INTO sellers (vendor_id, name, slug, kind, updated_at) \
         SELECT md5('user' || n)::uuid, 'Garden ' || n, 'garden-' || n, 'gardener', now() FROM generate_series(0, 4999) n; \
         INSERT INTO plants (id, gardener_id, name, created_at, updated_at) \
         SELECT md5('plant' || n)::uuid, md5('user' || n)::uuid, 'Kale', now(), now() FROM generate_series(0, 4999) n; \
         INSERT INTO offerings (id, kind, vendor_id, title, unit, price_minor, currency, status, in_stock, published_at, created_at, updated_at) \
         SELECT md5('offering' || n)::uuid, 'listing', md5('user' || n / 20)::uuid, \
                (ARRAY['Kale', 'Tomato', 'Basil', 'Mint'])[1 + n % 4] || ' ' || n, 'lb', 1 + (n * 7919) % 5000, 'USD', \
                'active', true, timestamptz '2030-01-01' + n * interval '37 seconds', now(), now() \
         FROM generate_series(0, 99999) n; \
         INSERT INTO listings (offering_id, plant_id, type) \
         SELECT md5('offering' || n)::uuid, md5('plant' || n / 20)::uuid, 'PRODUCE' FROM generate_series(0, 99999) n;",
    )
    .await
    .unwrap();
    let placing = (0..4).map(|worker| {
        let database = db.database.clone();
        tokio::spawn(async move {
            let mut conn = database.conn().await.unwrap();
            for number in (worker..SELLERS).step_by(4) {
                place_seller(&mut conn, now(), &placement(number)).await.unwrap();
            }
        })
    });
    for outcome in join_all(placing).await {
        outcome.unwrap();
    }
    conn.batch_execute("VACUUM ANALYZE").await.unwrap();
    db
}

fn placement(number: usize) -> SellerPlacement {
    let vendor_id = UserId(md5_uuid(&format!("user{number}")));
    let n = i32::try_from(number).unwrap();
    let spread = f64::from(n % 100) / 100.0;
    if number < SELLERS / 2 {
        let mut reach: Vec<i32> = (0..8).map(|step| 1 + (n + step) % METRO_CENTERS).collect();
        reach.sort_unstable();
        return SellerPlacement {
            vendor_id,
            place: Some((39.5 + spread, -105.0 + spread)),
            reach,
            open: true,
        };
    }
    let rural = CENTERS - METRO_CENTERS;
    let mut reach = vec![METRO_CENTERS + 1 + n % rural, METRO_CENTERS + 1 + (n + 1) % rural];
    reach.sort_unstable();
    let lat = 30.0 + f64::from(n % rural) / 30.0;
    SellerPlacement { vendor_id, place: Some((lat, -95.0 - spread)), reach, open: true }
}

/// `PostgreSQL`'s `md5(text)::uuid`.
fn md5_uuid(text: &str) -> Uuid {
    Uuid::from_bytes(md5::compute(text).0)
}

fn city_dweller() -> BrowsePlace {
    BrowsePlace { unit_vector: unit_vector(39.9, -104.6), reach: (1..=METRO_CENTERS).collect() }
}

fn country_dweller() -> BrowsePlace {
    BrowsePlace { unit_vector: unit_vector(33.0, -95.5), reach: vec![METRO_CENTERS + 91] }
}

fn unit_vector(lat: f64, lon: f64) -> [f64; 3] {
    let (lat, lon) = (lat.to_radians(), lon.to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

/// Every node of a plan with the rows it read: (kind, table, rows, rows thrown away).
fn nodes(plan: &Value) -> Vec<(String, String, f64)> {
    let mut found = Vec::new();
    let mut waiting = vec![&plan[0]["Plan"]];
    while let Some(node) = waiting.pop() {
        let number = |key: &str| node[key].as_f64().unwrap_or_default();
        let loops = number("Actual Loops");
        let read = (number("Actual Rows") + number("Rows Removed by Filter")) * loops;
        let text = |key: &str| node[key].as_str().unwrap_or_default().to_owned();
        found.push((text("Node Type"), text("Relation Name"), read));
        waiting.extend(node["Plans"].as_array().into_iter().flatten());
    }
    found
}

async fn assert_cheap(conn: &mut Conn, what: &str, filter: &BrowseFilter, sort: Sort) {
    let limit = Limit::default();
    let first = browse(conn, filter, sort, None, limit).await.unwrap();
    assert_eq!(first.items.len(), limit.get(), "{what}: the first page is full");
    for after in [None, first.next] {
        let plan = explain_browse(conn, filter, sort, after, limit).await.unwrap();
        for (kind, table, rows) in nodes(&plan) {
            assert_ne!(kind, "Seq Scan", "{what}: {table} is scanned: {plan:#}");
            assert!(rows <= MOST_ROWS, "{what}: {kind} on {table} reads {rows} rows: {plan:#}");
        }
    }
}

#[derive(diesel::QueryableByName)]
struct Expected {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    id: Uuid,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_page_costs_little_and_holds_what_a_plain_query_finds() {
    let db = big_catalog().await;
    let conn = &mut *db.conn().await;
    no_page_scans_or_sorts_the_catalog(conn).await;
    pages_hold_exactly_what_a_plain_query_finds(conn).await;
}

async fn no_page_scans_or_sorts_the_catalog(conn: &mut Conn) {
    for (who, place) in [("city", city_dweller()), ("country", country_dweller())] {
        let here = BrowseFilter { place: Some(place), ..BrowseFilter::default() };
        for sort in [Sort::Newest, Sort::Cheapest, Sort::Nearest] {
            assert_cheap(conn, &format!("{who} {sort:?}"), &here, sort).await;
        }
        let affordable = BrowseFilter { price_to: Some(500), ..here.clone() };
        assert_cheap(conn, &format!("{who} affordable"), &affordable, Sort::Cheapest).await;
    }
    for sort in [Sort::Newest, Sort::Cheapest] {
        assert_cheap(conn, &format!("anywhere {sort:?}"), &BrowseFilter::default(), sort).await;
    }
}

async fn pages_hold_exactly_what_a_plain_query_finds(conn: &mut Conn) {
    let all = BrowseFilter::default();
    assert_same_as_plain_query(conn, country_dweller(), &all, 7).await;
    // So few of the many around that the sellers nearest do not fill a page.
    let bargains = BrowseFilter { price_to: Some(60), ..all };
    assert_same_as_plain_query(conn, city_dweller(), &bargains, 50).await;
}

async fn assert_same_as_plain_query(conn: &mut Conn, place: BrowsePlace, filter: &BrowseFilter, limit: i64) {
    let [x, y, z] = place.unit_vector;
    let nearest = format!(
        "(SELECT location FROM sellers s WHERE s.vendor_id = offerings.vendor_id) \
         <-> cube(ARRAY[{x}, {y}, {z}]::float8[]), vendor_id, id"
    );
    let reach: Vec<String> = place.reach.iter().map(ToString::to_string).collect();
    let (reach, most) = (reach.join(","), filter.price_to.unwrap_or(i64::MAX));
    let here = BrowseFilter { place: Some(place), ..filter.clone() };
    for (sort, order) in [
        (Sort::Newest, "published_at DESC, id DESC"),
        (Sort::Cheapest, "price_minor, id"),
        (Sort::Nearest, nearest.as_str()),
    ] {
        let statement = format!(
            "SELECT id FROM offerings WHERE reach && '{{{reach}}}' AND price_minor <= {most} ORDER BY {order}"
        );
        let expected: Vec<Expected> = diesel::sql_query(statement).load(conn).await.unwrap();
        assert!((100..1000).contains(&expected.len()), "about a thousandth of the catalog");
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = browse(conn, &here, sort, after, Limit::parse(Some(limit)).unwrap()).await.unwrap();
            seen.extend(page.items.iter().map(|item| item.id.0));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected.iter().map(|row| row.id).collect::<Vec<_>>(), "{sort:?}");
    }
}
