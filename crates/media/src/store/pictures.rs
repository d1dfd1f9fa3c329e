//! Pictures: found by their bytes' hash, made once, and gone when nobody has them.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::PictureId;
use serde_json::Value;

use super::{IdRow, unreadable};
use crate::schema::pictures;
use crate::{Format, Header, PictureHash, PictureState, Size, StoredPicture};

#[derive(Queryable, Selectable)]
#[diesel(table_name = pictures)]
pub(super) struct PictureRow {
    id: PictureId,
    hash: String,
    format: String,
    width: i32,
    height: i32,
    bytes: i64,
    state: String,
    placeholder: Option<String>,
    sizes: Option<Value>,
    refusal: Option<String>,
}

impl TryFrom<PictureRow> for StoredPicture {
    type Error = diesel::result::Error;

    fn try_from(row: PictureRow) -> Result<Self, Self::Error> {
        let state = match (row.state.as_str(), row.placeholder, row.sizes, row.refusal) {
            ("rendered", Some(placeholder), Some(sizes), _) => PictureState::Rendered {
                placeholder,
                sizes: serde_json::from_value(sizes).map_err(unreadable)?,
            },
            ("refused", _, _, Some(reason)) => PictureState::Refused { reason },
            // What is doomed nobody has any more.
            _ => PictureState::Waiting,
        };
        Ok(Self {
            id: row.id,
            hash: row.hash.parse().map_err(unreadable)?,
            format: Format::from_word(&row.format).ok_or_else(|| unreadable(&row.format))?,
            width: u32::try_from(row.width).map_err(unreadable)?,
            height: u32::try_from(row.height).map_err(unreadable)?,
            bytes: u64::try_from(row.bytes).map_err(unreadable)?,
            state,
        })
    }
}

/// The picture of these bytes, which stays until the transaction ends; none where there is none, or it is doomed. Waits
/// for whoever is removing it.
pub(crate) async fn hold(tx: &mut Conn, hash: &PictureHash) -> QueryResult<Option<PictureId>> {
    let row: Option<IdRow> = sql("SELECT id FROM pictures WHERE hash = $1 AND state <> 'doomed' FOR SHARE")
        .bind::<Text, _>(hash.as_str())
        .get_result(tx)
        .await
        .optional()?;
    Ok(row.map(|row| PictureId(row.id)))
}

/// Adds the picture of these bytes, in the place of one that is doomed; false where there is one that lives. Waits for
/// whoever is removing or adding it.
pub(crate) async fn insert(
    tx: &mut Conn,
    now: DateTime<Utc>,
    id: PictureId,
    hash: &PictureHash,
    header: &Header,
    bytes: u64,
) -> QueryResult<bool> {
    let (width, height) = header.shown();
    let inserted =
        sql("INSERT INTO pictures (id, hash, format, width, height, bytes, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT ON CONSTRAINT pictures_hash DO UPDATE \
         SET id = excluded.id, state = 'waiting', width = excluded.width, height = excluded.height, \
             placeholder = NULL, sizes = NULL, rendered_at = NULL, refusal = NULL, created_at = excluded.created_at \
         WHERE pictures.state = 'doomed'")
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(hash.as_str())
        .bind::<Text, _>(header.format.as_word())
        .bind::<Integer, _>(i32::try_from(width).unwrap_or(i32::MAX))
        .bind::<Integer, _>(i32::try_from(height).unwrap_or(i32::MAX))
        .bind::<BigInt, _>(i64::try_from(bytes).unwrap_or(i64::MAX))
        .bind::<Timestamptz, _>(now)
        .execute(tx)
        .await?;
    Ok(inserted == 1)
}

pub(crate) async fn find(conn: &mut Conn, id: PictureId) -> QueryResult<Option<StoredPicture>> {
    let found = pictures::table.find(id).filter(pictures::state.ne("doomed")).select(PictureRow::as_select());
    let row: Option<PictureRow> = found.first(conn).await.optional()?;
    row.map(StoredPicture::try_from).transpose()
}

/// Puts on record what there is to show, if it waits for that; says whether it did.
pub(crate) async fn mark_rendered(
    tx: &mut Conn,
    now: DateTime<Utc>,
    id: PictureId,
    (width, height): (u32, u32),
    placeholder: &str,
    sizes: &[Size],
) -> QueryResult<bool> {
    let sizes = serde_json::to_value(sizes)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    let waiting = pictures::table.find(id).filter(pictures::state.eq("waiting"));
    let marked = diesel::update(waiting)
        .set((
            pictures::state.eq("rendered"),
            pictures::width.eq(i32::try_from(width).unwrap_or(i32::MAX)),
            pictures::height.eq(i32::try_from(height).unwrap_or(i32::MAX)),
            pictures::placeholder.eq(placeholder),
            pictures::sizes.eq(sizes),
            pictures::rendered_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(marked == 1)
}

/// Puts on record that it cannot be shown, if it waits for that; says whether it did.
pub(crate) async fn mark_refused(tx: &mut Conn, id: PictureId, reason: &str) -> QueryResult<bool> {
    let waiting = pictures::table.find(id).filter(pictures::state.eq("waiting"));
    let set = (pictures::state.eq("refused"), pictures::refusal.eq(reason));
    Ok(diesel::update(waiting).set(set).execute(tx).await? == 1)
}

/// Up to `limit` pictures that nobody has, locked; not those that were uploaded after `fresh` and wait for what is shown
/// of them, since somebody may be making that.
pub(crate) async fn lock_unused(
    tx: &mut Conn,
    fresh: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<PictureId>> {
    let rows: Vec<IdRow> = sql("SELECT p.id FROM pictures p \
         WHERE p.state <> 'doomed' AND (p.state <> 'waiting' OR p.created_at < $1) \
         AND NOT EXISTS (SELECT 1 FROM images i WHERE i.picture_id = p.id) \
         ORDER BY p.id LIMIT $2 FOR UPDATE OF p SKIP LOCKED")
    .bind::<Timestamptz, _>(fresh)
    .bind::<BigInt, _>(limit)
    .load(tx)
    .await?;
    Ok(rows.into_iter().map(|row| PictureId(row.id)).collect())
}

/// Dooms those of the locked pictures that nobody has. A statement of its own: it sees an image that was added between
/// the other's beginning and its lock, and none can be added after that.
pub(crate) async fn doom(tx: &mut Conn, ids: &[PictureId]) -> QueryResult<usize> {
    sql("UPDATE pictures p SET state = 'doomed' \
         WHERE p.id = ANY($1) AND NOT EXISTS (SELECT 1 FROM images i WHERE i.picture_id = p.id)")
    .bind::<Array<SqlUuid>, _>(ids)
    .execute(tx)
    .await
}

/// One that is doomed and that nobody else is removing, locked.
pub(crate) async fn lock_doomed(tx: &mut Conn) -> QueryResult<Option<StoredPicture>> {
    let row: Option<PictureRow> = pictures::table
        .filter(pictures::state.eq("doomed"))
        .order(pictures::id)
        .limit(1)
        .select(PictureRow::as_select())
        .for_update()
        .skip_locked()
        .first(tx)
        .await
        .optional()?;
    row.map(StoredPicture::try_from).transpose()
}

pub(crate) async fn delete(tx: &mut Conn, id: PictureId) -> QueryResult<()> {
    diesel::delete(pictures::table.find(id)).execute(tx).await?;
    Ok(())
}
