//! Everything at once: people move and open shops while centers open and close, and several runners
//! work on what follows.

use std::sync::Arc;

use diesel_async::{AnsiTransactionManager, RunQueryDsl, SimpleAsyncConnection, TransactionManager};
use eligibility_core::{Center as Point, Centers, Place};
use futures_util::future::join_all;
use kernel::{Actor, UserId};
use tokio::task::JoinHandle;

use crate::support::{BOULDER, CHEYENNE_ROAD, MANHATTAN, World};

/// A transaction in which nobody else can write a seller.
struct Held(db::PooledConn);

impl Held {
    async fn seller(world: &World, seller: UserId) -> Self {
        let mut conn = world.database.conn().await;
        AnsiTransactionManager::begin_transaction(&mut *conn).await.unwrap();
        let lock = format!("SELECT 1 FROM sellers WHERE vendor_id = '{seller}' FOR UPDATE");
        conn.batch_execute(&lock).await.unwrap();
        Self(conn)
    }

    async fn release(mut self) {
        AnsiTransactionManager::rollback_transaction(&mut *self.0).await.unwrap();
    }
}

fn drain(world: &Arc<World>) -> JoinHandle<()> {
    let world = Arc::clone(world);
    tokio::spawn(async move {
        world.runner.drain().await.unwrap();
    })
}

/// Looks until the query has rows.
async fn until(world: &World, query: &str) {
    let mut conn = world.database.conn().await;
    while diesel::sql_query(query).execute(&mut *conn).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
}

const WAITS_FOR_THE_ROW: &str = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
    AND wait_event_type = 'Lock' AND query LIKE 'UPDATE \"sellers\"%'";
const WAITS_OR_IS_DONE: &str = "SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database \
    WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted \
    UNION ALL SELECT 1 FROM jobs WHERE name = 'placement.refresh_sellers_near' AND state = 'done'";

#[tokio::test(flavor = "multi_thread")]
async fn a_center_that_opens_while_a_seller_moves_in_is_not_missed() {
    let world = Arc::new(World::new().await);
    let seller = world.person().await;
    world.opens_shop(seller).await;
    world.settle().await;
    world.lives_in(seller, BOULDER).await;
    let held = Held::seller(&world, seller).await;
    // The seller's refresh has seen no center, and cannot write yet.
    let moving = drain(&world);
    until(&world, WAITS_FOR_THE_ROW).await;
    // Where the center opens, nobody is found.
    let center = world.center_at(40.0, -105.0).await;
    drain(&world).await.unwrap();
    held.release().await;
    moving.await.unwrap();
    world.settle().await;
    assert_eq!(world.reach(seller).await, [center.number]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_centers_that_open_at_once_none_is_forgotten() {
    let world = Arc::new(World::new().await);
    // West of the first center, and between both. Batches go by id, so the western one comes first.
    let (west, between) = (world.person().await, world.person().await);
    for (seller, lon) in [(west, -106.5), (between, -103.5)] {
        world.lives_in(seller, BOULDER).await;
        world.opens_shop(seller).await;
        world.settle().await;
        let mut conn = world.database.conn().await;
        let moved = format!(
            "UPDATE addresses SET lat = 40, lon = {lon} WHERE user_id = '{seller}'; \
             UPDATE sellers SET lat = 40, lon = {lon} WHERE vendor_id = '{seller}'"
        );
        conn.batch_execute(&moved).await.unwrap();
    }
    let held = Held::seller(&world, west).await;
    let first = world.center_at(40.0, -105.0).await;
    // The first center's batch has seen one center, and cannot write yet.
    let slow = drain(&world);
    until(&world, WAITS_FOR_THE_ROW).await;
    let second = world.center_at(40.0, -102.5).await;
    let quick = drain(&world);
    until(&world, WAITS_OR_IS_DONE).await;
    held.release().await;
    slow.await.unwrap();
    quick.await.unwrap();
    world.settle().await;
    assert_eq!(world.reach(west).await, [first.number]);
    assert_eq!(world.reach(between).await, [first.number, second.number]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reach_is_true_when_the_dust_has_settled() {
    let world = Arc::new(World::new().await);
    let people = (0..12).map(|index: usize| {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let person = world.person().await;
            let places = [BOULDER, CHEYENNE_ROAD, MANHATTAN];
            world.lives_in(person, places[index % 3]).await;
            world.opens_shop(person).await;
            world.moves_to(person, places[(index + 1) % 3]).await;
            Some(person)
        })
    });
    let centers = (0..8_u8).map(|index| {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let center = world.center_at(39.5 + f64::from(index) * 0.2, -105.0).await;
            if index % 2 == 0 {
                let mut conn = world.database.conn().await;
                logistics::deactivate(&mut conn, world.now(), Actor::System, center.id, "flood")
                    .await
                    .unwrap();
            }
            None
        })
    });
    let runners = (0..3).map(|_| {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            for _ in 0..40 {
                world.runner.drain().await.unwrap();
                tokio::task::yield_now().await;
            }
            None
        })
    });
    let outcomes = join_all(people.chain(centers).chain(runners).collect::<Vec<_>>()).await;
    world.settle().await;

    let mut conn = world.database.conn().await;
    let approved = logistics::approved_centers(&mut conn).await.unwrap();
    assert_eq!(approved.len(), 4);
    let truth = Centers::new(approved.iter().map(|c| Point { number: c.number, place: c.place }));
    for person in outcomes.into_iter().filter_map(|outcome| outcome.unwrap()) {
        let place = world.place(person).await;
        let place = place.located().map(|home| Place::new(home.lat(), home.lon()).unwrap());
        let expected = truth.eligible_centers(place.expect("everybody is located"));
        assert_eq!(world.reach(person).await, expected.numbers());
    }
}
