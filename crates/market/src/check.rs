//! Whether the sums of orders are right. Money is reported and never mended by itself.

use db::{Check, Conn, Finding};
use diesel::QueryResult;

use crate::store;

pub(crate) const LINE: Check =
    Check::reported("order_lines.total", "a line's total is not its price times its quantity");
pub(crate) const ORDER: Check =
    Check::reported("orders.total", "an order's total is not the sum of its lines, or it has none");
pub(crate) const CHECKOUT: Check =
    Check::reported("checkouts.total", "a checkout's total is not the sum of its orders");
pub(crate) const VENDORS: Check = Check::reported(
    "orders.vendors",
    "an order is missing from the list of a vendor who sells in it, or is in the list of one who does not",
);

/// Everything that is checked here.
pub const CHECKS: [Check; 4] = [LINE, ORDER, CHECKOUT, VENDORS];

/// What does not add up.
pub async fn check(conn: &mut Conn) -> QueryResult<Vec<Finding>> {
    let findings = [
        LINE.ask_ids(conn, store::check::wrong_lines()).await?,
        ORDER.ask_ids(conn, store::check::wrong_orders()).await?,
        CHECKOUT.ask_ids(conn, store::check::wrong_checkouts()).await?,
        VENDORS.ask_ids(conn, store::check::orders_with_wrong_vendors()).await?,
    ];
    Ok(findings.into_iter().flatten().collect())
}
