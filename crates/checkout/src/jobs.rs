//! What happens to carts, orders and holds by themselves.

use std::time::Duration;

use chrono::TimeDelta;
use diesel_async::AsyncConnection;
use kernel::OrderId;
use outbox::{HandlerError, Job, Registry, RetryPolicy, Services};
use serde::{Deserialize, Serialize};

use crate::{CheckoutError, expire};

const SWEEP_EVERY: Duration = Duration::from_mins(1);
const HOLDS_AT_ONCE: i64 = 100;
const TIDY_EVERY: Duration = Duration::from_hours(1);

/// Calls off an order that has not been paid by its time.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExpireOrder {
    /// The order.
    pub order_id: OrderId,
}

impl Job for ExpireOrder {
    const NAME: &'static str = "checkout.expire_order";
}

/// Tidies up expired holds that nothing else has released.
#[derive(Debug, Serialize, Deserialize)]
pub struct SweepHolds;

impl Job for SweepHolds {
    const NAME: &'static str = "checkout.sweep_holds";
    const RETRY: RetryPolicy = RetryPolicy::NONE;
}

/// Forgets carts, jobs and idempotency records whose time is over.
#[derive(Debug, Serialize, Deserialize)]
pub struct Housekeeping;

impl Job for Housekeeping {
    const NAME: &'static str = "checkout.housekeeping";
    const RETRY: RetryPolicy = RetryPolicy::NONE;
}

/// Teaches the registry this crate's work.
pub fn register(registry: &mut Registry) {
    registry.on_job_in_transaction(|tx, services, job: ExpireOrder| {
        Box::pin(async move { Ok::<(), HandlerError>(expire(tx, services.clock.now(), job.order_id).await?) })
    });
    registry.every(SWEEP_EVERY, sweep_holds);
    registry.every(TIDY_EVERY, tidy);
}

async fn sweep_holds(services: Services, _job: SweepHolds) -> Result<(), HandlerError> {
    let mut conn = services.database.conn().await?;
    let now = services.clock.now();
    loop {
        let released = conn
            .transaction::<_, CheckoutError, _>(async |tx| {
                Ok(reservations::release_expired(tx, now, HOLDS_AT_ONCE).await?)
            })
            .await?;
        if released == 0 {
            return Ok(());
        }
    }
}

async fn tidy(services: Services, _job: Housekeeping) -> Result<(), HandlerError> {
    let mut conn = services.database.conn().await?;
    let now = services.clock.now();
    market::forget_stale_carts(&mut conn, now).await?;
    outbox::purge_idempotency(&mut conn, now - TimeDelta::hours(24)).await?;
    outbox::purge_jobs(&mut conn, now - TimeDelta::days(7)).await?;
    Ok(())
}
