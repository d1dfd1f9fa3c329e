//! A small world: people, centers, a geocoder that does as it is told, and a runner that is drained.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use accounts::{AddressDetails, VendorDetails, VendorKind};
use chrono::{DateTime, Utc};
use db::Conn;
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use eligibility_core::Place;
use futures_util::future::BoxFuture;
use kernel::{Actor, AddressId, Clock, ManualClock, UserId};
use logistics::{
    Center, CenterIndex, Confidence, Gazetteer, GeocodeError, Geocoded, Geocoder, NormalizedAddress,
    PostalAddress, Propose,
};
use outbox::{Registry, Runner, Services};
use testkit::TestDatabase;

pub const BOULDER: (&str, &str, &str) = ("Boulder", "CO", "80302");
/// 55 miles from Boulder.
pub const CHEYENNE_ROAD: (&str, &str, &str) = ("Fort Collins", "CO", "80521");
/// 1600 miles from Boulder.
pub const MANHATTAN: (&str, &str, &str) = ("New York", "NY", "10001");

type Answer = Result<Option<Geocoded>, GeocodeError>;

/// The gazetteer, unless answers are waiting to be given first.
#[derive(Debug)]
pub struct ScriptedGeocoder {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<usize>,
    is_local: bool,
}

impl ScriptedGeocoder {
    pub fn remote(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            asked: Mutex::default(),
            is_local: false,
        })
    }

    pub fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

impl Geocoder for ScriptedGeocoder {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn is_local(&self) -> bool {
        self.is_local
    }

    fn geocode<'a>(&'a self, address: &'a NormalizedAddress) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            *self.asked.lock().unwrap() += 1;
            let scripted = self.answers.lock().unwrap().pop_front();
            match scripted {
                Some(answer) => answer,
                None => Gazetteer::embedded().geocode(address).await,
            }
        })
    }
}

pub fn outage() -> GeocodeError {
    GeocodeError::Unavailable { provider: "scripted", reason: "the cable is cut".into() }
}

pub fn somewhere(confidence: Confidence) -> Geocoded {
    Geocoded { place: Place::new(40.0, -105.0).unwrap(), confidence }
}

pub struct World {
    pub database: TestDatabase,
    pub clock: ManualClock,
    pub centers: Arc<CenterIndex>,
    pub geocoder: Arc<dyn Geocoder>,
    pub runner: Runner,
}

impl World {
    pub async fn new() -> Self {
        Self::with_geocoder(Arc::new(Gazetteer::embedded())).await
    }

    pub async fn with_geocoder(geocoder: Arc<dyn Geocoder>) -> Self {
        let database = TestDatabase::with_connections(24).await;
        let clock = testkit::clock();
        let centers = Arc::new(CenterIndex::new());
        let mut registry = Registry::default();
        placement::register(&mut registry, Arc::clone(&geocoder), Arc::clone(&centers));
        let services = Services { database: database.database.clone(), clock: Arc::new(clock.clone()) };
        Self { database, clock, centers, geocoder, runner: Runner::new(registry, services) }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub async fn settle(&self) {
        self.runner.drain().await.unwrap();
        assert_eq!(self.runner.backlog().await.unwrap().dead_jobs, 0);
    }

    pub async fn person(&self) -> UserId {
        user(&mut *self.database.conn().await).await
    }

    pub async fn lives_in(&self, user: UserId, place: (&str, &str, &str)) -> AddressId {
        let details = AddressDetails {
            line1: "1 Main St".into(),
            city: place.0.into(),
            state: place.1.into(),
            postal_code: place.2.into(),
            ..AddressDetails::default()
        };
        let now = self.now();
        let mut conn = self.database.conn().await;
        let address =
            conn.transaction(async |tx| accounts::add_address(tx, now, user, details).await).await.unwrap();
        address.id
    }

    pub async fn moves_to(&self, user: UserId, place: (&str, &str, &str)) {
        let id = self.lives_in(user, place).await;
        let now = self.now();
        let mut conn = self.database.conn().await;
        conn.transaction(async |tx| accounts::make_primary(tx, now, user, id).await).await.unwrap();
    }

    /// As the gateway does it: profile and shop in one transaction.
    pub async fn opens_shop(&self, user: UserId) {
        let details = VendorDetails {
            kind: VendorKind::Gardener,
            business_name: "Green Acre".into(),
            business_identifier: None,
            contact_email: None,
            contact_phone: None,
            slug: None,
            bio: None,
            payout_note: None,
        };
        let now = self.now();
        let mut conn = self.database.conn().await;
        conn.transaction(async |tx| {
            accounts::become_vendor(tx, now, user, details).await.unwrap();
            placement::open_shop(tx, now, user).await
        })
        .await
        .unwrap();
    }

    pub async fn center_at(&self, lat: f64, lon: f64) -> Center {
        let now = self.now();
        let mut conn = self.database.conn().await;
        conn.transaction(async |tx| {
            let center = logistics::propose(tx, now, proposal(lat, lon)).await?;
            logistics::approve(tx, now, Actor::System, center.id).await
        })
        .await
        .unwrap()
    }

    pub async fn reach(&self, vendor: UserId) -> Vec<i32> {
        let mut conn = self.database.conn().await;
        catalog::find_seller(&mut conn, vendor).await.unwrap().unwrap().reach
    }

    pub async fn place(&self, user: UserId) -> accounts::Place {
        let conn = self.database.conn().await;
        accounts::primary_place(&conn, user).await.unwrap().unwrap().place
    }
}

/// A row of `users`.
pub async fn user(conn: &mut Conn) -> UserId {
    let id = UserId::new();
    conn.batch_execute(&format!(
        "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at) \
         VALUES ('{id}', '{id}@example.com', '{id}@example.com', '-', 'Somebody', now(), now())"
    ))
    .await
    .unwrap();
    id
}

pub fn proposal(lat: f64, lon: f64) -> Propose {
    Propose {
        name: "A barn".into(),
        address: PostalAddress {
            line1: "1 Barn Rd".into(),
            line2: None,
            city: "Boulder".into(),
            state: "CO".into(),
            postal_code: "80302".into(),
            country: "US".into(),
        },
        notes: None,
        place: Place::new(lat, lon).unwrap(),
        confidence: Confidence::Street,
        by: None,
    }
}
