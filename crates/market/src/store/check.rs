//! What the checks of orders ask. Each statement selects the `id` of every breach.

use db::{Sql, sql};

/// Rounded as `kernel::Money::times` rounds; quantities are in thousandths.
pub(crate) fn wrong_lines() -> Sql<'static> {
    sql("SELECT id FROM order_lines \
         WHERE total_minor <> div(unit_price_minor::numeric * quantity + 500, 1000)")
}

pub(crate) fn wrong_orders() -> Sql<'static> {
    sql("SELECT o.id FROM orders o \
         LEFT JOIN (SELECT order_id, sum(total_minor) AS sum FROM order_lines GROUP BY order_id) lines \
         ON lines.order_id = o.id \
         WHERE o.total_minor IS DISTINCT FROM lines.sum")
}

pub(crate) fn wrong_checkouts() -> Sql<'static> {
    sql("SELECT c.id FROM checkouts c \
         LEFT JOIN (SELECT checkout_id, sum(total_minor) AS sum FROM orders GROUP BY checkout_id) placed \
         ON placed.checkout_id = c.id \
         WHERE c.total_minor IS DISTINCT FROM placed.sum")
}

pub(crate) fn orders_with_wrong_vendors() -> Sql<'static> {
    sql("SELECT coalesce(listed.order_id, sold.order_id) AS id \
         FROM order_vendors listed \
         FULL JOIN (SELECT DISTINCT order_id, vendor_id FROM order_lines) sold \
         ON (sold.order_id, sold.vendor_id) = (listed.order_id, listed.vendor_id) \
         WHERE listed.order_id IS NULL OR sold.order_id IS NULL")
}
