//! What somebody is to an order. Whoever is nothing to it does not learn that it exists.

use db::Conn;
use kernel::{OrderId, UserId};
use market::{MarketError, Order, Role};

use crate::CheckoutError;

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caller {
    /// Their account.
    pub user: UserId,
    /// Whether they run the platform.
    pub is_admin: bool,
}

impl Caller {
    /// What the caller is to the order.
    ///
    /// # Errors
    /// The order's absence, for whoever is nothing to it.
    pub fn role_in(self, order: &Order) -> Result<Role, CheckoutError> {
        if self.is_admin {
            Ok(Role::Admin)
        } else if order.customer_id == self.user {
            Ok(Role::Customer)
        } else if order.has_vendor(self.user) {
            Ok(Role::Vendor)
        } else {
            Err(MarketError::NotFound("order").into())
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
