//! Checkouts, orders and their lines.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use kernel::{
    CenterId, CheckoutId, Currency, HoldId, Limit, Money, NewestKey, OfferingId, OrderId, OrderLineId,
    Quantity, TimeRange, UserId,
};
use serde_json::Value;

use crate::schema::{order_lines, order_vendors, orders};
use crate::{
    Buyer, Fulfilment, GuestContact, Order, OrderFigure, OrderFilter, OrderLine, OrderStatus, ShipTo,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = orders)]
struct OrderRow {
    id: OrderId,
    number: String,
    checkout_id: CheckoutId,
    customer_id: Option<UserId>,
    guest_email: Option<String>,
    fulfilment: String,
    status: String,
    hold_id: HoldId,
    total_minor: i64,
    center_numbers: Vec<i32>,
    center_id: Option<CenterId>,
    pickup_starts_at: Option<DateTime<Utc>>,
    pickup_ends_at: Option<DateTime<Utc>>,
    pickup_hold_id: Option<HoldId>,
    ship_to: Option<Value>,
    tracking_reference: Option<String>,
    mock_payment_reference: Option<String>,
    pay_by: DateTime<Utc>,
    paid_at: Option<DateTime<Utc>>,
    cancel_reason: Option<String>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = order_lines)]
struct OrderLineRow {
    id: OrderLineId,
    order_id: OrderId,
    offering_id: OfferingId,
    vendor_id: UserId,
    title: String,
    unit: String,
    quantity: Quantity,
    unit_price_minor: i64,
    total_minor: i64,
}

fn unreadable(what: impl std::fmt::Display) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(format!("the market cannot read {what}").into())
}

fn order(row: OrderRow, lines: Vec<OrderLine>) -> QueryResult<Order> {
    let pickup = match row.pickup_starts_at.zip(row.pickup_ends_at) {
        Some((starts, ends)) => Some(TimeRange::new(starts, ends).map_err(unreadable)?),
        None => None,
    };
    let buyer = match (row.customer_id, row.guest_email) {
        (Some(customer), _) => Buyer::Customer(customer),
        (None, Some(email)) => Buyer::Guest(GuestContact { email }),
        (None, None) => return Err(unreadable("an order of nobody's")),
    };
    let ship_to = row.ship_to.map(serde_json::from_value::<ShipTo>).transpose().map_err(unreadable)?;
    Ok(Order {
        id: row.id,
        number: row.number,
        checkout_id: row.checkout_id,
        buyer,
        fulfilment: Fulfilment::from_word(&row.fulfilment).ok_or_else(|| unreadable(&row.fulfilment))?,
        status: OrderStatus::from_word(&row.status).ok_or_else(|| unreadable(&row.status))?,
        hold_id: row.hold_id,
        total: Money::new(row.total_minor, Currency::Usd),
        center_numbers: row.center_numbers,
        center_id: row.center_id,
        pickup,
        pickup_hold_id: row.pickup_hold_id,
        ship_to,
        tracking_reference: row.tracking_reference,
        mock_payment_reference: row.mock_payment_reference,
        pay_by: row.pay_by,
        paid_at: row.paid_at,
        cancel_reason: row.cancel_reason,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        lines,
    })
}

/// The rows with their lines, which are loaded in one statement for all.
async fn with_lines(conn: &mut Conn, rows: Vec<OrderRow>) -> QueryResult<Vec<Order>> {
    let ids: Vec<OrderId> = rows.iter().map(|row| row.id).collect();
    let lines: Vec<OrderLineRow> = order_lines::table
        .filter(order_lines::order_id.eq_any(ids))
        .order((order_lines::order_id, order_lines::position))
        .select(OrderLineRow::as_select())
        .load(conn)
        .await?;
    let mut by_order: HashMap<OrderId, Vec<OrderLine>> = HashMap::new();
    for row in lines {
        by_order.entry(row.order_id).or_default().push(OrderLine {
            id: row.id,
            offering_id: row.offering_id,
            vendor_id: row.vendor_id,
            title: row.title,
            unit: row.unit,
            quantity: row.quantity,
            unit_price: Money::new(row.unit_price_minor, Currency::Usd),
            total: Money::new(row.total_minor, Currency::Usd),
        });
    }
    rows.into_iter()
        .map(|row| {
            let lines = by_order.remove(&row.id).unwrap_or_default();
            order(row, lines)
        })
        .collect()
}

