//! Placing, finding and moving orders.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{
    Actor, CheckoutId, Currency, HoldId, Limit, Money, NewestKey, OrderId, OrderLineId, Page, UserId,
};
use outbox::Event;
use serde_json::json;

use crate::lifecycle::{Action, Role, next};
use crate::{
    Buyer, Checkout, Fulfilment, MarketError, ORDER_TOKEN_LIFETIME, Order, OrderLine, OrderPlan, OrderStatus,
    OrderToken, PlacedBy, ShipTo, number, store,
};

/// Which orders of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OrderFilter {
    /// Only those in this state.
    pub status: Option<OrderStatus>,
}

/// The orders of one state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderFigure {
    /// The state.
    pub status: OrderStatus,
    /// How many there are.
    pub count: i64,
    /// The sum of their totals.
    pub total: Money,
}

/// What a plan needs to become an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlacedOrder {
    /// The id that the order shall have; its stock hold names it.
    pub id: OrderId,
    /// What is bought.
    pub plan: OrderPlan,
    /// The stock that is held for it.
    pub hold_id: HoldId,
    /// Pickup: the centers that every party reaches.
    pub center_numbers: Vec<i32>,
    /// Ship: where to.
    pub ship_to: Option<ShipTo>,
}

/// Records a checkout and its orders, unpaid, in a constant number of statements.
pub async fn place_orders(
    tx: &mut Conn,
    now: DateTime<Utc>,
    by: &PlacedBy,
    pay_by: DateTime<Utc>,
    placed: Vec<PlacedOrder>,
) -> Result<Checkout, MarketError> {
    let total = Money::sum(placed.iter().map(|order| order.plan.total), Currency::Usd)?;
    let id = CheckoutId::new();
    let buyer = by.buyer();
    let digest = match by {
        PlacedBy::Customer(_) => None,
        PlacedBy::Guest { cart, .. } => Some(OrderToken::of(cart, id).digest()),
    };
    let token_expires_at = digest.map(|_token| now + ORDER_TOKEN_LIFETIME);
    let orders: Vec<Order> = placed.into_iter().map(|order| unpaid(now, id, &buyer, pay_by, order)).collect();
    let checkout = Checkout { id, buyer, token_expires_at, total, orders };
    store::placing::insert_checkout(tx, now, &checkout, digest).await?;
    let actor = checkout.buyer.actor();
    let events = checkout
        .orders
        .iter()
        .map(|order| event("order.placed", actor, order, json!({ "to": order.status.as_str() })))
        .collect();
    outbox::emit_all(tx, now, events).await?;
    Ok(checkout)
}

/// Moves an order on, with whatever else the caller changed of it, and tells the feed.
///
/// The caller has locked the order and carried out the action's effects. A repetition of what has
/// happened changes nothing (but for a new choice of pickup).
pub async fn transition(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    role: Role,
    action: Action,
    mut order: Order,
) -> Result<Order, MarketError> {
    let from = order.status;
    let to = next(order.fulfilment, from, action, role)?;
    if to == from && action != Action::Schedule {
        return Ok(order);
    }
    order.status = to;
    order.version += 1;
    order.updated_at = now;
    store::orders::update(tx, &order).await?;
    let data = json!({
        "from": from.as_str(),
        "to": to.as_str(),
        "paid": order.paid_at.is_some(),
        "reason": order.cancel_reason,
    });
    outbox::emit(tx, now, event(action.event_kind(), actor, &order, data)).await?;
    Ok(order)
}

/// The order, locked for the rest of the transaction.
pub async fn lock_order(tx: &mut Conn, id: OrderId) -> Result<Order, MarketError> {
    store::orders::lock(tx, id).await?.ok_or(MarketError::NotFound("order"))
}

/// The order.
pub async fn find_order(conn: &mut Conn, id: OrderId) -> Result<Order, MarketError> {
    store::orders::find(conn, id).await?.ok_or(MarketError::NotFound("order"))
}

