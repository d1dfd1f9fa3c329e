//! Many shops at once, as the demonstration needs them, each with the reach that follows from its place.

use catalog::{CatalogLoad, Seller};
use chrono::{DateTime, Utc};
use db::Conn;
use eligibility_core::Place;
use kernel::UserId;
use logistics::ApprovedCenters;

use crate::{PlacementError, store};

/// Makes shops known to the catalog, with the centers that their places reach at this moment.
pub async fn load_shops(
    tx: &mut Conn,
    now: DateTime<Utc>,
    load: &CatalogLoad,
    mut shops: Vec<Seller>,
) -> Result<(), PlacementError> {
    let centers = ApprovedCenters::load(tx).await?;
    for shop in &mut shops {
        let place = shop.place.map(|(lat, lon)| Place::new(lat, lon)).transpose()?;
        let reach = place.map(|place| centers.centers().eligible_centers(place)).unwrap_or_default();
        shop.reach = reach.numbers().to_vec();
    }
    load.sellers(tx, now, &shops).await?;
    Ok(())
}

/// Works out anew what every seller reaches, and writes what differs; returns how many did.
///
/// To be called where centers or sellers were changed without telling the feed.
pub async fn repair_reaches(tx: &mut Conn, now: DateTime<Utc>) -> Result<usize, PlacementError> {
    let wrong = crate::check::wrong_placements(tx).await?;
    let vendors: Vec<UserId> = wrong.iter().map(|placement| placement.vendor_id).collect();
    store::lock_sellers(tx, &vendors).await?;
    // Now that it is this one's turn, what was read before may be out of date.
    let wrong = crate::check::wrong_placements(tx).await?;
    for placement in &wrong {
        catalog::place_seller(tx, now, placement).await?;
    }
    Ok(wrong.len())
}
