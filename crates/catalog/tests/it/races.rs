//! Several hands on one shop at once, each on a connection of its own.

use catalog::{
    CatalogError, CreateListing, OfferingChange, change_offering, create_listing, find_own_offering,
    hide_offering, pause_offering, publish_offering, set_in_stock, unhide_offering,
};
use catalog::{SellerPlacement, place_seller};
use db::Conn;
use diesel_async::AsyncConnection;
use futures_util::future::join_all;
use kernel::{OfferingId, PlantId, UserId};
use testkit::TestDatabase;

use crate::support::*;

const HANDS: u64 = 8;
const DEEDS: u64 = 40;

/// One deed in a transaction of its own. Refusals are fine; what the database refuses is not.
async fn act(
    conn: &mut Conn,
    dice: &mut Dice,
    gardener: UserId,
    plant: PlantId,
    shelf: &[OfferingId],
    admin: UserId,
) -> Result<(), CatalogError> {
    let id = *dice.pick(shelf);
    let deed = dice.roll(9);
    let amount = 1 + i64::try_from(dice.roll(500)).unwrap();
    let reach = dice.pick(&REACHES);
    conn.transaction::<_, CatalogError, _>(async |tx| match deed {
        0..=2 => {
            let (place, reach) = (Some(BOULDER), reach.to_vec());
            place_seller(tx, now(), &SellerPlacement { vendor_id: gardener, place, reach, open: true }).await
        }
        3 => {
            let draft = CreateListing { publish: true, ..produce_of(plant) };
            create_listing(tx, now(), gardener, &draft).await.map(drop)
        }
        4 => {
            let seen = find_own_offering(tx, gardener, id).await?.version;
            let change = OfferingChange { price: Some(usd(amount)), ..OfferingChange::default() };
            change_offering(tx, now(), gardener.into(), gardener, id, seen, &change).await.map(drop)
        }
        5 => pause_offering(tx, now(), gardener.into(), gardener, id).await.map(drop),
        6 => publish_offering(tx, now(), gardener, id).await.map(drop),
        7 => set_in_stock(tx, shelf, amount % 2 == 0).await,
        _ if amount % 2 == 0 => hide_offering(tx, now(), admin, id, "bad words").await.map(drop),
        _ => unhide_offering(tx, now(), admin, id).await.map(drop),
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_read_model_survives_many_hands() {
    let db = TestDatabase::with_connections(12).await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let (plant, admin) = (plant(conn, gardener).await, user(conn).await);
    let mut shelf = Vec::new();
    for _ in 0..3 {
        shelf.push(create_listing(conn, now(), gardener, &produce_of(plant)).await.unwrap().id);
    }
    let hands = (0..HANDS).map(|hand| {
        let (database, shelf) = (db.database.clone(), shelf.clone());
        tokio::spawn(async move {
            let mut conn = database.conn().await.unwrap();
            let mut dice = Dice(hand * 7919 + 1);
            for _ in 0..DEEDS {
                let done = act(&mut conn, &mut dice, gardener, plant, &shelf, admin).await;
                assert!(!matches!(done, Err(CatalogError::Database(_))), "{done:?}");
            }
        })
    });
    for outcome in join_all(hands).await {
        outcome.unwrap();
    }
    assert_read_model(conn, "many hands").await;
}
