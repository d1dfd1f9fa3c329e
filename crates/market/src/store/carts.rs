//! Carts.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::prelude::*;
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

pub(crate) async fn insert_user_cart(tx: &mut Conn, now: DateTime<Utc>, user: UserId) -> QueryResult<()> {
    diesel::insert_into(carts::table)
        .values((
            carts::id.eq(CartId::new()),
            carts::user_id.eq(user),
            carts::created_at.eq(now),
            carts::updated_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    Ok(())
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
            carts::updated_at.eq(now),
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

/// Locks the cart, so that nobody changes its lines meanwhile.
pub(crate) async fn lock(tx: &mut Conn, id: CartId) -> QueryResult<bool> {
    let row: Option<CartId> =
        carts::table.find(id).select(carts::id).for_update().first(tx).await.optional()?;
    Ok(row.is_some())
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

pub(crate) async fn upsert_line(tx: &mut Conn, id: CartId, line: CartLine) -> QueryResult<()> {
    diesel::insert_into(cart_lines::table)
        .values((
            cart_lines::id.eq(CartLineId::new()),
            cart_lines::cart_id.eq(id),
            cart_lines::offering_id.eq(line.offering_id),
            cart_lines::quantity.eq(line.quantity),
            cart_lines::seen_price_minor.eq(line.seen_price_minor),
            cart_lines::created_at.eq(line.created_at),
        ))
        .on_conflict((cart_lines::cart_id, cart_lines::offering_id))
        .do_update()
        .set((cart_lines::quantity.eq(line.quantity), cart_lines::seen_price_minor.eq(line.seen_price_minor)))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn touch(tx: &mut Conn, id: CartId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(carts::table.find(id)).set(carts::updated_at.eq(now)).execute(tx).await?;
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
