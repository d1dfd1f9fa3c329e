//! Everything at once: people move and open shops while centers open and close, and several runners
//! work on what follows.

use std::sync::Arc;

use eligibility_core::{Center as Point, Centers, Place};
use futures_util::future::join_all;
use kernel::Actor;

use crate::support::{BOULDER, CHEYENNE_ROAD, MANHATTAN, World};

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
