//! A town with one center, one gardener with kale, and as many customers as a story needs.

use checkout::{Caller, CheckOut, check_out, put_in_cart};
use chrono::{DateTime, TimeDelta, Utc};
use db::Conn;
use diesel::sql_types::{BigInt, Double, Uuid as SqlUuid};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use eligibility_core::Place;
use kernel::{Actor, CenterId, OfferingId, OrderId, Quantity, UserId};
use logistics::{ApprovedCenters, Confidence, PostalAddress, Propose};
use market::user_cart;
use reservations::{PoolKind, ensure_pool};
use testkit::{TestDatabase, start_of_tests};

pub const PAY_WITHIN: TimeDelta = TimeDelta::minutes(30);
pub const BOULDER: (f64, f64) = (40.02, -105.28);
/// Some 200 miles west of it.
pub const GRAND_JUNCTION: (f64, f64) = (39.07, -108.55);

pub struct Town {
    pub db: TestDatabase,
    pub center: CenterId,
    pub kale: OfferingId,
}

pub fn now() -> DateTime<Utc> {
    start_of_tests()
}

pub fn caller(user: UserId) -> Caller {
    Caller::Person { user, is_admin: false }
}

impl Town {
    /// With `stock` units of kale.
    pub async fn with_kale(stock: i32) -> Self {
        let db = TestDatabase::with_connections(40).await;
        let mut pooled = db.conn().await;
        let conn = &mut *pooled;
        let center = open_center(conn, "Grange Hall", BOULDER).await;
        let gardener = person(conn).await;
        let kale = OfferingId::new();
        let number: i32 = diesel::dsl::sql::<diesel::sql_types::Integer>("SELECT number FROM centers")
            .get_result(conn)
            .await
            .unwrap();
        conn.batch_execute(&format!(
            "INSERT INTO sellers (vendor_id, name, slug, kind, lat, lon, reach, updated_at) \
             VALUES ('{gardener}', 'Gale', 'gale', 'gardener', {}, {}, '{{{number}}}', now()); \
             INSERT INTO offerings (id, kind, vendor_id, title, unit, price_minor, currency, status, published_at, created_at, updated_at) \
             VALUES ('{kale}', 'listing', '{gardener}', 'Kale', 'each', 250, 'USD', 'active', now(), now(), now())",
            BOULDER.0, BOULDER.1,
        ))
        .await
        .unwrap();
        let stock = Quantity::whole(stock);
        ensure_pool(conn, now(), Actor::System, kale.into(), PoolKind::Stock, stock).await.unwrap();
        drop(pooled);
        Self { db, center, kale }
    }

    /// A new customer's unpaid order of so many units.
    pub async fn order(&self, units: i32) -> (UserId, OrderId) {
        let conn = &mut *self.db.conn().await;
        let customer = person(conn).await;
        let cart = user_cart(conn, now(), customer).await.unwrap();
        let kale = (self.kale, Quantity::whole(units));
        let centers = ApprovedCenters::load(conn).await.unwrap();
        put_in_cart(conn, now(), Some(customer), cart, kale, centers.centers()).await.unwrap();
        let request = CheckOut { customer, ship_to: None, pay_within: PAY_WITHIN };
        let made = check_out(conn, now(), &request, centers.centers()).await.unwrap();
        (customer, made.orders[0].id)
    }

    /// What is free of the kale.
    pub async fn free(&self, at: DateTime<Utc>) -> Quantity {
        let conn = &mut *self.db.conn().await;
        let pool = self.kale.into();
        reservations::availability(conn, at, &[pool]).await.unwrap()[&pool].free()
    }

    /// Every pool equals the sum of its movements, and its live lines equal what is taken.
    pub async fn assert_books_balance(&self) {
        let wrong: i64 = diesel::dsl::sql::<BigInt>(
            "SELECT count(*) FROM pools p WHERE \
             p.capacity <> (SELECT coalesce(sum(capacity_delta), 0) FROM movements m WHERE m.pool_id = p.id) \
             OR p.taken <> (SELECT coalesce(sum(taken_delta), 0) FROM movements m WHERE m.pool_id = p.id) \
             OR p.taken <> (SELECT coalesce(sum(quantity), 0) FROM hold_lines l WHERE l.pool_id = p.id AND l.live)",
        )
        .get_result(&mut *self.db.conn().await)
        .await
        .unwrap();
        assert_eq!(wrong, 0, "a pool differs from its movements or its live lines");
    }
}

pub async fn open_center(conn: &mut Conn, name: &str, (lat, lon): (f64, f64)) -> CenterId {
    let proposal = Propose {
        name: name.to_owned(),
        address: PostalAddress {
            line1: "2600 Baseline Road".to_owned(),
            line2: None,
            city: "Boulder".to_owned(),
            state: "CO".to_owned(),
            postal_code: "80305".to_owned(),
            country: "US".to_owned(),
        },
        notes: None,
        place: Place::new(lat, lon).unwrap(),
        confidence: Confidence::PostalCode,
        by: None,
    };
    let center = logistics::propose(conn, now(), proposal).await.unwrap();
    logistics::approve(conn, now(), Actor::System, center.id).await.unwrap();
    center.id
}

/// Somebody in Boulder.
pub async fn person(conn: &mut Conn) -> UserId {
    let id = UserId::new();
    diesel::sql_query(
        "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at) \
         VALUES ($1, $1::text, $1::text, '', 'somebody', now(), now())",
    )
    .bind::<SqlUuid, _>(id.0)
    .execute(conn)
    .await
    .unwrap();
    diesel::sql_query(
        "INSERT INTO addresses (id, user_id, line1, city, state, postal_code, country, is_primary, lat, lon, \
                                geocode_status, geocode_confidence, geocoded_at, created_at, updated_at) \
         VALUES ($1, $1, '1 Pearl Street', 'Boulder', 'CO', '80302', 'US', true, $2, $3, \
                 'located', 'postal_code', now(), now(), now())",
    )
    .bind::<SqlUuid, _>(id.0)
    .bind::<Double, _>(BOULDER.0)
    .bind::<Double, _>(BOULDER.1)
    .execute(conn)
    .await
    .unwrap();
    id
}
