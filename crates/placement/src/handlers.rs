//! Which events and jobs this process handles.

use std::sync::Arc;
use std::time::Duration;

use accounts::GeocodeAddress;
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{CenterId, UserId};
use logistics::{CenterIndex, Geocoder};
use outbox::{FeedEvent, HandlerError, Registry, Services};

use crate::{PlacementError, PurgeGeocodeCache, RefreshSeller, RefreshSellersNear, geocoding, sellers};

/// The name this process reads the feed under.
pub(crate) const SUBSCRIBER: &str = "placement";

/// Registers what this process handles. `centers` is told of changes, for the reads of this process.
pub fn register(registry: &mut Registry, geocoder: Arc<dyn Geocoder>, centers: Arc<CenterIndex>) {
    registry.on_job(move |services, job: GeocodeAddress| {
        let geocoder = Arc::clone(&geocoder);
        async move { Ok(geocoding::geocode_address(&services, geocoder.as_ref(), job).await?) }
    });
    registry.on_job(async |services: Services, job: RefreshSeller| {
        Ok(sellers::refresh(&services, job.user_id).await?)
    });
    registry.on_job_in_transaction(|tx, services, job: RefreshSellersNear| {
        Box::pin(
            async move { Ok::<(), HandlerError>(refresh_sellers_near(tx, services.clock.now(), job).await?) },
        )
    });
    registry.every(Duration::from_hours(24), async |services: Services, _: PurgeGeocodeCache| {
        let mut conn = services.database.conn().await?;
        logistics::purge_geocode_cache(&mut conn, services.clock.now()).await?;
        Ok(())
    });
    registry.on_events(SUBSCRIBER, move |tx, services, event| {
        let centers = Arc::clone(&centers);
        Box::pin(async move { Ok::<(), HandlerError>(follow(tx, services, event, &centers).await?) })
    });
}

async fn refresh_sellers_near(
    tx: &mut Conn,
    now: DateTime<Utc>,
    job: RefreshSellersNear,
) -> Result<(), PlacementError> {
    if let Some(next) = sellers::refresh_batch(tx, now, job).await? {
        outbox::enqueue(tx, now, &next).await?;
    }
    Ok(())
}

/// Does or asks for what follows from a fact.
async fn follow(
    tx: &mut Conn,
    services: &Services,
    event: &FeedEvent,
    centers: &CenterIndex,
) -> Result<(), PlacementError> {
    let now = services.clock.now();
    let user_id = UserId(event.subject_id);
    match event.kind.as_str() {
        // Most people sell nothing. Whoever opens a shop later is placed then.
        "user.moved" | "user.disabled" | "user.enabled"
            if catalog::find_seller(tx, user_id).await?.is_some() =>
        {
            outbox::enqueue(tx, now, &RefreshSeller { user_id }).await?;
        }
        "vendor.opened" if sellers::announce(tx, now, user_id).await? => {
            outbox::enqueue(tx, now, &RefreshSeller { user_id }).await?;
        }
        "vendor.changed" => {
            sellers::announce(tx, now, user_id).await?;
        }
        "center.approved" | "center.deactivated" | "center.reactivated" => {
            centers.invalidate();
            let center_id = CenterId(event.subject_id);
            outbox::enqueue(tx, now, &RefreshSellersNear { center_id, after: None }).await?;
        }
        // A name or a zone is shown, but nobody's reach follows from it.
        "center.changed" => centers.invalidate(),
        _ => {}
    }
    Ok(())
}
