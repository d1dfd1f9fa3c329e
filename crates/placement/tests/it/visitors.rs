//! Visitors are found on the map.

use std::sync::Arc;

use chrono::TimeDelta;
use logistics::{Confidence, Unplaceable};
use placement::{PlacementError, VisitorPlace, Visitors};

use crate::support::{ScriptedGeocoder, World, outage};

fn visitors(world: &World) -> Visitors {
    Visitors::new(Arc::clone(&world.geocoder), Arc::clone(&world.centers))
}

fn address(text: &str) -> VisitorPlace {
    VisitorPlace::typed(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_and_its_coordinates_reach_the_same() {
    let world = World::new().await;
    let center = world.center_at(40.0, -105.0).await;
    let visitors = visitors(&world);
    let typed =
        visitors.where_is(&world.database.database, world.now(), &address("Boulder, CO")).await.unwrap();
    assert_eq!((typed.confidence, typed.reach.numbers()), (Some(Confidence::City), &[center.number][..]));
    let there = VisitorPlace::LatLon { lat: typed.place.lat(), lon: typed.place.lon() };
    let there = visitors.where_is(&world.database.database, world.now(), &there).await.unwrap();
    assert_eq!((there.confidence, there.reach), (None, typed.reach));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_place_is_refused() {
    let world = World::new().await;
    let visitors = visitors(&world);
    let find =
        async |place| visitors.where_is(&world.database.database, world.now(), &place).await.unwrap_err();
    for (lat, lon) in [(0.0, 0.0), (91.0, 0.0), (0.0, f64::NAN)] {
        let refused = find(VisitorPlace::LatLon { lat, lon }).await;
        assert!(matches!(refused, PlacementError::Place(_)), "{refused}");
    }
    let refused = find(address("Atlantis, CO")).await;
    assert!(matches!(refused, PlacementError::Unplaceable(Unplaceable::NotFound)), "{refused}");
    assert!(VisitorPlace::typed("  ").is_err() && VisitorPlace::typed(&"x".repeat(301)).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_address_costs_no_statement_and_no_question() {
    let geocoder = ScriptedGeocoder::remote([]);
    let world = World::with_geocoder(geocoder.clone()).await;
    world.center_at(40.0, -105.0).await;
    let visitors = visitors(&world);
    let place = address("1 Pearl St, Boulder, CO 80302");
    let first = visitors.where_is(&world.database.database, world.now(), &place).await.unwrap();
    let before = world.database.database.statements();
    let second = visitors.where_is(&world.database.database, world.now(), &place).await.unwrap();
    assert_eq!(first, second);
    assert!(Arc::ptr_eq(&first.reach, &second.reach));
    assert_eq!((world.database.database.statements(), geocoder.asked()), (before, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_at_once_are_answered_by_one_question() {
    let geocoder = ScriptedGeocoder::remote([]);
    let world = World::with_geocoder(geocoder.clone()).await;
    let visitors = visitors(&world);
    let place = address("1 Pearl St, Boulder, CO 80302");
    let asking = (0..20).map(|_| visitors.where_is(&world.database.database, world.now(), &place));
    for outcome in futures_util::future::join_all(asking).await {
        assert!(outcome.is_ok());
    }
    assert_eq!(geocoder.asked(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_told_and_not_remembered() {
    let world = World::with_geocoder(ScriptedGeocoder::remote([Err(outage())])).await;
    let visitors = visitors(&world);
    let place = address("Boulder, CO");
    let refused = visitors.where_is(&world.database.database, world.now(), &place).await.unwrap_err();
    assert!(matches!(refused, PlacementError::Geocoding(_)), "{refused}");
    assert!(visitors.where_is(&world.database.database, world.now(), &place).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn reach_follows_the_map() {
    let world = World::new().await;
    let visitors = visitors(&world);
    let place = address("Boulder, CO");
    let reach = async || {
        let found = visitors.where_is(&world.database.database, world.now(), &place).await.unwrap();
        found.reach.numbers().to_vec()
    };
    assert!(reach().await.is_empty());
    let center = world.center_at(40.0, -105.0).await;
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(reach().await, [center.number]);
    // The event tells this process at once.
    let second = world.center_at(40.1, -105.0).await;
    world.settle().await;
    assert_eq!(reach().await, [center.number, second.number]);
}
