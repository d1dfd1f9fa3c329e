//! Which facts and jobs this process handles.

use std::sync::Arc;

use chrono::TimeDelta;
use db::Conn;
use outbox::{FeedEvent, HandlerError, Registry, Services};

use crate::fact::Fact;
use crate::{CorrespondenceError, Pages, RemindOfPickup, accounts_facts, centers, orders, reminders, stock};

/// The name this process reads the feed under.
const SUBSCRIBER: &str = "correspondence";
/// Nobody wants to hear of something so late, as after an outage: what is so old is left alone.
const TOO_OLD: TimeDelta = TimeDelta::days(1);

/// Registers what this process handles; the links in messages lead to `pages`.
pub fn register(registry: &mut Registry, pages: Pages) {
    let pages = Arc::new(pages);
    let reminding = Arc::clone(&pages);
    registry.on_job_in_transaction(move |tx, services, job: RemindOfPickup| {
        let pages = Arc::clone(&reminding);
        Box::pin(async move { Ok(reminders::remind(tx, services.clock.now(), &pages, job).await?) })
    });
    registry.on_events_from_now(SUBSCRIBER, move |tx, services, event| {
        let pages = Arc::clone(&pages);
        Box::pin(async move { Ok::<(), HandlerError>(follow(tx, services, event, &pages).await?) })
    });
}

/// Tells whoever is concerned of a fact.
async fn follow(
    tx: &mut Conn,
    services: &Services,
    event: &FeedEvent,
    pages: &Pages,
) -> Result<(), CorrespondenceError> {
    let now = services.clock.now();
    if now - event.occurred_at > TOO_OLD {
        return Ok(());
    }
    let fact = Fact { event, now, pages };
    let notices = match event.subject_type.as_str() {
        "user" => accounts_facts::notices(tx, fact).await?,
        "order" => orders::notices(tx, fact).await?,
        "center" => centers::notices(tx, fact).await?,
        "pool" => stock::notices(tx, fact).await?,
        _ => Vec::new(),
    };
    if !notices.is_empty() {
        notifications::tell_all(tx, now, &notices).await?;
    }
    Ok(())
}
