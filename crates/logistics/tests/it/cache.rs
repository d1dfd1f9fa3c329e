//! The cache of answers.

use chrono::TimeDelta;
use logistics::{Gazetteer, Google, Lookup, Nominatim, NormalizedAddress, Unplaceable, geocode};
use testkit::TestDatabase;

use crate::fake_provider::{FakeProvider, Reply};
use crate::support::now;

const BOULDER: &str = r#"[{"lat": "40.015", "lon": "-105.27", "addresstype": "city"}]"#;
const COLORADO: &str = r#"[{"lat": "39.0", "lon": "-105.5", "addresstype": "state"}]"#;

async fn ask(
    database: &TestDatabase,
    geocoder: &dyn logistics::Geocoder,
    text: &str,
    days_on: i64,
) -> Lookup {
    let address = NormalizedAddress::parse(text);
    geocode(&database.database, now() + TimeDelta::days(days_on), geocoder, &address).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_asked_for_once_in_half_a_year() {
    let database = TestDatabase::create().await;
    let provider = FakeProvider::answering([Reply::json(BOULDER), Reply::json(BOULDER)]);
    let nominatim = Nominatim::new(provider.settings()).unwrap();
    let first = ask(&database, &nominatim, "Boulder, CO", 0).await.unwrap();
    assert_eq!(ask(&database, &nominatim, "boulder,  Colorado", 179).await, Ok(first));
    assert_eq!(provider.asked().len(), 1);
    ask(&database, &nominatim, "Boulder, CO", 180).await.unwrap();
    assert_eq!(provider.asked().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_found_or_too_vague_is_asked_again_after_a_week() {
    let database = TestDatabase::create().await;
    let provider = FakeProvider::answering(["[]", COLORADO, BOULDER, BOULDER].map(Reply::json));
    let nominatim = Nominatim::new(provider.settings()).unwrap();
    for days in [0, 6] {
        let nowhere = ask(&database, &nominatim, "1 New Rd, Boulder, CO", days).await;
        assert_eq!(nowhere, Err(Unplaceable::NotFound));
        let vague = ask(&database, &nominatim, "Colorado", days).await;
        assert!(matches!(vague, Err(Unplaceable::TooVague(_))), "{vague:?}");
    }
    assert_eq!(provider.asked().len(), 2);
    assert!(ask(&database, &nominatim, "1 New Rd, Boulder, CO", 7).await.is_ok());
    assert!(ask(&database, &nominatim, "Colorado", 7).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_providers_word_does_not_count() {
    let database = TestDatabase::create().await;
    let provider =
        FakeProvider::answering([Reply::json(BOULDER), Reply::json(r#"{"status": "ZERO_RESULTS"}"#)]);
    let nominatim = Nominatim::new(provider.settings()).unwrap();
    let google = Google::new(provider.settings(), "key").unwrap();
    assert!(ask(&database, &nominatim, "Boulder, CO", 0).await.is_ok());
    assert_eq!(ask(&database, &google, "Boulder, CO", 0).await, Err(Unplaceable::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_not_remembered() {
    let database = TestDatabase::create().await;
    let provider = FakeProvider::answering([Reply::status(403), Reply::json(BOULDER)]);
    let nominatim = Nominatim::new(provider.settings()).unwrap();
    let address = NormalizedAddress::parse("Boulder, CO");
    assert!(geocode(&database.database, now(), &nominatim, &address).await.is_err());
    assert!(geocode(&database.database, now(), &nominatim, &address).await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_is_held_while_the_provider_thinks() {
    let database = TestDatabase::with_connections(1).await;
    let slow = std::time::Duration::from_millis(200);
    let provider = FakeProvider::answering([Reply::json(BOULDER).after(slow)]);
    let nominatim = Nominatim::new(provider.settings()).unwrap();
    let address = NormalizedAddress::parse("Boulder, CO");
    let lookup = geocode(&database.database, now(), &nominatim, &address);
    let meanwhile = async {
        while provider.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        database.database.usage().0
    };
    let (found, in_use) = tokio::join!(lookup, meanwhile);
    assert!(found.unwrap().is_ok());
    assert_eq!(in_use, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gazetteer_answers_without_the_database() {
    let database = TestDatabase::create().await;
    let gazetteer = Gazetteer::embedded();
    assert!(ask(&database, &gazetteer, "12 Elm St, Boulder, CO 80302", 0).await.is_ok());
    let contradiction = ask(&database, &gazetteer, "Boulder, CO 10001", 0).await;
    assert!(matches!(contradiction, Err(Unplaceable::Contradiction { .. })));
    assert_eq!(ask(&database, &gazetteer, "", 0).await, Err(Unplaceable::NotFound));
    assert_eq!(database.database.statements(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_answers_are_swept_out() {
    let database = TestDatabase::create().await;
    let provider = FakeProvider::answering([Reply::json(BOULDER), Reply::json("[]")]);
    let nominatim = Nominatim::new(provider.settings()).unwrap();
    ask(&database, &nominatim, "Boulder, CO", 0).await.unwrap();
    ask(&database, &nominatim, "Atlantis, CO", 0).await.unwrap_err();
    let mut conn = database.conn().await;
    let mut purge_after =
        async |days| logistics::purge_geocode_cache(&mut conn, now() + TimeDelta::days(days)).await.unwrap();
    assert_eq!(purge_after(6).await, 0);
    assert_eq!(purge_after(8).await, 1);
    assert_eq!(purge_after(181).await, 1);
}
