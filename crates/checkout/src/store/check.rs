//! What the checks across domains ask. Each statement selects the `id` of every breach.

use chrono::{DateTime, Utc};
use db::{Conn, Sql, sql};
use diesel::QueryResult;
use diesel::sql_types::{Array, Bool, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::OfferingId;

/// The states of an order that was called off.
const CALLED_OFF: &str = "('CANCELLED', 'CANCELED')";

#[derive(diesel::QueryableByName)]
struct OfferingRow {
    #[diesel(sql_type = SqlUuid)]
    id: OfferingId,
}

pub(crate) fn offerings_without_pool() -> Sql<'static> {
    sql(
        "SELECT o.id FROM offerings o WHERE NOT EXISTS (SELECT 1 FROM pools p WHERE p.id = o.id AND p.kind = 'stock')",
    )
}

/// The catalog follows the feed: what it has not yet read explains a difference.
pub(crate) fn offerings_off_their_stock() -> Sql<'static> {
    sql("SELECT o.id FROM offerings o JOIN pools p ON p.id = o.id \
         WHERE o.deleted_at IS NULL AND o.in_stock <> (p.capacity > p.taken) \
         AND NOT EXISTS (SELECT 1 FROM events e \
                         WHERE e.subject_type = 'pool' AND e.subject_id = o.id \
                         AND (e.position IS NULL OR e.position > coalesce((SELECT last_position FROM event_subscriptions \
                                                                           WHERE name = 'catalog.stock'), 0)))")
}

pub(crate) fn unpaid_orders_without_hold(now: DateTime<Utc>) -> Sql<'static> {
    sql(format!(
        "SELECT o.id FROM orders o JOIN holds h ON h.id = o.hold_id \
         WHERE o.paid_at IS NULL AND o.status NOT IN {CALLED_OFF} \
         AND (h.state = 'consumed' OR o.pay_by > $1 AND (h.state <> 'live' OR h.expires_at < o.pay_by))"
    ))
    .bind::<Timestamptz, _>(now)
}

pub(crate) fn paid_orders_without_sale() -> Sql<'static> {
    sql("SELECT o.id FROM orders o JOIN holds h ON h.id = o.hold_id \
         WHERE o.paid_at IS NOT NULL AND h.state <> 'consumed'")
}

/// The holds, not the orders.
pub(crate) fn holds_of_cancelled_orders() -> Sql<'static> {
    sql(format!(
        "SELECT h.id FROM orders o JOIN holds h ON h.id IN (o.hold_id, o.pickup_hold_id) \
         WHERE o.status IN {CALLED_OFF} AND h.state = 'live'"
    ))
}

pub(crate) fn pickups_without_place(now: DateTime<Utc>) -> Sql<'static> {
    sql("SELECT o.id FROM orders o JOIN holds h ON h.id = o.pickup_hold_id \
         WHERE o.status = 'SCHEDULED' AND o.pickup_ends_at > $1 \
         AND (h.state <> 'live' OR h.expires_at < o.pickup_ends_at)")
    .bind::<Timestamptz, _>(now)
}

pub(crate) fn orders_off_their_holds() -> Sql<'static> {
    sql("SELECT DISTINCT coalesce(sold.id, held.id) AS id \
         FROM (SELECT o.id, l.offering_id, l.quantity FROM orders o JOIN order_lines l ON l.order_id = o.id) sold \
         FULL JOIN (SELECT o.id, l.pool_id, l.quantity FROM orders o JOIN hold_lines l ON l.hold_id = o.hold_id) held \
         ON (held.id, held.pool_id) = (sold.id, sold.offering_id) \
         WHERE sold.quantity IS DISTINCT FROM held.quantity")
}

/// An order that chose another window has given the place in the first one back; that hold is over.
pub(crate) fn holds_without_order() -> Sql<'static> {
    sql("SELECT h.id FROM holds h \
         WHERE h.source_type = 'order' AND h.state = 'live' \
         AND NOT EXISTS (SELECT 1 FROM orders o \
                         WHERE o.id = h.source_id AND (o.hold_id = h.id OR o.pickup_hold_id = h.id))")
}

/// A job that is dead is found as such.
pub(crate) fn orders_without_expiry() -> Sql<'static> {
    sql(format!(
        "SELECT o.id FROM orders o \
         WHERE o.paid_at IS NULL AND o.status NOT IN {CALLED_OFF} \
         AND NOT EXISTS (SELECT 1 FROM jobs j \
                         WHERE j.name = 'checkout.expire_order' AND j.state <> 'done' \
                         AND j.payload ->> 'order_id' = o.id::text)"
    ))
}

/// Which of the offerings have something to sell, or have nothing.
pub(crate) async fn with_stock(
    tx: &mut Conn,
    offerings: &[OfferingId],
    in_stock: bool,
) -> QueryResult<Vec<OfferingId>> {
    let rows: Vec<OfferingRow> =
        sql("SELECT id FROM pools WHERE id = ANY($1) AND (capacity > taken) = $2 ORDER BY id")
            .bind::<Array<SqlUuid>, _>(offerings)
            .bind::<Bool, _>(in_stock)
            .load(tx)
            .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
