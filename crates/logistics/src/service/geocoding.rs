//! Asking where an address is, through the cache.

use chrono::{DateTime, TimeDelta, Utc};
use db::{Conn, Database};

use crate::LogisticsError;
use crate::geocode::{Confidence, GeocodeError, Geocoder, Lookup, NormalizedAddress, Unplaceable, judge};
use crate::store::{self, CachedAnswer};

/// For how long a provider's word about a place is taken.
const PLACES_KEPT: TimeDelta = TimeDelta::days(180);
/// For how long it is believed that there is no such place: new streets are built.
const MISSES_KEPT: TimeDelta = TimeDelta::days(7);

/// Where the address is: from the cache, else from the geocoder, whose answer is then kept.
///
/// Takes the database rather than a connection: none is held, and no transaction is open, while a
/// provider is asked over the network.
///
/// # Errors
/// [`LogisticsError::Geocode`] when the geocoder gives no answer; nothing is kept then. That there is
/// no such place, or no certain one, is an answer.
pub async fn geocode(
    database: &Database,
    now: DateTime<Utc>,
    geocoder: &dyn Geocoder,
    address: &NormalizedAddress,
) -> Result<Lookup, LogisticsError> {
    if address.is_empty() {
        return Ok(Err(Unplaceable::NotFound));
    }
    let digest = address.digest();
    if !geocoder.is_local() {
        let cached = store::find_answer(&mut *database.conn().await?, geocoder.name(), digest).await?;
        if let Some(cached) = cached.filter(|cached| is_fresh(cached, now)) {
            return Ok(judge(cached.answer));
        }
    }
    let answer = match geocoder.geocode(address).await {
        Err(GeocodeError::Unplaceable(reason)) => return Ok(Err(reason)),
        outcome => outcome?,
    };
    if !geocoder.is_local() {
        let fetched = CachedAnswer { answer, fetched_at: now };
        store::insert_answer(&mut *database.conn().await?, geocoder.name(), digest, &fetched).await?;
    }
    Ok(judge(answer))
}

fn is_fresh(cached: &CachedAnswer, now: DateTime<Utc>) -> bool {
    let is_place = cached.answer.is_some_and(|found| found.confidence >= Confidence::LEAST);
    now - cached.fetched_at < if is_place { PLACES_KEPT } else { MISSES_KEPT }
}

/// Forgets the cached answers that are too old to be used; returns how many.
pub async fn purge_geocode_cache(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize, LogisticsError> {
    Ok(store::delete_stale_answers(conn, now - PLACES_KEPT, now - MISSES_KEPT).await?)
}
