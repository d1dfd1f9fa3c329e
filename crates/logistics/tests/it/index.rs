//! The index of approved centers keeps up with the database.

use std::sync::Arc;

use chrono::TimeDelta;
use eligibility_core::Place;
use kernel::{Actor, CenterId};
use logistics::{CenterIndex, Propose, approve, deactivate, propose};
use testkit::TestDatabase;

use crate::support::{approved, now, proposal};

fn numbers(index: &CenterIndex, place: Place) -> Vec<i32> {
    index.snapshot().centers().eligible_centers(place).numbers().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen_within_a_second_or_when_told() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let place = proposal("").place;
    let index = CenterIndex::new();
    index.refresh_if_stale(&mut conn, now()).await.unwrap();
    assert!(index.snapshot().centers().is_empty());

    let center = approved(&mut conn, "Pearl Street").await;
    index.refresh_if_stale(&mut conn, now() + TimeDelta::milliseconds(900)).await.unwrap();
    assert!(numbers(&index, place).is_empty(), "not looked yet");
    index.refresh_if_stale(&mut conn, now() + TimeDelta::milliseconds(1000)).await.unwrap();
    assert_eq!(numbers(&index, place), [center.number]);
    let snapshot = index.snapshot();
    assert_eq!(snapshot.by_number(center.number).unwrap().name, "Pearl Street");
    assert_eq!(snapshot.numbers_to_ids(&[center.number, 999]), [center.id]);

    deactivate(&mut conn, now(), Actor::System, center.id, "flood").await.unwrap();
    index.invalidate();
    let fresh = index.fresh(&mut conn, now() + TimeDelta::milliseconds(1001)).await.unwrap();
    assert!(fresh.centers().is_empty());
    assert!(fresh.stamp() > snapshot.stamp());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_finds_nothing_new_keeps_the_snapshot() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    approved(&mut conn, "Pearl Street").await;
    let index = CenterIndex::new();
    let first = index.fresh(&mut conn, now()).await.unwrap();
    let before = database.database.statements();
    let second = index.fresh(&mut conn, now() + TimeDelta::seconds(5)).await.unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(database.database.statements() - before, 1);
    index.fresh(&mut conn, now() + TimeDelta::seconds(5)).await.unwrap();
    assert_eq!(database.database.statements() - before, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nearest_come_first() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let mut ids: Vec<CenterId> = Vec::new();
    for lat in [40.9, 40.1, 40.5] {
        let place = Place::new(lat, -105.3).unwrap();
        let center =
            propose(&mut conn, now(), Propose { place, ..proposal("On the meridian") }).await.unwrap();
        ids.push(approve(&mut conn, now(), Actor::System, center.id).await.unwrap().id);
    }
    let index = CenterIndex::new();
    let snapshot = index.fresh(&mut conn, now()).await.unwrap();
    let nearest = snapshot.nearest(Place::new(40.0, -105.3).unwrap(), 2);
    assert_eq!(nearest.iter().map(|(center, _)| center.id).collect::<Vec<_>>(), [ids[1], ids[2]]);
    assert!((nearest[0].1 - 6.9).abs() < 0.1, "a tenth of a degree is 6.9 miles: {}", nearest[0].1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_at_once_look_once() {
    let database = TestDatabase::create().await;
    approved(&mut *database.conn().await, "Pearl Street").await;
    let index = Arc::new(CenterIndex::new());
    index.fresh(&mut *database.conn().await, now()).await.unwrap();
    let before = database.database.statements();
    let due = now() + TimeDelta::seconds(1);
    let asking = (0..10).map(|_| {
        let (index, database) = (Arc::clone(&index), database.database.clone());
        tokio::spawn(
            async move { index.fresh(&mut database.conn().await.unwrap(), due).await.unwrap().stamp() },
        )
    });
    let stamps = futures_util::future::join_all(asking).await;
    assert!(stamps.iter().all(|stamp| *stamp.as_ref().unwrap() == index.snapshot().stamp()));
    assert_eq!(database.database.statements() - before, 1);
}
