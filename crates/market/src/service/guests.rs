//! The orders of guests: opened by a token, and claimed for an account.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{CheckoutId, Currency, Money, OrderId, UserId};
use serde_json::json;

use super::orders::event;
use crate::{Buyer, Checkout, MarketError, OrderToken, store};

/// The checkout whose orders the token opens; none when it is not known, is over, or was used for a claim.
pub async fn open_with_token(
    conn: &mut Conn,
    now: DateTime<Utc>,
    token: &OrderToken,
) -> Result<Option<CheckoutId>, MarketError> {
    Ok(store::guests::find_by_token(conn, now, &token.digest()).await?)
}

/// Moves a guest's order, and whatever else the same checkout made, to an account; the token is void afterwards.
///
/// # Errors
/// [`MarketError::NotFound`] unless the token opens the order, [`MarketError::OwnSale`] for a vendor of any of them.
pub async fn claim_orders(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    token: &OrderToken,
    id: OrderId,
) -> Result<Checkout, MarketError> {
    let checkout = store::guests::lock_by_token(tx, now, &token.digest()).await?;
    let checkout = checkout.ok_or(MarketError::NotFound("order"))?;
    let mut orders = store::orders::lock_of_checkout(tx, checkout).await?;
    if orders.iter().all(|order| order.id != id) {
        return Err(MarketError::NotFound("order"));
    }
    if orders.iter().any(|order| order.has_vendor(user)) {
        return Err(MarketError::OwnSale);
    }
    store::guests::hand_over(tx, now, checkout, user).await?;
    for order in &mut orders {
        order.buyer = Buyer::Customer(user);
        order.version += 1;
        order.updated_at = now;
    }
    let events = orders.iter().map(|order| event("order.claimed", user.into(), order, json!({}))).collect();
    outbox::emit_all(tx, now, events).await?;
    let total = Money::sum(orders.iter().map(|order| order.total), Currency::Usd)?;
    Ok(Checkout { id: checkout, buyer: Buyer::Customer(user), token_expires_at: None, total, orders })
}
