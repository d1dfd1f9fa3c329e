//! Nominatim's and Google's shapes, and what happens when they fail.

use std::time::Duration;

use chrono::TimeDelta;
use logistics::{Confidence, GeocodeError, Geocoder, Google, Nominatim, NormalizedAddress};

use crate::fake_provider::{FakeProvider, Reply};

const HOUSE: &str = r#"[{"place_id": 1, "lat": "40.0176", "lon": "-105.2797", "category": "building",
    "type": "yes", "place_rank": 30, "importance": 0.00007, "addresstype": "building",
    "display_name": "1325, Pearl Street, Boulder", "address": {"house_number": "1325"}}]"#;

fn pearl_street() -> NormalizedAddress {
    NormalizedAddress::parse("1325 Pearl St, Boulder, CO 80302")
}

fn nominatim(provider: &FakeProvider) -> Nominatim {
    Nominatim::new(provider.settings()).unwrap()
}

fn google(provider: &FakeProvider) -> Google {
    Google::new(provider.settings(), "secret-key").unwrap()
}

fn google_hit(location_type: &str, types: &str, rest: &str) -> Reply {
    Reply::json(format!(
        r#"{{"status": "OK", "results": [{{"geometry": {{"location": {{"lat": 40.0176, "lng": -105.2797}},
            "location_type": "{location_type}", "viewport": {{}}}}, "types": [{types}]{rest}}}]}}"#
    ))
}

#[tokio::test]
async fn nominatim_is_asked_politely_and_understood() {
    let provider = FakeProvider::answering([Reply::json(HOUSE)]);
    let found = nominatim(&provider).geocode(&pearl_street()).await.unwrap().unwrap();
    assert_eq!((found.place.lat(), found.place.lon()), (40.0176, -105.2797));
    assert_eq!(found.confidence, Confidence::Rooftop);
    let asked = provider.asked();
    assert_eq!(
        asked[0].0,
        "/search?format=jsonv2&addressdetails=1&limit=1&q=1325+PEARL+ST%2C+BOULDER%2C+CO+80302%2C+US"
    );
    assert_eq!(asked[0].1, "SilkCart/1.0 (tests@example.com)");
}

