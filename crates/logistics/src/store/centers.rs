//! Centers.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::dsl::sum;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use eligibility_core::Place;
use kernel::{CenterId, Limit, UserId};

use crate::geocode::PostalAddress;
use crate::model::{Center, CenterStatus, ConfirmedCenter};
use crate::schema::centers;

#[derive(Queryable, Selectable)]
#[diesel(table_name = centers)]
struct CenterRow {
    id: CenterId,
    number: i32,
    name: String,
    line1: String,
    line2: Option<String>,
    city: String,
    state: String,
    postal_code: String,
    country: String,
    lat: f64,
    lon: f64,
    geocode_confidence: String,
    time_zone: String,
    status: String,
    proposed_by: Option<UserId>,
    notes: Option<String>,
    reason: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<CenterRow> for Center {
    type Error = diesel::result::Error;

    fn try_from(row: CenterRow) -> QueryResult<Self> {
        Ok(Self {
            id: row.id,
            number: row.number,
            name: row.name,
            address: PostalAddress {
                line1: row.line1,
                line2: row.line2,
                city: row.city,
                state: row.state,
                postal_code: row.postal_code,
                country: row.country,
            },
            place: Place::new(row.lat, row.lon).map_err(unreadable)?,
            confidence: row.geocode_confidence.parse().map_err(unreadable)?,
            time_zone: row.time_zone,
            status: row.status.parse().map_err(unreadable)?,
            proposed_by: row.proposed_by,
            notes: row.notes,
            reason: row.reason,
            decided_at: row.decided_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(Box::new(error))
}

/// Where the next page begins: the last center's `created_at` and id.
pub(crate) type After = (DateTime<Utc>, CenterId);

pub(crate) async fn find_center(conn: &mut Conn, id: CenterId) -> QueryResult<Option<Center>> {
    let row: Option<CenterRow> =
        centers::table.find(id).select(CenterRow::as_select()).first(conn).await.optional()?;
    row.map(Center::try_from).transpose()
}

/// The center, held against every change for the rest of the transaction.
pub(crate) async fn lock_center(tx: &mut Conn, id: CenterId) -> QueryResult<Option<Center>> {
    let row: Option<CenterRow> =
        centers::table.find(id).select(CenterRow::as_select()).for_update().first(tx).await.optional()?;
    row.map(Center::try_from).transpose()
}

/// The center, kept as it is for the rest of the transaction, beside others who want the same.
pub(crate) async fn lock_center_shared(tx: &mut Conn, id: CenterId) -> QueryResult<Option<Center>> {
    let row: Option<CenterRow> =
        centers::table.find(id).select(CenterRow::as_select()).for_share().first(tx).await.optional()?;
    row.map(Center::try_from).transpose()
}

/// Those of the centers that are approved, kept so for the rest of the transaction.
pub(crate) async fn lock_approved(tx: &mut Conn, numbers: &[i32]) -> QueryResult<Vec<ConfirmedCenter>> {
    let rows: Vec<(i32, CenterId)> = centers::table
        .filter(centers::number.eq_any(numbers).and(centers::status.eq(CenterStatus::Approved.as_str())))
        .order(centers::number)
        .select((centers::number, centers::id))
        .for_share()
        .load(tx)
        .await?;
    Ok(rows.into_iter().map(|(number, id)| ConfirmedCenter { number, id }).collect())
}

/// Centers of one status, or of all, newest first.
pub(crate) async fn list_centers(
    conn: &mut Conn,
    status: Option<CenterStatus>,
    after: Option<After>,
    limit: Limit,
) -> QueryResult<Vec<Center>> {
    let mut query = centers::table
        .order((centers::created_at.desc(), centers::id.desc()))
        .limit(limit.with_lookahead())
        .select(CenterRow::as_select())
        .into_boxed();
    if let Some(status) = status {
        query = query.filter(centers::status.eq(status.as_str()));
    }
    if let Some((created_at, id)) = after {
        query = query.filter(
            centers::created_at.lt(created_at).or(centers::created_at.eq(created_at).and(centers::id.lt(id))),
        );
    }
    let rows: Vec<CenterRow> = query.load(conn).await?;
    rows.into_iter().map(Center::try_from).collect()
}

pub(crate) async fn count_proposed(conn: &mut Conn) -> QueryResult<i64> {
    let is_proposed = centers::status.eq(CenterStatus::Proposed.as_str());
    centers::table.filter(is_proposed).count().get_result(conn).await
}

pub(crate) async fn list_approved(conn: &mut Conn) -> QueryResult<Vec<Center>> {
    let rows: Vec<CenterRow> = centers::table
        .filter(centers::status.eq(CenterStatus::Approved.as_str()))
        .order(centers::number)
        .select(CenterRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(Center::try_from).collect()
}

/// A number that grows with every change of any center: a change adds one to a version, a proposal
/// brings a version of its own, and none is ever deleted.
pub(crate) async fn centers_stamp(conn: &mut Conn) -> QueryResult<i64> {
    let stamp: Option<i64> = centers::table.select(sum(centers::version)).first(conn).await?;
    Ok(stamp.unwrap_or_default())
}

/// How many centers have a name that begins with `prefix`.
pub(crate) async fn count_centers_named(conn: &mut Conn, prefix: &str) -> QueryResult<i64> {
    // No name of ours holds a character that LIKE takes for a pattern.
    centers::table.filter(centers::name.like(format!("{prefix}%"))).count().get_result(conn).await
}

/// Writes a new center; its number is the database's to give.
pub(crate) async fn insert_center(tx: &mut Conn, center: &Center) -> QueryResult<i32> {
    diesel::insert_into(centers::table)
        .values((
            centers::id.eq(center.id),
            centers::name.eq(&center.name),
            (
                centers::line1.eq(&center.address.line1),
                centers::line2.eq(&center.address.line2),
                centers::city.eq(&center.address.city),
                centers::state.eq(&center.address.state),
                centers::postal_code.eq(&center.address.postal_code),
                centers::country.eq(&center.address.country),
            ),
            centers::lat.eq(center.place.lat()),
            centers::lon.eq(center.place.lon()),
            centers::geocode_confidence.eq(center.confidence.as_str()),
            centers::time_zone.eq(&center.time_zone),
            centers::status.eq(center.status.as_str()),
            centers::proposed_by.eq(center.proposed_by),
            centers::notes.eq(&center.notes),
            centers::version.eq(center.version),
            centers::created_at.eq(center.created_at),
            centers::updated_at.eq(center.updated_at),
        ))
        .returning(centers::number)
        .get_result(tx)
        .await
}

/// Writes what can change about a center.
pub(crate) async fn update_center(tx: &mut Conn, center: &Center) -> QueryResult<()> {
    diesel::update(centers::table.find(center.id))
        .set((
            centers::name.eq(&center.name),
            centers::time_zone.eq(&center.time_zone),
            centers::status.eq(center.status.as_str()),
            centers::notes.eq(&center.notes),
            centers::reason.eq(&center.reason),
            centers::decided_at.eq(center.decided_at),
            centers::version.eq(center.version),
            centers::updated_at.eq(center.updated_at),
        ))
        .execute(tx)
        .await?;
    Ok(())
}
