//! Work for later: sending, and forgetting.

use std::time::Duration;

use kernel::MessageId;
use outbox::{HandlerError, Job, Registry, RetryPolicy, Services};
use serde::{Deserialize, Serialize};

use crate::service::purge::purge;
use crate::service::sending::{self, Delivery};

const PURGE_EVERY: Duration = Duration::from_hours(24);
/// Several answers of a slow mail server.
pub(crate) const SEND_TIMEOUT: Duration = Duration::from_secs(90);

/// Sends a mail or a text message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SendMessage {
    /// The message.
    pub message_id: MessageId,
}

impl Job for SendMessage {
    const NAME: &'static str = "notifications.send";
    /// For about six hours: mail servers ask strangers to come back later, and have outages of their own. RFC 5321,
    /// section 4.5.4.1, asks for a first wait of minutes; what somebody waits for, such as a link, is tried sooner.
    const RETRY: RetryPolicy =
        RetryPolicy { attempts: 14, first: Duration::from_secs(15), longest: Duration::from_hours(1) };
    const TIMEOUT: Duration = SEND_TIMEOUT;
}

/// Forgets what was read or sent long ago.
#[derive(Debug, Serialize, Deserialize)]
pub struct Purge;

impl Job for Purge {
    const NAME: &'static str = "notifications.purge";
    const RETRY: RetryPolicy = RetryPolicy::NONE;
}

/// Teaches the registry this crate's work: `notifications.send`, and daily `notifications.purge`.
pub fn register(registry: &mut Registry, delivery: Delivery) {
    registry.on_job(move |services: Services, job: SendMessage| {
        let delivery = delivery.clone();
        async move { sending::send(&services, &delivery, job.message_id).await }
    });
    registry.every(PURGE_EVERY, purge_round);
}

async fn purge_round(services: Services, _job: Purge) -> Result<(), HandlerError> {
    let mut conn = services.database.conn().await?;
    let purged = purge(&mut conn, services.clock.now()).await?;
    tracing::debug!(?purged, "forgot what was read or sent long ago");
    Ok(())
}
