//! Whether what several domains keep of one order agrees: the order, its hold, its lines, its expiry; and whether the
//! catalog and the stock agree.
//!
//! Here, as in placement's checks, a statement reads the tables of several domains: an operator's look at everything at
//! one instant, which no request waits for.

use chrono::{DateTime, Utc};
use db::{Check, Conn, Finding, breaching_ids};
use diesel_async::AsyncConnection;
use kernel::{Actor, HoldId, OfferingId, OrderId};

use crate::{CheckoutError, ExpireOrder, store};

/// How many things one transaction of a repair mends.
const AT_ONCE: usize = 100;

const RELEASES: &str = "releases them";

pub(crate) const POOL: Check = Check::reported(
    "offerings.without_pool",
    "an offering has no stock, not even none: it can be neither sold nor counted",
);
pub(crate) const IN_STOCK: Check = Check::repairable(
    "offerings.in_stock",
    "the catalog says that an offering is in stock, or is not, and its stock says otherwise",
    "tells the catalog",
);
pub(crate) const UNPAID: Check = Check::reported(
    "orders.unpaid_without_hold",
    "an order can still be paid, but its stock is no longer held: the payment will be refused",
);
pub(crate) const PAID: Check = Check::reported(
    "orders.paid_without_sale",
    "an order is paid, but its stock was not sold from what it held",
);
pub(crate) const CALLED_OFF: Check = Check::repairable(
    "orders.cancelled_with_hold",
    "an order was called off, but still holds stock or a place in a pickup window",
    RELEASES,
);
pub(crate) const PLACE: Check = Check::reported(
    "orders.scheduled_without_place",
    "a pickup is still to come, but its place in the window is no longer held",
);
pub(crate) const LINES: Check =
    Check::reported("orders.lines_and_hold", "an order's lines are not what its hold took from the stock");
pub(crate) const ORPHAN: Check = Check::repairable(
    "holds.without_order",
    "capacity is held for an order that does not exist or does not know of the hold",
    RELEASES,
);
pub(crate) const EXPIRY: Check = Check::repairable(
    "orders.expiry_missing",
    "an unpaid order has no job that would call it off, so its stock could stay held",
    "asks for the job",
);

/// Everything that is checked here.
pub const CHECKS: [Check; 9] = [POOL, IN_STOCK, UNPAID, PAID, CALLED_OFF, PLACE, LINES, ORPHAN, EXPIRY];

/// What does not agree.
pub async fn check(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<Finding>, CheckoutError> {
    let findings = [
        POOL.ask_ids(conn, store::check::offerings_without_pool()).await?,
        IN_STOCK.ask_ids(conn, store::check::offerings_off_their_stock()).await?,
        UNPAID.ask_ids(conn, store::check::unpaid_orders_without_hold(now)).await?,
        PAID.ask_ids(conn, store::check::paid_orders_without_sale()).await?,
        CALLED_OFF.ask_ids(conn, store::check::holds_of_cancelled_orders()).await?,
        PLACE.ask_ids(conn, store::check::pickups_without_place(now)).await?,
        LINES.ask_ids(conn, store::check::orders_off_their_holds()).await?,
        ORPHAN.ask_ids(conn, store::check::holds_without_order()).await?,
        EXPIRY.ask_ids(conn, store::check::orders_without_expiry()).await?,
    ];
    Ok(findings.into_iter().flatten().collect())
}

/// Mends what the check has found, if it is one of these and can be mended; says whether it was. Must not run in a
/// transaction.
pub async fn repair(conn: &mut Conn, now: DateTime<Utc>, check: Check) -> Result<bool, CheckoutError> {
    if check == IN_STOCK {
        tell_catalog(conn).await?;
    } else if check == CALLED_OFF {
        release(conn, now, store::check::holds_of_cancelled_orders()).await?;
    } else if check == ORPHAN {
        release(conn, now, store::check::holds_without_order()).await?;
    } else if check == EXPIRY {
        let found = breaching_ids(conn, store::check::orders_without_expiry()).await?;
        for orders in found.chunks(AT_ONCE) {
            conn.transaction::<_, CheckoutError, _>(async |tx| ask_for_expiry(tx, now, orders).await).await?;
        }
    } else {
        return Ok(false);
    }
    Ok(true)
}

async fn release(conn: &mut Conn, now: DateTime<Utc>, breaches: db::Sql<'_>) -> Result<(), CheckoutError> {
    let holds: Vec<HoldId> = breaching_ids(conn, breaches).await?.into_iter().map(HoldId).collect();
    for some in holds.chunks(AT_ONCE) {
        conn.transaction::<_, CheckoutError, _>(async |tx| {
            Ok(reservations::release_holds(tx, now, Actor::System, some).await?)
        })
        .await?;
    }
    Ok(())
}

async fn ask_for_expiry(
    tx: &mut Conn,
    now: DateTime<Utc>,
    orders: &[uuid::Uuid],
) -> Result<(), CheckoutError> {
    for order_id in orders.iter().copied().map(OrderId) {
        let order = market::find_order(tx, order_id).await?;
        outbox::enqueue_at(tx, now, order.pay_by, &ExpireOrder { order_id }).await?;
    }
    Ok(())
}

/// Tells the catalog what is in stock where the two disagree. Pools are locked first, so that what is told stays true.
async fn tell_catalog(conn: &mut Conn) -> Result<(), CheckoutError> {
    let found = breaching_ids(conn, store::check::offerings_off_their_stock()).await?;
    for some in found.chunks(AT_ONCE) {
        let offerings: Vec<OfferingId> = some.iter().copied().map(OfferingId).collect();
        let mut pools: Vec<kernel::PoolId> = offerings.iter().copied().map(Into::into).collect();
        pools.sort_unstable();
        conn.transaction::<_, CheckoutError, _>(async |tx| {
            reservations::lock_pools(tx, &pools).await?;
            for in_stock in [true, false] {
                let some = store::check::with_stock(tx, &offerings, in_stock).await?;
                catalog::set_in_stock(tx, &some, in_stock).await?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}
