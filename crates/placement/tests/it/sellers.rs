//! Sellers' reach follows from where they live and which centers are approved, and from nothing else.

use accounts::{Change, VendorChanges};
use chrono::TimeDelta;
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use kernel::{Actor, UserId};
use placement::{RefreshSeller, RefreshSellersNear};

use crate::support::{BOULDER, CHEYENNE_ROAD, MANHATTAN, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_order_in_which_things_happen_does_not_matter() {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in orders {
        for settle_between in [false, true] {
            let world = World::new().await;
            let person = world.person().await;
            let mut number = 0;
            for step in order {
                match step {
                    0 => drop(world.lives_in(person, BOULDER).await),
                    1 => world.opens_shop(person).await,
                    _ => number = world.center_at(40.0, -105.0).await.number,
                }
                if settle_between {
                    world.settle().await;
                }
            }
            world.settle().await;
            assert_eq!(world.reach(person).await, [number], "{order:?} {settle_between}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_of_somebody_who_is_located_is_placed_at_once() {
    let world = World::new().await;
    let center = world.center_at(40.0, -105.0).await;
    let person = world.person().await;
    world.lives_in(person, BOULDER).await;
    world.settle().await;
    world.opens_shop(person).await;
    assert_eq!(world.reach(person).await, [center.number]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_changes_reach() {
    let world = World::new().await;
    let (west, east) = (world.center_at(40.0, -105.0).await, world.center_at(40.7, -74.0).await);
    let person = world.person().await;
    world.lives_in(person, BOULDER).await;
    world.opens_shop(person).await;
    world.settle().await;
    assert_eq!(world.reach(person).await, [west.number]);
    world.moves_to(person, MANHATTAN).await;
    world.settle().await;
    assert_eq!(world.reach(person).await, [east.number]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_center_that_closes_is_out_of_reach_until_it_opens_again() {
    let world = World::new().await;
    let (near, other) = (world.center_at(40.0, -105.0).await, world.center_at(40.6, -105.1).await);
    let mut sellers = Vec::new();
    for place in [BOULDER, CHEYENNE_ROAD, MANHATTAN] {
        let person = world.person().await;
        world.lives_in(person, place).await;
        world.opens_shop(person).await;
        sellers.push(person);
    }
    world.settle().await;
    let reaches = async || {
        let mut reaches = Vec::new();
        for seller in &sellers {
            reaches.push(world.reach(*seller).await);
        }
        reaches
    };
    let both = vec![near.number, other.number];
    assert_eq!(reaches().await, [both.clone(), both.clone(), vec![]]);
    let mut conn = world.database.conn().await;
    logistics::deactivate(&mut conn, world.now(), Actor::System, near.id, "flood").await.unwrap();
    world.settle().await;
    assert_eq!(reaches().await, [vec![other.number], vec![other.number], vec![]]);
    assert_eq!(world.centers.fresh(&mut conn, world.now()).await.unwrap().centers().len(), 1);
    logistics::reactivate(&mut conn, world.now(), Actor::System, near.id).await.unwrap();
    world.settle().await;
    assert_eq!(reaches().await, [both.clone(), both, vec![]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_is_known_by_its_present_name() {
    let world = World::new().await;
    let person = world.person().await;
    world.opens_shop(person).await;
    let changes =
        VendorChanges { business_name: Change::Set("Blue Acre".into()), ..VendorChanges::default() };
    let now = world.now();
    let mut conn = world.database.conn().await;
    conn.transaction(async |tx| accounts::change_vendor(tx, now, person, 1, changes).await).await.unwrap();
    world.settle().await;
    let seller = catalog::find_seller(&mut conn, person).await.unwrap().unwrap();
    assert_eq!((seller.name.as_str(), seller.kind.as_str()), ("Blue Acre", "gardener"));
}

#[tokio::test(flavor = "multi_thread")]
async fn doing_it_again_changes_nothing() {
    let world = World::new().await;
    let center = world.center_at(40.0, -105.0).await;
    let person = world.person().await;
    world.lives_in(person, BOULDER).await;
    world.opens_shop(person).await;
    world.settle().await;
    let mut conn = world.database.conn().await;
    let before = catalog::find_seller(&mut conn, person).await.unwrap();
    world.clock.advance(TimeDelta::hours(1));
    let now = world.now();
    outbox::enqueue(&mut conn, now, &RefreshSeller { user_id: person }).await.unwrap();
    outbox::enqueue(&mut conn, now, &RefreshSeller { user_id: UserId::new() }).await.unwrap();
    outbox::enqueue(&mut conn, now, &RefreshSellersNear { center_id: center.id, after: None }).await.unwrap();
    world.settle().await;
    assert_eq!(catalog::find_seller(&mut conn, person).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sellers_are_placed_in_batches() {
    let world = World::new().await;
    let mut conn = world.database.conn().await;
    // 1200 near the center, 300 on the same latitudes but far away.
    conn.batch_execute(
        "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at) \
         SELECT md5(n::text)::uuid, n::text, n::text, '-', 'Seller', now(), now() FROM generate_series(1, 1500) n; \
         INSERT INTO addresses (id, user_id, line1, city, state, postal_code, country, is_primary, lat, lon, \
             geocode_status, geocode_confidence, geocoded_at, created_at, updated_at) \
         SELECT id, id, '1 Main St', 'Boulder', 'CO', '80302', 'US', true, \
             40, CASE WHEN email::int <= 1200 THEN -105.0 ELSE -90.0 END, 'located', 'street', now(), now(), now() \
         FROM users; \
         INSERT INTO sellers (vendor_id, name, slug, kind, lat, lon, updated_at) \
         SELECT id, 'Shop', 'shop-' || email, 'gardener', 40, \
             CASE WHEN email::int <= 1200 THEN -105.0 ELSE -90.0 END, now() FROM users",
    )
    .await
    .unwrap();
    let center = world.center_at(40.1, -105.1).await;
    world.settle().await;
    let batches = diesel_async::RunQueryDsl::execute(
        diesel::sql_query(
            "SELECT 1 FROM jobs WHERE name = 'placement.refresh_sellers_near' AND state = 'done'",
        ),
        &mut *conn,
    );
    assert_eq!(batches.await.unwrap(), 3 + 1, "1500 in batches of 500, and one that finds nobody left");
    let placed = diesel_async::RunQueryDsl::execute(
        diesel::sql_query(format!("SELECT 1 FROM sellers WHERE reach = '{{{}}}'", center.number)),
        &mut *conn,
    );
    assert_eq!(placed.await.unwrap(), 1200);
}
