//! Choosing where and when a pickup order is handed over.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{CenterId, OrderId, TimeRange};
use market::lifecycle::next;
use market::{Action, MarketError, Order};
use reservations::Source;

use crate::{Caller, CheckoutError};

/// A choice of center and window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SchedulePickup {
    /// The order.
    pub order: OrderId,
    /// One of the centers that everybody in the order reaches.
    pub center: CenterId,
    /// A window that the center offers.
    pub window: TimeRange,
}

/// Chooses, or changes, center and window. The place in the old window is given back; choosing the
/// same again changes nothing.
///
/// # Errors
/// [`CheckoutError::CenterNotEligible`], and those of [`logistics::take_window`].
pub async fn schedule_pickup(
    tx: &mut Conn,
    now: DateTime<Utc>,
    caller: Caller,
    choice: SchedulePickup,
) -> Result<Order, CheckoutError> {
    let mut order = market::lock_order(tx, choice.order).await?;
    let role = caller.role_in(&order)?;
    next(order.fulfilment, order.status, Action::Schedule, role).map_err(MarketError::from)?;
    if (order.center_id, order.pickup) == (Some(choice.center), Some(choice.window)) {
        return Ok(order);
    }
    let eligible = logistics::confirm_approved(tx, &order.center_numbers).await?;
    if eligible.iter().all(|center| center.id != choice.center) {
        return Err(CheckoutError::CenterNotEligible);
    }
    let actor = caller.actor();
    let mut pools = vec![logistics::window_pool(choice.center, choice.window)];
    pools.extend(order.center_id.zip(order.pickup).map(|(center, old)| logistics::window_pool(center, old)));
    // Both windows at once and in order: two customers who swap windows must not wait for each other.
    reservations::lock_pools(tx, &pools).await?;
    let source = Source { kind: "order", id: order.id.0 };
    let (center, window) = (choice.center, choice.window);
    let place = logistics::take_window(tx, now, actor, center, window, source, window.end()).await?;
    let left = std::mem::replace(&mut order.pickup_hold_id, place);
    order.center_id = Some(center);
    order.pickup = Some(window);
    let order = market::transition(tx, now, actor, role, Action::Schedule, order).await?;
    if let Some(left) = left {
        reservations::release_holds(tx, now, actor, &[left]).await?;
    }
    Ok(order)
}

/// The centers at which the order may be picked up at this moment.
pub async fn pickup_centers(tx: &mut Conn, order: &Order) -> Result<Vec<CenterId>, CheckoutError> {
    let eligible = logistics::confirm_approved(tx, &order.center_numbers).await?;
    Ok(eligible.into_iter().map(|center| center.id).collect())
}