/// Writes everything of an order that can change.
pub(crate) async fn update(tx: &mut Conn, order: &Order) -> QueryResult<()> {
    diesel::update(orders::table.find(order.id))
        .set((
            orders::status.eq(order.status.as_str()),
            orders::center_id.eq(order.center_id),
            orders::pickup_starts_at.eq(order.pickup.map(TimeRange::start)),
            orders::pickup_ends_at.eq(order.pickup.map(TimeRange::end)),
            orders::pickup_hold_id.eq(order.pickup_hold_id),
            orders::tracking_reference.eq(&order.tracking_reference),
            orders::mock_payment_reference.eq(&order.mock_payment_reference),
            orders::paid_at.eq(order.paid_at),
            orders::cancel_reason.eq(&order.cancel_reason),
            orders::version.eq(order.version),
            orders::updated_at.eq(order.updated_at),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn lock(tx: &mut Conn, id: OrderId) -> QueryResult<Option<Order>> {
    let row: Option<OrderRow> =
        orders::table.find(id).select(OrderRow::as_select()).for_update().first(tx).await.optional()?;
    Ok(with_lines(tx, row.into_iter().collect()).await?.pop())
}

pub(crate) async fn find(conn: &mut Conn, id: OrderId) -> QueryResult<Option<Order>> {
    let row: Option<OrderRow> =
        orders::table.find(id).select(OrderRow::as_select()).first(conn).await.optional()?;
    Ok(with_lines(conn, row.into_iter().collect()).await?.pop())
}

/// Those of the orders that there are, in no order.
pub(crate) async fn list_by_ids(conn: &mut Conn, ids: &[OrderId]) -> QueryResult<Vec<Order>> {
    let rows = orders::table
        .filter(orders::id.eq_any(ids.to_vec()))
        .select(OrderRow::as_select())
        .load(conn)
        .await?;
    with_lines(conn, rows).await
}

pub(crate) async fn list_of_checkout(conn: &mut Conn, id: CheckoutId) -> QueryResult<Vec<Order>> {
    let rows = orders::table
        .filter(orders::checkout_id.eq(id))
        .order(orders::id)
        .select(OrderRow::as_select())
        .load(conn)
        .await?;
    with_lines(conn, rows).await
}

/// The orders of a checkout, locked in the order of their ids.
pub(crate) async fn lock_of_checkout(tx: &mut Conn, id: CheckoutId) -> QueryResult<Vec<Order>> {
    let rows = orders::table
        .filter(orders::checkout_id.eq(id))
        .order(orders::id)
        .select(OrderRow::as_select())
        .for_update()
        .load(tx)
        .await?;
    with_lines(tx, rows).await
}

pub(crate) async fn list(
    conn: &mut Conn,
    customer: Option<UserId>,
    filter: OrderFilter,
    after: Option<NewestKey>,
    limit: Limit,
) -> QueryResult<Vec<Order>> {
    let mut query = orders::table
        .order((orders::created_at.desc(), orders::id.desc()))
        .limit(limit.with_lookahead())
        .select(OrderRow::as_select())
        .into_boxed();
    if let Some(customer) = customer {
        query = query.filter(orders::customer_id.eq(customer));
    }
    if let Some(status) = filter.status {
        query = query.filter(orders::status.eq(status.as_str()));
    }
    if let Some(key) = after {
        let id = OrderId(key.id);
        query = query
            .filter(orders::created_at.lt(key.at).or(orders::created_at.eq(key.at).and(orders::id.lt(id))));
    }
    let rows = query.load(conn).await?;
    with_lines(conn, rows).await
}

pub(crate) async fn list_of_vendor(
    conn: &mut Conn,
    vendor: UserId,
    filter: OrderFilter,
    after: Option<NewestKey>,
    limit: Limit,
) -> QueryResult<Vec<Order>> {
    let mut query = order_vendors::table
        .inner_join(orders::table)
        .filter(order_vendors::vendor_id.eq(vendor))
        .order((order_vendors::created_at.desc(), order_vendors::order_id.desc()))
        .limit(limit.with_lookahead())
        .select(OrderRow::as_select())
        .into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(orders::status.eq(status.as_str()));
    }
    if let Some(key) = after {
        let id = OrderId(key.id);
        query = query.filter(
            order_vendors::created_at
                .lt(key.at)
                .or(order_vendors::created_at.eq(key.at).and(order_vendors::order_id.lt(id))),
        );
    }
    let rows = query.load(conn).await?;
    with_lines(conn, rows).await
}

#[derive(QueryableByName)]
struct FigureRow {
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = BigInt)]
    total_minor: i64,
}

pub(crate) async fn sum_by_status(conn: &mut Conn, since: DateTime<Utc>) -> QueryResult<Vec<OrderFigure>> {
    let rows: Vec<FigureRow> = db::sql(
        "SELECT status, count(*) AS count, sum(total_minor)::bigint AS total_minor \
         FROM orders WHERE created_at >= $1 GROUP BY status ORDER BY status",
    )
    .bind::<Timestamptz, _>(since)
    .load(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let status = OrderStatus::from_word(&row.status).ok_or_else(|| unreadable(&row.status))?;
            Ok(OrderFigure { status, count: row.count, total: Money::new(row.total_minor, Currency::Usd) })
        })
        .collect()
}