#[tokio::test]
async fn nothing_found_is_an_answer() {
    let provider = FakeProvider::answering([
        Reply::json("[]"),
        Reply::json(r#"{"status": "ZERO_RESULTS", "results": []}"#),
    ]);
    assert_eq!(nominatim(&provider).geocode(&pearl_street()).await.unwrap(), None);
    assert_eq!(google(&provider).geocode(&pearl_street()).await.unwrap(), None);
    assert!(provider.pauses().is_empty());
}

#[tokio::test]
async fn google_says_how_sure_it_is() {
    let provider = FakeProvider::answering([
        google_hit("ROOFTOP", r#""street_address""#, ""),
        google_hit("ROOFTOP", r#""street_address""#, r#", "partial_match": true"#),
        google_hit("APPROXIMATE", r#""administrative_area_level_1""#, ""),
    ]);
    let google = google(&provider);
    for expected in [Confidence::Rooftop, Confidence::City, Confidence::Region] {
        let found = google.geocode(&pearl_street()).await.unwrap().unwrap();
        assert_eq!(found.confidence, expected);
    }
    assert!(provider.asked()[0].0.starts_with("/maps/api/geocode/json?address=1325+PEARL+ST"));
    assert!(provider.asked()[0].0.ends_with("&key=secret-key"));
    assert!(!format!("{google:?}").contains("secret-key"));
}

#[tokio::test]
async fn trouble_that_passes_is_sat_out() {
    let provider = FakeProvider::answering([
        Reply::status(500),
        Reply::status(429).retry_after("3"),
        Reply::json(HOUSE),
        Reply::json(r#"{"status": "OVER_QUERY_LIMIT"}"#),
        google_hit("ROOFTOP", "", ""),
    ]);
    assert!(nominatim(&provider).geocode(&pearl_street()).await.unwrap().is_some());
    let pauses = provider.pauses();
    assert_eq!(pauses.len(), 2);
    assert!((200..=300).contains(&pauses[0].as_millis()), "a quarter of a second, more or less: {pauses:?}");
    assert_eq!(pauses[1], Duration::from_secs(3), "as long as the provider asks for");
    assert!(google(&provider).geocode(&pearl_street()).await.unwrap().is_some());
}

#[tokio::test]
async fn three_tries_are_enough() {
    let provider = FakeProvider::answering([]);
    let refused = nominatim(&provider).geocode(&pearl_street()).await.unwrap_err();
    assert!(matches!(refused, GeocodeError::Unavailable { .. }), "{refused}");
    assert_eq!(refused.to_string(), "the geocoder nominatim is unavailable: HTTP status 500");
    assert_eq!(provider.asked().len(), 3);
}

#[tokio::test]
async fn whoever_asks_for_an_hour_is_not_waited_for() {
    let provider = FakeProvider::answering([Reply::status(429).retry_after("3600")]);
    assert!(nominatim(&provider).geocode(&pearl_street()).await.is_err());
    assert_eq!((provider.asked().len(), provider.pauses().len()), (1, 0));
}

#[tokio::test]
async fn a_slow_answer_is_not_waited_for() {
    let provider = FakeProvider::answering([Reply::json(HOUSE).after(Duration::from_secs(5))]);
    let refused = nominatim(&provider).geocode(&pearl_street()).await.unwrap_err();
    assert!(refused.to_string().contains("it took too long"), "{refused}");
    assert_eq!(provider.asked().len(), 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let provider = FakeProvider::answering([]);
    let nominatim = nominatim(&provider);
    provider.stop().await;
    let refused = nominatim.geocode(&pearl_street()).await.unwrap_err();
    assert!(refused.to_string().contains("it cannot be reached"), "{refused}");
    assert!(!refused.to_string().contains("PEARL"), "errors are logged; addresses are not");
    assert_eq!(provider.pauses().len(), 2);
}

#[tokio::test]
async fn nonsense_is_no_place() {
    let place = |lat: &str, lon: &str| {
        Reply::json(format!(r#"[{{"lat": "{lat}", "lon": "{lon}", "addresstype": "building"}}]"#))
    };
    let provider = FakeProvider::answering([
        Reply::json("<html>"),
        place("north", "1"),
        place("0", "0"),
        place("91", "0"),
    ]);
    let nominatim = nominatim(&provider);
    for _ in 0..4 {
        let refused = nominatim.geocode(&pearl_street()).await.unwrap_err();
        assert!(matches!(refused, GeocodeError::Garbled { .. }), "{refused}");
    }
    assert_eq!(provider.asked().len(), 4);
}

#[tokio::test]
async fn a_refusal_is_not_argued_with() {
    let provider = FakeProvider::answering([
        Reply::status(403),
        Reply::json(r#"{"status": "REQUEST_DENIED", "error_message": "bad key"}"#),
    ]);
    for geocoder in [&nominatim(&provider) as &dyn Geocoder, &google(&provider)] {
        let refused = geocoder.geocode(&pearl_street()).await.unwrap_err();
        assert!(matches!(refused, GeocodeError::Refused { .. }), "{refused}");
    }
    assert_eq!(provider.asked().len(), 2);
}

#[tokio::test]
async fn a_provider_that_keeps_failing_is_left_alone_for_half_a_minute() {
    let provider = FakeProvider::answering([]);
    let nominatim = nominatim(&provider);
    let resting = |error: &GeocodeError| matches!(error, GeocodeError::Resting { .. });
    assert!(!resting(&nominatim.geocode(&pearl_street()).await.unwrap_err()));
    assert!(resting(&nominatim.geocode(&pearl_street()).await.unwrap_err()));
    assert_eq!(provider.asked().len(), 5, "the fifth failure in a row opens the circuit");
    assert!(resting(&nominatim.geocode(&pearl_street()).await.unwrap_err()));
    assert_eq!(provider.asked().len(), 5);
    provider.clock.advance(TimeDelta::seconds(30));
    provider.add(Reply::json(HOUSE));
    assert!(nominatim.geocode(&pearl_street()).await.unwrap().is_some());
}