/// Those of the orders that there are, in no order; in two statements.
pub async fn find_orders(conn: &mut Conn, ids: &[OrderId]) -> Result<Vec<Order>, MarketError> {
    Ok(store::orders::list_by_ids(conn, ids).await?)
}

/// The orders that a checkout made, whosesoever it is.
pub async fn orders_of_checkout(conn: &mut Conn, id: CheckoutId) -> Result<Vec<Order>, MarketError> {
    let orders = store::orders::list_of_checkout(conn, id).await?;
    if orders.is_empty() { Err(MarketError::NotFound("checkout")) } else { Ok(orders) }
}

/// What a customer has bought, newest first.
pub async fn list_customer_orders(
    conn: &mut Conn,
    customer: UserId,
    filter: OrderFilter,
    after: Option<NewestKey>,
    limit: Limit,
) -> Result<Page<Order, NewestKey>, MarketError> {
    let rows = store::orders::list(conn, Some(customer), filter, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, key))
}

/// The orders that have lines of a vendor's, newest first.
pub async fn list_vendor_orders(
    conn: &mut Conn,
    vendor: UserId,
    filter: OrderFilter,
    after: Option<NewestKey>,
    limit: Limit,
) -> Result<Page<Order, NewestKey>, MarketError> {
    let rows = store::orders::list_of_vendor(conn, vendor, filter, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, key))
}

/// All orders, newest first.
pub async fn list_orders(
    conn: &mut Conn,
    filter: OrderFilter,
    after: Option<NewestKey>,
    limit: Limit,
) -> Result<Page<Order, NewestKey>, MarketError> {
    let rows = store::orders::list(conn, None, filter, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, key))
}

/// The orders placed at or after `since`, counted and summed state by state.
pub async fn order_figures(conn: &mut Conn, since: DateTime<Utc>) -> Result<Vec<OrderFigure>, MarketError> {
    Ok(store::orders::sum_by_status(conn, since).await?)
}

fn key(order: &Order) -> NewestKey {
    NewestKey { at: order.created_at, id: order.id.0 }
}

/// A fact about an order. A guest's address is not among what it tells: events are kept for good.
pub(super) fn event(kind: &'static str, actor: Actor, order: &Order, mut data: serde_json::Value) -> Event {
    data["number"] = json!(order.number);
    data["customer_id"] = json!(order.buyer.customer());
    Event { kind, subject_type: "order", subject_id: order.id.0, actor, data }
}

fn unpaid(
    now: DateTime<Utc>,
    checkout_id: CheckoutId,
    buyer: &Buyer,
    pay_by: DateTime<Utc>,
    placed: PlacedOrder,
) -> Order {
    let fulfilment = placed.plan.fulfilment;
    let lines = placed
        .plan
        .lines
        .into_iter()
        .map(|(line, total)| OrderLine {
            id: OrderLineId::new(),
            offering_id: line.offering_id,
            vendor_id: line.vendor_id,
            title: line.title,
            unit: line.unit,
            quantity: line.quantity,
            unit_price: line.unit_price,
            total,
        })
        .collect();
    Order {
        id: placed.id,
        number: number::fresh(),
        checkout_id,
        buyer: buyer.clone(),
        fulfilment,
        status: match fulfilment {
            Fulfilment::Pickup => OrderStatus::Created,
            Fulfilment::Ship => OrderStatus::Pending,
        },
        hold_id: placed.hold_id,
        total: placed.plan.total,
        center_numbers: placed.center_numbers,
        center_id: None,
        pickup: None,
        pickup_hold_id: None,
        ship_to: placed.ship_to,
        tracking_reference: None,
        mock_payment_reference: None,
        pay_by,
        paid_at: None,
        cancel_reason: None,
        version: 1,
        created_at: now,
        updated_at: now,
        lines,
    }
}
