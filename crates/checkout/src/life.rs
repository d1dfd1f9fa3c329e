//! What happens to an order after it was placed.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{Actor, OrderId, TextRule};
use market::lifecycle::next;
use market::{Action, MarketError, Order, Role};
use reservations::{ReservationError, Source};
use uuid::Uuid;

use crate::{Caller, CheckoutError};

/// A step that needs nothing but the order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The goods of a pickup order were handed over.
    Complete,
    /// The parcel was given to a carrier.
    Ship,
    /// The parcel arrived.
    Deliver,
}

impl From<Step> for Action {
    fn from(step: Step) -> Self {
        match step {
            Step::Complete => Self::Complete,
            Step::Ship => Self::Ship,
            Step::Deliver => Self::Deliver,
        }
    }
}

/// Pays with the simulated means: sells the held stock and stores a reference. Paying again changes
/// nothing and keeps the reference.
///
/// # Errors
/// [`CheckoutError::PaymentTooLate`] when the stock is no longer held.
pub async fn pay_with_mock(
    tx: &mut Conn,
    now: DateTime<Utc>,
    caller: Caller,
    id: OrderId,
) -> Result<Order, CheckoutError> {
    let mut order = market::lock_order(tx, id).await?;
    let role = caller.role_in(&order)?;
    let to = next(order.fulfilment, order.status, Action::Pay, role);
    if to.is_err() && order.paid_at.is_none() && order.pay_by <= now {
        // It has expired, or was called off and would have by now.
        return Err(CheckoutError::PaymentTooLate);
    }
    let to = to.map_err(MarketError::from)?;
    if to == order.status {
        return Ok(order);
    }
    let actor = caller.actor();
    match reservations::consume_holds(tx, now, actor, &[order.hold_id]).await {
        Ok(()) => {}
        Err(ReservationError::HoldNotLive(_)) => return Err(CheckoutError::PaymentTooLate),
        Err(error) => return Err(error.into()),
    }
    order.paid_at = Some(now);
    order.mock_payment_reference = Some(format!("mock_{}", Uuid::new_v4().simple()));
    Ok(market::transition(tx, now, actor, role, Action::Pay, order).await?)
}

/// Takes a step; `tracking_reference` is kept when a parcel is shipped (1 to 80 characters).
pub async fn take(
    tx: &mut Conn,
    now: DateTime<Utc>,
    caller: Caller,
    id: OrderId,
    step: Step,
    tracking_reference: Option<&str>,
) -> Result<Order, CheckoutError> {
    let reference = TextRule::line(1, 80).read_optional(tracking_reference);
    let reference = reference.map_err(|error| error.at("tracking_reference"))?;
    let mut order = market::lock_order(tx, id).await?;
    let role = caller.role_in(&order)?;
    if step == Step::Ship && reference.is_some() {
        order.tracking_reference = reference;
    }
    Ok(market::transition(tx, now, caller.actor(), role, step.into(), order).await?)
}

/// Calls an order off and gives back what it holds or has bought.
///
/// # Errors
/// [`CheckoutError::NotSoleVendor`] for a vendor of an order in which others sell too.
pub async fn cancel(
    tx: &mut Conn,
    now: DateTime<Utc>,
    caller: Caller,
    id: OrderId,
    reason: Option<&str>,
) -> Result<Order, CheckoutError> {
    let reason = TextRule::prose(500).read_optional(reason).map_err(|error| error.at("reason"))?;
    let order = market::lock_order(tx, id).await?;
    let role = caller.role_in(&order)?;
    if role == Role::Vendor && !caller.user().is_some_and(|vendor| order.is_only_of(vendor)) {
        return Err(CheckoutError::NotSoleVendor);
    }
    end(tx, now, caller.actor(), role, Action::Cancel, order, reason).await
}

/// Calls off an order that was not paid in time; does nothing to any other.
pub async fn expire(tx: &mut Conn, now: DateTime<Utc>, id: OrderId) -> Result<(), CheckoutError> {
    let order = market::lock_order(tx, id).await?;
    if order.paid_at.is_some() || order.pay_by > now {
        return Ok(());
    }
    let reason = Some("not paid in time".to_owned());
    end(tx, now, Actor::System, Role::System, Action::Expire, order, reason).await?;
    Ok(())
}

async fn end(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    role: Role,
    action: Action,
    mut order: Order,
    reason: Option<String>,
) -> Result<Order, CheckoutError> {
    let to = next(order.fulfilment, order.status, action, role).map_err(MarketError::from)?;
    if to == order.status {
        return Ok(order);
    }
    order.cancel_reason = reason;
    let pickup_hold = order.pickup_hold_id;
    let bought: Option<Vec<_>> = order
        .paid_at
        .is_some()
        .then(|| order.lines.iter().map(|line| (line.offering_id.into(), line.quantity)).collect());
    let hold = order.hold_id;
    let source = Source { kind: "order", id: order.id.0 };
    let order = market::transition(tx, now, actor, role, action, order).await?;
    // What gives capacity back comes last: until then nobody else can have it.
    match bought {
        Some(lines) => reservations::return_capacity(tx, now, actor, &lines, source).await?,
        None => reservations::release_holds(tx, now, actor, &[hold]).await?,
    }
    if let Some(hold) = pickup_hold {
        reservations::release_holds(tx, now, actor, &[hold]).await?;
    }
    Ok(order)
}
