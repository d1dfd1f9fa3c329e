//! Pools and holds for the stories.

use chrono::{DateTime, TimeDelta, Utc};
use db::Conn;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use kernel::{Actor, HoldId, PoolId, Quantity};
use reservations::{
    Availability, HoldRequest, PoolKind, ReservationError, Source, availability, ensure_pool, place_holds,
};
use testkit::start_of_tests;
use uuid::Uuid;

pub const BY: Actor = Actor::System;

pub fn now() -> DateTime<Utc> {
    start_of_tests()
}

pub fn source() -> Source {
    Source { kind: "order", id: Uuid::new_v4() }
}

pub async fn pool_of(conn: &mut Conn, units: i32) -> PoolId {
    let pool = PoolId::new();
    ensure_pool(conn, now(), BY, pool, PoolKind::Stock, Quantity::whole(units)).await.unwrap();
    pool
}

/// A request for whole units of the pools, in the given order, that lapses after 30 minutes.
pub fn request(lines: &[(PoolId, i32)]) -> HoldRequest {
    HoldRequest {
        id: HoldId::new(),
        source: source(),
        expires_at: now() + TimeDelta::minutes(30),
        lines: lines.iter().map(|&(pool, units)| (pool, Quantity::whole(units))).collect(),
    }
}

pub async fn hold(conn: &mut Conn, lines: &[(PoolId, i32)]) -> Result<HoldId, ReservationError> {
    let request = request(lines);
    place_holds(conn, now(), BY, std::slice::from_ref(&request)).await.map(|()| request.id)
}

pub async fn standing(conn: &mut Conn, now: DateTime<Utc>, pool: PoolId) -> Availability {
    availability(conn, now, &[pool]).await.unwrap()[&pool]
}

#[derive(diesel::QueryableByName)]
struct Difference {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Every pool equals the sum of its movements, and its live lines equal what is taken.
pub async fn assert_books_balance(conn: &mut Conn) {
    let difference: Difference = diesel::sql_query(
        "SELECT count(*) AS count FROM pools p WHERE \
         p.capacity <> (SELECT coalesce(sum(capacity_delta), 0) FROM movements m WHERE m.pool_id = p.id) \
         OR p.taken <> (SELECT coalesce(sum(taken_delta), 0) FROM movements m WHERE m.pool_id = p.id) \
         OR p.taken <> (SELECT coalesce(sum(quantity), 0) FROM hold_lines l WHERE l.pool_id = p.id AND l.live)",
    )
    .get_result(conn)
    .await
    .unwrap();
    assert_eq!(difference.count, 0, "a pool differs from its movements or its live lines");
}
