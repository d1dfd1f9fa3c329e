//! Work for later: what this domain asks of others, and what it does itself from time to time.

use std::time::Duration;

use kernel::AddressId;
use outbox::{HandlerError, Job, Registry, RetryPolicy, Services};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::purge;
use crate::service::begin_password_reset;

const FORGET_EVERY: Duration = Duration::from_hours(1);

/// Finds out where an address is. Whoever handles it reads the address with
/// [`find_address_to_locate`](crate::find_address_to_locate) and answers with
/// [`set_place`](crate::set_place).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GeocodeAddress {
    /// The address.
    pub address_id: AddressId,
    /// The version of its postal address that the answer will belong to
    /// ([`Address::place_version`](crate::Address::place_version)).
    pub version: i32,
}

impl Job for GeocodeAddress {
    const NAME: &'static str = "accounts.geocode_address";
}

/// Forgets the sessions and failed logins whose time is over.
#[derive(Debug, Serialize, Deserialize)]
pub struct ForgetEnded;

impl Job for ForgetEnded {
    const NAME: &'static str = "accounts.forget_ended";
    const RETRY: RetryPolicy = RetryPolicy::NONE;
}

/// Looks whether an address that somebody gave has an account, and makes the link to a new password if so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BeginPasswordReset {
    /// The request, which knows the address.
    pub request_id: Uuid,
}

impl Job for BeginPasswordReset {
    const NAME: &'static str = "accounts.begin_password_reset";
}

/// Teaches the registry this crate's work.
pub fn register_work(registry: &mut Registry) {
    registry.on_job_in_transaction(|tx, services, job: BeginPasswordReset| {
        Box::pin(async move { Ok(begin_password_reset(tx, services.clock.now(), job.request_id).await?) })
    });
    registry.every(FORGET_EVERY, forget_ended);
}

async fn forget_ended(services: Services, _job: ForgetEnded) -> Result<(), HandlerError> {
    let mut conn = services.database.conn().await?;
    let purged = purge(&mut conn, services.clock.now()).await?;
    tracing::debug!(?purged, "forgot what had ended");
    Ok(())
}
