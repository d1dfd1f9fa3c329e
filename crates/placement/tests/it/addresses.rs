//! Addresses find their places.

use accounts::Place;
use chrono::TimeDelta;
use logistics::Confidence;

use crate::support::{BOULDER, ScriptedGeocoder, World, outage, somewhere};

fn problem(place: Place) -> String {
    match place {
        Place::NotLocated { problem } => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_address_is_located() {
    let world = World::new().await;
    let person = world.person().await;
    world.lives_in(person, BOULDER).await;
    assert_eq!(world.place(person).await, Place::Pending);
    world.settle().await;
    let place = world.place(person).await;
    let located = place.located().unwrap();
    assert!((located.lat() - 40.0).abs() < 0.2 && (located.lon() + 105.3).abs() < 0.2, "{located:?}");
    assert_eq!(located.confidence(), "postal_code");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_a_certain_place_says_why() {
    let vague = somewhere(Confidence::Region);
    let world = World::with_geocoder(ScriptedGeocoder::remote([Ok(None), Ok(Some(vague))])).await;
    for expected in
        ["no such place was found", "the address is too vague", "postal code 10001 is in NY, not in CO"]
    {
        let person = world.person().await;
        let postal_code = if expected.starts_with("postal") { "10001" } else { "80302" };
        // Each in a town of its own, so that the cache of answers stays out of it.
        let town = format!("Town {}", expected.len());
        world.lives_in(person, (&town, "CO", postal_code)).await;
        world.settle().await;
        let problem = problem(world.place(person).await);
        assert!(problem.starts_with(expected), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_waited_for() {
    let geocoder = ScriptedGeocoder::remote([Err(outage()), Err(outage())]);
    let world = World::with_geocoder(geocoder.clone()).await;
    let person = world.person().await;
    world.lives_in(person, BOULDER).await;
    for asked in 1..=2 {
        world.settle().await;
        assert_eq!((world.place(person).await, geocoder.asked()), (Place::Pending, asked));
        world.clock.advance(TimeDelta::minutes(1));
    }
    world.settle().await;
    assert!(world.place(person).await.located().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbours_answer_is_remembered() {
    let geocoder = ScriptedGeocoder::remote([]);
    let world = World::with_geocoder(geocoder.clone()).await;
    for _ in 0..3 {
        let person = world.person().await;
        world.lives_in(person, BOULDER).await;
        world.settle().await;
        assert!(world.place(person).await.located().is_some());
    }
    assert_eq!(geocoder.asked(), 1);
}
