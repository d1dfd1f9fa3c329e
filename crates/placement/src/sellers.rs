//! Keeping sellers' reach true, and that nobody sells whose account is closed.
//!
//! Whoever places a seller first waits for a turn, then reads where the seller and the centers are,
//! then writes: of two who work on one seller at once, the later one has read what is true later. A
//! seller who is new at a place cannot yet be found there by the refresh of a center that is approved
//! in the same moment; so after its commit a seller's own refresh looks whether the centers changed
//! meanwhile, and if so goes again.

use catalog::{Seller, SellerPlacement};
use chrono::{DateTime, Utc};
use db::Conn;
use diesel_async::AsyncConnection;
use eligibility_core::{EARTH_RADIUS_MILES, Place, REACH_MILES, miles};
use kernel::UserId;
use logistics::ApprovedCenters;
use outbox::Services;

use crate::{PlacementError, RefreshSellersNear, store};

/// How many sellers a refresh around a center reads at a time.
const BATCH: i64 = 500;

/// Makes a vendor's profile known to the catalog and places the vendor, so that plants and listings can
/// follow at once. To be called in the transaction that made the profile.
///
/// # Errors
/// The database's; a user without a vendor profile changes nothing.
pub async fn open_shop(tx: &mut Conn, now: DateTime<Utc>, vendor: UserId) -> Result<(), PlacementError> {
    store::lock_sellers(tx, &[vendor]).await?;
    if announce(tx, now, vendor).await? {
        place(tx, now, vendor).await?;
    }
    Ok(())
}

/// Tells the catalog what a vendor's shop is called; false when the user has none.
pub(crate) async fn announce(
    tx: &mut Conn,
    now: DateTime<Utc>,
    vendor: UserId,
) -> Result<bool, PlacementError> {
    let Some(profile) = accounts::find_vendor_profile(tx, vendor).await? else { return Ok(false) };
    let seller = Seller {
        vendor_id: vendor,
        name: profile.business_name,
        slug: profile.slug.as_str().to_owned(),
        kind: profile.kind.as_str().to_owned(),
        // The catalog keeps what it knows of the rest.
        place: None,
        reach: Vec::new(),
        open: true,
    };
    catalog::upsert_seller(tx, now, &seller).await?;
    Ok(true)
}

/// Places a seller, again if the centers changed meanwhile.
pub(crate) async fn refresh(services: &Services, vendor: UserId) -> Result<(), PlacementError> {
    let mut conn = services.database.conn().await?;
    loop {
        let stamp = conn
            .transaction::<_, PlacementError, _>(async |tx| {
                store::lock_sellers(tx, &[vendor]).await?;
                place(tx, services.clock.now(), vendor).await
            })
            .await?;
        if ApprovedCenters::current_stamp(&mut conn).await? == stamp {
            return Ok(());
        }
    }
}

/// Writes where a seller is, what that reaches and whether they sell; returns the stamp of the centers it was worked out
/// from. The caller has the seller's turn.
async fn place(tx: &mut Conn, now: DateTime<Utc>, vendor: UserId) -> Result<i64, PlacementError> {
    let centers = ApprovedCenters::load(tx).await?;
    let home = accounts::primary_place(tx, vendor).await?;
    let place = home.as_ref().and_then(located);
    let open = !accounts::disabled_among(tx, &[vendor]).await?.contains(&vendor);
    catalog::place_seller(tx, now, &placement(vendor, place, open, &centers)).await?;
    Ok(centers.stamp())
}

pub(crate) fn placement(
    vendor: UserId,
    place: Option<Place>,
    open: bool,
    centers: &ApprovedCenters,
) -> SellerPlacement {
    let reach = place.map(|place| centers.centers().eligible_centers(place)).unwrap_or_default();
    SellerPlacement {
        vendor_id: vendor,
        place: place.map(|place| (place.lat(), place.lon())),
        reach: reach.numbers().to_vec(),
        open,
    }
}

pub(crate) fn located(home: &accounts::PrimaryPlace) -> Option<Place> {
    let located = home.place.located()?;
    Place::new(located.lat(), located.lon()).ok()
}

/// Places one batch of the sellers around a center; returns the job of the next batch, if there is one.
pub(crate) async fn refresh_batch(
    tx: &mut Conn,
    now: DateTime<Utc>,
    job: RefreshSellersNear,
) -> Result<Option<RefreshSellersNear>, PlacementError> {
    let Some(center) = logistics::find_center(tx, job.center_id).await? else { return Ok(None) };
    let band = latitudes_in_reach(center.place);
    let sellers = catalog::sellers_near(tx, center.number, band, job.after, BATCH).await?;
    let Some(last) = sellers.last().copied() else { return Ok(None) };
    store::lock_sellers(tx, &sellers).await?;
    let centers = ApprovedCenters::load(tx).await?;
    let homes = accounts::primary_places(tx, &sellers).await?;
    let disabled = accounts::disabled_among(tx, &sellers).await?;
    for vendor in &sellers {
        let place = homes.get(vendor).and_then(located);
        // Whoever lives elsewhere is not concerned, and whoever moved away has a refresh of their own.
        if place.is_some_and(|place| miles(place, center.place) <= REACH_MILES) {
            let open = !disabled.contains(vendor);
            catalog::place_seller(tx, now, &placement(*vendor, place, open, &centers)).await?;
        }
    }
    let is_full = i64::try_from(sellers.len()).is_ok_and(|count| count == BATCH);
    Ok(is_full.then_some(RefreshSellersNear { after: Some(last), ..job }))
}

/// The degrees of latitude between which everything in reach of a place lies. A little too wide, for
/// rounding.
fn latitudes_in_reach(place: Place) -> (f64, f64) {
    let span = (REACH_MILES / EARTH_RADIUS_MILES).to_degrees() + 1e-6;
    (place.lat() - span, place.lat() + span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_of_latitudes_holds_the_reach() {
        for lat in [-89.9, -40.0, 0.1, 40.0, 61.2, 89.9] {
            let center = Place::new(lat, -105.0).unwrap();
            let (south, north) = latitudes_in_reach(center);
            for edge in [south.max(-90.0), north.min(90.0)] {
                let at_edge = Place::new(edge, -105.0).unwrap();
                assert!(miles(center, at_edge) >= REACH_MILES || edge.abs() >= 90.0);
            }
        }
    }
}
