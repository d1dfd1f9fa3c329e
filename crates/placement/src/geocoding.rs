//! Finding out where people live.

use accounts::{GeocodeAddress, Geocoded, Located};
use diesel_async::AsyncConnection;
use logistics::{Geocoder, NormalizedAddress, PostalAddress};
use outbox::Services;

use crate::PlacementError;

/// Asks where an address is and hands the answer to its owner's account. A geocoder that gives no
/// answer is an error, and the job is tried again; an address that has no certain place is an answer.
pub(crate) async fn geocode_address(
    services: &Services,
    geocoder: &dyn Geocoder,
    job: GeocodeAddress,
) -> Result<(), PlacementError> {
    let mut conn = services.database.conn().await?;
    let wanted = accounts::find_address_to_locate(&mut conn, job.address_id, job.version).await?;
    // No connection is held while the geocoder is asked.
    drop(conn);
    let Some(postal) = wanted else { return Ok(()) };
    let normalized = NormalizedAddress::from(&PostalAddress {
        line1: postal.line1,
        line2: postal.line2,
        city: postal.city,
        state: postal.state,
        postal_code: postal.postal_code,
        country: postal.country,
    });
    let now = services.clock.now();
    let lookup = logistics::geocode(&services.database, now, geocoder, &normalized).await?;
    let answer = match lookup {
        Ok(found) => {
            let (lat, lon) = (found.place.lat(), found.place.lon());
            let located = Located::new(lat, lon, found.confidence.as_str());
            Geocoded::Located(located.map_err(accounts::AccountsError::from)?)
        }
        Err(reason) => Geocoded::Failed { problem: reason.to_string() },
    };
    let mut conn = services.database.conn().await?;
    conn.transaction::<_, PlacementError, _>(async |tx| {
        let now = services.clock.now();
        accounts::set_place(tx, now, job.address_id, job.version, answer).await?;
        Ok(())
    })
    .await
}
