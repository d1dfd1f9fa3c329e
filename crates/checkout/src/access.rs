//! What somebody is to an order. Whoever is nothing to it does not learn that it exists.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{Actor, CheckoutId, OrderId, UserId};
use market::{Buyer, MarketError, Order, OrderToken, Role};

use crate::CheckoutError;

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caller {
    /// Somebody with an account.
    Person {
        /// Their account.
        user: UserId,
        /// Whether they run the platform.
        is_admin: bool,
    },
    /// Whoever has the token of this checkout.
    Guest {
        /// The checkout.
        checkout: CheckoutId,
    },
}

impl Caller {
    /// The guest who has this token.
    ///
    /// # Errors
    /// The order's absence, for a token that opens nothing.
    pub async fn with_token(
        conn: &mut Conn,
        now: DateTime<Utc>,
        token: &OrderToken,
    ) -> Result<Self, CheckoutError> {
        let checkout = market::open_with_token(conn, now, token).await?;
        Ok(Self::Guest { checkout: checkout.ok_or(MarketError::NotFound("order"))? })
    }

    /// The account, where there is one.
    #[must_use]
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::Person { user, .. } => Some(user),
            Self::Guest { .. } => None,
        }
    }

    /// Whether they run the platform.
    #[must_use]
    pub fn is_admin(self) -> bool {
        matches!(self, Self::Person { is_admin: true, .. })
    }

    /// The caller as events and movements know them.
    #[must_use]
    pub fn actor(self) -> Actor {
        self.user().map_or(Actor::Guest, Actor::from)
    }

    /// Whether it was the caller who bought it. A token opens what is still a guest's: what was claimed meanwhile belongs
    /// to an account.
    fn bought(self, order: &Order) -> bool {
        match (self, &order.buyer) {
            (Self::Person { user, .. }, Buyer::Customer(customer)) => user == *customer,
            (Self::Guest { checkout }, Buyer::Guest(_)) => checkout == order.checkout_id,
            _ => false,
        }
    }

    /// What the caller is to the order.
    ///
    /// # Errors
    /// The order's absence, for whoever is nothing to it.
    pub fn role_in(self, order: &Order) -> Result<Role, CheckoutError> {
        match self {
            Self::Person { is_admin: true, .. } => Ok(Role::Admin),
            _ if self.bought(order) => Ok(Role::Customer),
            Self::Person { user, .. } if order.has_vendor(user) => Ok(Role::Vendor),
            _ => Err(MarketError::NotFound("order").into()),
        }
    }
}

/// The order, and what the caller is to it.
///
/// # Errors
/// The order's absence, also for whoever is nothing to it.
pub async fn find_order_for(
    conn: &mut Conn,
    caller: Caller,
    id: OrderId,
) -> Result<(Order, Role), CheckoutError> {
    let order = market::find_order(conn, id).await?;
    let role = caller.role_in(&order)?;
    Ok((order, role))
}

/// The orders of a checkout of the caller's.
///
/// # Errors
/// The checkout's absence, also for whoever did not make it.
pub async fn find_checkout_for(
    conn: &mut Conn,
    caller: Caller,
    id: CheckoutId,
) -> Result<Vec<Order>, CheckoutError> {
    let orders = market::orders_of_checkout(conn, id).await?;
    if orders.iter().all(|order| caller.bought(order)) {
        Ok(orders)
    } else {
        Err(MarketError::NotFound("checkout").into())
    }
}
