//! People who buy and sell, and what they are told.

use std::sync::Arc;

use accounts::ProofKey;
use chrono::{DateTime, Utc};
use correspondence::{Pages, ProofTokens};
use db::Conn;
use diesel::QueryableByName;
use diesel::sql_types::{Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, RunQueryDsl};
use kernel::{Actor, Clock, Currency, HoldId, ManualClock, Money, OfferingId, OrderId, Quantity, UserId};
use market::{Fulfilment, GuestContact, GuestToken, Order, PlacedBy, PlacedOrder, PricedLine, ShipTo, split};
use notifications::{Delivery, FolderMailer, Stationery, StationerySettings, UnsubscribeKey};
use outbox::{Event, Executor, Registry, Runner, Services};
use testkit::TestDatabase;
use uuid::Uuid;

pub struct World {
    pub test: TestDatabase,
    pub clock: ManualClock,
    mail: tempfile::TempDir,
}

#[derive(QueryableByName)]
struct TextRow {
    #[diesel(sql_type = Text)]
    text: String,
}

impl World {
    pub async fn new() -> Self {
        let test = TestDatabase::with_connections(16).await;
        Self { test, clock: testkit::clock(), mail: tempfile::tempdir().unwrap() }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A process that tells people.
    pub fn runner(&self) -> Runner {
        self.runner_of(self.registry())
    }

    /// The same, taking one step after the other.
    pub fn executor(&self) -> Executor {
        Executor::new(self.registry(), self.services())
    }

    fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        let home: url::Url = "https://silkcart.example/".parse().unwrap();
        correspondence::register(&mut registry, Pages::at(home.clone()));
        let settings = StationerySettings {
            from_address: "hello@silkcart.example".to_owned(),
            from_name: "SilkCart".to_owned(),
            reply_to: None,
            home: home.clone(),
            preferences: home.clone(),
            unsubscribe: home,
        };
        let stationery = Stationery::new(&settings, UnsubscribeKey::new([1; 32])).unwrap();
        let delivery = Delivery {
            stationery: Arc::new(stationery),
            mailer: Arc::new(FolderMailer::new(self.mail.path())),
            sms: None,
            tokens: Arc::new(ProofTokens(ProofKey::new([2; 32]))),
        };
        notifications::register(&mut registry, delivery);
        registry
    }

    pub fn runner_of(&self, registry: Registry) -> Runner {
        Runner::new(registry, self.services())
    }

    fn services(&self) -> Services {
        Services { database: self.test.database.clone(), clock: Arc::new(self.clock.clone()) }
    }

    /// What was mailed to whom so far: `address kind`, sorted.
    pub async fn mailed(&self) -> Vec<String> {
        self.texts("SELECT address || ' ' || kind AS text FROM notification_messages ORDER BY text").await
    }

    pub async fn texts(&self, query: &str) -> Vec<String> {
        let rows: Vec<TextRow> = diesel::sql_query(query).load(&mut *self.test.conn().await).await.unwrap();
        rows.into_iter().map(|row| row.text).collect()
    }

    /// Somebody with an account, called so.
    pub async fn person(&self, name: &str) -> UserId {
        let id = UserId::new();
        diesel::sql_query(
            "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at) \
             VALUES ($1, $2, $2, '', $3, $4, $4)",
        )
        .bind::<SqlUuid, _>(id.0)
        .bind::<Text, _>(format!("{name}@example.com"))
        .bind::<Text, _>(name)
        .bind::<Timestamptz, _>(self.now())
        .execute(&mut *self.test.conn().await)
        .await
        .unwrap();
        id
    }

    /// Somebody with a shop.
    pub async fn vendor(&self, name: &str) -> UserId {
        let id = self.person(name).await;
        let conn = &mut *self.test.conn().await;
        for statement in [
            "INSERT INTO vendor_profiles (user_id, kind, business_name, slug, created_at, updated_at) \
             VALUES ($1, 'gardener', $2, $2, now(), now())",
            "INSERT INTO sellers (vendor_id, name, slug, kind, updated_at) VALUES ($1, $2, $2, 'gardener', now())",
        ] {
            let statement = diesel::sql_query(statement).bind::<SqlUuid, _>(id.0).bind::<Text, _>(name);
            statement.execute(conn).await.unwrap();
        }
        id
    }

    /// An order of one unit of something of each of these vendors, a dollar each.
    pub async fn order(&self, by: PlacedBy, fulfilment: Fulfilment, vendors: &[UserId]) -> Order {
        let conn = &mut *self.test.conn().await;
        let mut lines = Vec::new();
        for (number, vendor) in vendors.iter().enumerate() {
            let offering = self.offering(conn, *vendor, &format!("thing {number}")).await;
            lines.push(PricedLine {
                offering_id: offering,
                vendor_id: *vendor,
                fulfilment,
                title: format!("thing {number}"),
                unit: "lb".to_owned(),
                quantity: Quantity::whole(1),
                unit_price: Money::new(100, Currency::Usd),
            });
        }
        let plan = split(lines).unwrap().remove(0);
        let (id, hold_id) = (OrderId::new(), HoldId::new());
        diesel::sql_query(
            "INSERT INTO holds (id, source_type, source_id, state, expires_at, created_at) \
             VALUES ($1, 'order', $2, 'live', $3, $3)",
        )
        .bind::<SqlUuid, _>(hold_id.0)
        .bind::<SqlUuid, _>(id.0)
        .bind::<Timestamptz, _>(self.now())
        .execute(conn)
        .await
        .unwrap();
        let ship_to = (fulfilment == Fulfilment::Ship).then(|| ShipTo {
            name: "Gwen Guest".to_owned(),
            line1: "12 Elm Street".to_owned(),
            line2: None,
            city: "Omaha".to_owned(),
            state: "NE".to_owned(),
            postal_code: "68102".to_owned(),
            country: "US".to_owned(),
        });
        let center_numbers = if fulfilment == Fulfilment::Pickup { vec![1] } else { Vec::new() };
        let placed = PlacedOrder { id, plan, hold_id, center_numbers, ship_to };
        let (now, pay_by) = (self.now(), self.now() + chrono::TimeDelta::minutes(30));
        let made: Result<_, market::MarketError> =
            conn.transaction(async |tx| market::place_orders(tx, now, &by, pay_by, vec![placed]).await).await;
        made.unwrap().orders.remove(0)
    }

    pub async fn offering(&self, conn: &mut Conn, vendor: UserId, title: &str) -> OfferingId {
        let id = OfferingId::new();
        diesel::sql_query(
            "INSERT INTO offerings (id, kind, vendor_id, title, unit, price_minor, currency, status, published_at, \
                                    created_at, updated_at) \
             VALUES ($1, 'listing', $2, $3, 'lb', 100, 'USD', 'active', now(), now(), now())",
        )
        .bind::<SqlUuid, _>(id.0)
        .bind::<SqlUuid, _>(vendor.0)
        .bind::<Text, _>(title)
        .execute(conn)
        .await
        .unwrap();
        id
    }

    /// Appends a fact.
    pub async fn fact(&self, kind: &'static str, subject_type: &'static str, id: Uuid, actor: Actor) {
        let event = Event { kind, subject_type, subject_id: id, actor, data: serde_json::json!({}) };
        outbox::emit(&mut *self.test.conn().await, self.now(), event).await.unwrap();
    }
}

pub fn guest() -> PlacedBy {
    let contact = GuestContact { email: "gwen@example.com".to_owned() };
    PlacedBy::Guest { contact, cart: GuestToken("a guest's secret".to_owned()) }
}
