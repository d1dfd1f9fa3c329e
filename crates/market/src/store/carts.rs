//! Carts.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use db::Conn;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{CartId, CartLineId, OfferingId, Quantity, UserId};

use crate::CartLine;
use crate::schema::{cart_lines, carts};

#[derive(Queryable, Selectable)]
#[diesel(table_name = cart_lines)]
struct CartLineRow {
    offering_id: OfferingId,
    quantity: Quantity,
    seen_price_minor: i64,
    created_at: DateTime<Utc>,
}

impl From<CartLineRow> for CartLine {
    fn from(row: CartLineRow) -> Self {
        let CartLineRow { offering_id, quantity, seen_price_minor, created_at } = row;
        Self { offering_id, quantity, seen_price_minor, created_at }
    }
}

/// The user's cart, begun if need be, and locked: whoever changes lines holds their cart.
pub(crate) async fn open_user_cart(tx: &mut Conn, now: DateTime<Utc>, user: UserId) -> QueryResult<CartId> {
    diesel::insert_into(carts::table)
        .values((
            carts::id.eq(CartId::new()),
            carts::user_id.eq(user),
            carts::created_at.eq(now),
            carts::updated_at.eq(age(now)),
        ))
        .on_conflict(carts::user_id)
        .do_update()
        .set(carts::updated_at.eq(age(now)))
        .returning(carts::id)
        .get_result(tx)
        .await
}

pub(crate) async fn insert_guest_cart(
    tx: &mut Conn,
    now: DateTime<Utc>,
    token_digest: &[u8],
) -> QueryResult<CartId> {
    let id = CartId::new();
    diesel::insert_into(carts::table)
        .values((
            carts::id.eq(id),
            carts::token_digest.eq(token_digest),
            carts::created_at.eq(now),
            carts::updated_at.eq(age(now)),
        ))
        .execute(tx)
        .await?;
    Ok(id)
}

pub(crate) async fn find_of_user(conn: &mut Conn, user: UserId) -> QueryResult<Option<CartId>> {
    carts::table.filter(carts::user_id.eq(user)).select(carts::id).first(conn).await.optional()
}

pub(crate) async fn find_of_guest(conn: &mut Conn, token_digest: &[u8]) -> QueryResult<Option<CartId>> {
    carts::table.filter(carts::token_digest.eq(token_digest)).select(carts::id).first(conn).await.optional()
}

/// Locks the user's cart, if they have one.
pub(crate) async fn lock_of_user(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
) -> QueryResult<Option<CartId>> {
    let own = carts::table.filter(carts::user_id.eq(user));
    let touched = diesel::update(own).set(carts::updated_at.eq(age(now))).returning(carts::id);
    touched.get_result(tx).await.optional()
}

/// Locks the guest's cart, if the token is known.
pub(crate) async fn lock_of_guest(
    tx: &mut Conn,
    now: DateTime<Utc>,
    token_digest: &[u8],
) -> QueryResult<Option<CartId>> {
    let own = carts::table.filter(carts::token_digest.eq(token_digest));
    let touched = diesel::update(own).set(carts::updated_at.eq(age(now))).returning(carts::id);
    touched.get_result(tx).await.optional()
}

/// When a cart was last touched, to the hour: carts are forgotten by the day, and an unchanged value costs no index
/// its entry.
fn age(now: DateTime<Utc>) -> DateTime<Utc> {
    now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now)
}

pub(crate) async fn list_lines(conn: &mut Conn, id: CartId) -> QueryResult<Vec<CartLine>> {
    let rows: Vec<CartLineRow> = cart_lines::table
        .filter(cart_lines::cart_id.eq(id))
        .order((cart_lines::created_at, cart_lines::id))
        .select(CartLineRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(CartLine::from).collect())
}

/// Puts the lines in, or replaces the quantity and the price of those that are there.
pub(crate) async fn upsert_lines(tx: &mut Conn, id: CartId, lines: &[CartLine]) -> QueryResult<()> {
    let ids: Vec<CartLineId> = lines.iter().map(|_| CartLineId::new()).collect();
    let offerings: Vec<OfferingId> = lines.iter().map(|line| line.offering_id).collect();
    let quantities: Vec<Quantity> = lines.iter().map(|line| line.quantity).collect();
    let prices: Vec<i64> = lines.iter().map(|line| line.seen_price_minor).collect();
    let times: Vec<DateTime<Utc>> = lines.iter().map(|line| line.created_at).collect();
    db::sql(
        "INSERT INTO cart_lines (cart_id, id, offering_id, quantity, seen_price_minor, created_at) \
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6) \
         ON CONFLICT (cart_id, offering_id) DO UPDATE \
         SET quantity = excluded.quantity, seen_price_minor = excluded.seen_price_minor",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<SqlUuid>, _>(offerings)
    .bind::<Array<BigInt>, _>(quantities)
    .bind::<Array<BigInt>, _>(prices)
    .bind::<Array<Timestamptz>, _>(times)
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn delete_line(tx: &mut Conn, id: CartId, offering: OfferingId) -> QueryResult<bool> {
    let line = cart_lines::table.filter(cart_lines::cart_id.eq(id).and(cart_lines::offering_id.eq(offering)));
    Ok(diesel::delete(line).execute(tx).await? == 1)
}

pub(crate) async fn delete_lines(tx: &mut Conn, id: CartId) -> QueryResult<()> {
    diesel::delete(cart_lines::table.filter(cart_lines::cart_id.eq(id))).execute(tx).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Conn, id: CartId) -> QueryResult<()> {
    diesel::delete(carts::table.find(id)).execute(tx).await?;
    Ok(())
}

pub(crate) async fn delete_stale(
    conn: &mut Conn,
    guests_before: DateTime<Utc>,
    users_before: DateTime<Utc>,
) -> QueryResult<usize> {
    let guests = carts::user_id.is_null().and(carts::updated_at.lt(guests_before));
    let users = carts::user_id.is_not_null().and(carts::updated_at.lt(users_before));
    diesel::delete(carts::table.filter(guests.or(users))).execute(conn).await
}
