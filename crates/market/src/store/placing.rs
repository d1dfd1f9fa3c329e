//! Writing a checkout with its orders, in one statement: each part is small, and each statement of its own would cost
//! a round trip.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::QueryResult;
use diesel::sql_types::{BigInt, Binary, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{HoldId, OfferingId, OrderId, OrderLineId, UserId};
use serde::Serialize;
use serde_json::Value;

use crate::{Checkout, Order, OrderLine, ShipTo};

/// What differs between the orders of a checkout.
#[derive(Serialize)]
struct NewOrder<'o> {
    id: OrderId,
    number: &'o str,
    fulfilment: &'o str,
    status: &'o str,
    hold_id: HoldId,
    total_minor: i64,
    center_numbers: &'o [i32],
    ship_to: Option<&'o ShipTo>,
    pay_by: DateTime<Utc>,
}

#[derive(Serialize)]
struct NewLine<'o> {
    id: OrderLineId,
    order_id: OrderId,
    offering_id: OfferingId,
    vendor_id: UserId,
    title: &'o str,
    unit: &'o str,
    quantity: i64,
    unit_price_minor: i64,
    total_minor: i64,
    position: usize,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct NewVendor {
    order_id: OrderId,
    vendor_id: UserId,
}

impl<'o> From<&'o Order> for NewOrder<'o> {
    fn from(order: &'o Order) -> Self {
        Self {
            id: order.id,
            number: &order.number,
            fulfilment: order.fulfilment.as_str(),
            status: order.status.as_str(),
            hold_id: order.hold_id,
            total_minor: order.total.amount,
            center_numbers: &order.center_numbers,
            ship_to: order.ship_to.as_ref(),
            pay_by: order.pay_by,
        }
    }
}

impl<'o> NewLine<'o> {
    fn all_of(order: &'o Order) -> impl Iterator<Item = Self> {
        order.lines.iter().enumerate().map(|(position, line)| Self::of(order, position, line))
    }

    fn of(order: &'o Order, position: usize, line: &'o OrderLine) -> Self {
        Self {
            id: line.id,
            order_id: order.id,
            offering_id: line.offering_id,
            vendor_id: line.vendor_id,
            title: &line.title,
            unit: &line.unit,
            quantity: line.quantity.thousandths(),
            unit_price_minor: line.unit_price.amount,
            total_minor: line.total.amount,
            position,
        }
    }
}

/// Every column that is given here is the same for new orders; the others have their defaults.
pub(crate) async fn insert_checkout(
    tx: &mut Conn,
    now: DateTime<Utc>,
    checkout: &Checkout,
    order_token_digest: Option<[u8; 32]>,
) -> QueryResult<()> {
    let orders: Vec<NewOrder> = checkout.orders.iter().map(NewOrder::from).collect();
    let lines: Vec<NewLine> = checkout.orders.iter().flat_map(NewLine::all_of).collect();
    let vendors: BTreeSet<NewVendor> =
        lines.iter().map(|line| NewVendor { order_id: line.order_id, vendor_id: line.vendor_id }).collect();
    db::sql(
        "WITH bought AS (INSERT INTO checkouts \
           (id, customer_id, guest_email, total_minor, currency, created_at, order_token_digest, order_token_expires_at) \
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)), \
         placed AS (INSERT INTO orders \
           (checkout_id, customer_id, guest_email, currency, created_at, updated_at, id, number, fulfilment, status, \
            hold_id, total_minor, center_numbers, ship_to, pay_by) \
           SELECT $1, $2, $3, $5, $6, $6, * FROM jsonb_to_recordset($9) AS o( \
             id uuid, number text, fulfilment text, status text, hold_id uuid, total_minor bigint, \
             center_numbers integer[], ship_to jsonb, pay_by timestamptz)), \
         sold AS (INSERT INTO order_lines \
           (id, order_id, offering_id, vendor_id, title, unit, quantity, unit_price_minor, total_minor, position) \
           SELECT * FROM jsonb_to_recordset($10) AS l( \
             id uuid, order_id uuid, offering_id uuid, vendor_id uuid, title text, unit text, quantity bigint, \
             unit_price_minor bigint, total_minor bigint, position integer)) \
         INSERT INTO order_vendors (created_at, order_id, vendor_id) \
           SELECT $6, * FROM jsonb_to_recordset($11) AS v(order_id uuid, vendor_id uuid)",
    )
    .bind::<SqlUuid, _>(checkout.id)
    .bind::<Nullable<SqlUuid>, _>(checkout.buyer.customer())
    .bind::<Nullable<Text>, _>(checkout.buyer.guest().map(|guest| &guest.email))
    .bind::<BigInt, _>(checkout.total.amount)
    .bind::<Text, _>(checkout.total.currency.code())
    .bind::<Timestamptz, _>(now)
    .bind::<Nullable<Binary>, _>(order_token_digest.map(Vec::from))
    .bind::<Nullable<Timestamptz>, _>(checkout.token_expires_at)
    .bind::<Jsonb, _>(rows(&orders)?)
    .bind::<Jsonb, _>(rows(&lines)?)
    .bind::<Jsonb, _>(rows(&vendors)?)
    .execute(tx)
    .await?;
    Ok(())
}

fn rows(of: &impl Serialize) -> QueryResult<Value> {
    serde_json::to_value(of).map_err(|error| diesel::result::Error::SerializationError(error.into()))
}
