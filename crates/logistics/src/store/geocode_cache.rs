//! Geocoders' answers.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use eligibility_core::Place;

use crate::geocode::{AddressDigest, Geocoded};
use crate::schema::geocode_cache;

/// What a provider said, and when.
pub(crate) struct CachedAnswer {
    pub answer: Option<Geocoded>,
    pub fetched_at: DateTime<Utc>,
}

type AnswerRow = (Option<f64>, Option<f64>, Option<String>, DateTime<Utc>);

/// What the provider said about the address. An answer that cannot be read is none.
pub(crate) async fn find_answer(
    conn: &mut Conn,
    provider: &str,
    digest: AddressDigest,
) -> QueryResult<Option<CachedAnswer>> {
    let row: Option<AnswerRow> = geocode_cache::table
        .filter(geocode_cache::address_digest.eq(&digest.0[..]).and(geocode_cache::provider.eq(provider)))
        .select((
            geocode_cache::lat,
            geocode_cache::lon,
            geocode_cache::confidence,
            geocode_cache::fetched_at,
        ))
        .first(conn)
        .await
        .optional()?;
    Ok(row.and_then(|(lat, lon, confidence, fetched_at)| {
        let answer = match (lat, lon, confidence) {
            (Some(lat), Some(lon), Some(confidence)) => {
                Some(Geocoded { place: Place::new(lat, lon).ok()?, confidence: confidence.parse().ok()? })
            }
            _ => None,
        };
        Some(CachedAnswer { answer, fetched_at })
    }))
}

/// Keeps what a provider said, instead of what was said before.
pub(crate) async fn insert_answer(
    conn: &mut Conn,
    provider: &str,
    digest: AddressDigest,
    cached: &CachedAnswer,
) -> QueryResult<()> {
    diesel::insert_into(geocode_cache::table)
        .values((
            geocode_cache::address_digest.eq(&digest.0[..]),
            geocode_cache::provider.eq(provider),
            geocode_cache::lat.eq(cached.answer.map(|found| found.place.lat())),
            geocode_cache::lon.eq(cached.answer.map(|found| found.place.lon())),
            geocode_cache::confidence.eq(cached.answer.map(|found| found.confidence.as_str())),
            geocode_cache::fetched_at.eq(cached.fetched_at),
        ))
        .on_conflict(geocode_cache::address_digest)
        .do_update()
        .set((
            geocode_cache::provider.eq(excluded(geocode_cache::provider)),
            geocode_cache::lat.eq(excluded(geocode_cache::lat)),
            geocode_cache::lon.eq(excluded(geocode_cache::lon)),
            geocode_cache::confidence.eq(excluded(geocode_cache::confidence)),
            geocode_cache::fetched_at.eq(excluded(geocode_cache::fetched_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets answers fetched before `places_before`, and those without a place before `misses_before`.
pub(crate) async fn delete_stale_answers(
    conn: &mut Conn,
    places_before: DateTime<Utc>,
    misses_before: DateTime<Utc>,
) -> QueryResult<usize> {
    let miss = geocode_cache::lat.is_null().and(geocode_cache::fetched_at.lt(misses_before));
    diesel::delete(geocode_cache::table.filter(geocode_cache::fetched_at.lt(places_before).or(miss)))
        .execute(conn)
        .await
}
