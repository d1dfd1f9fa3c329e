//! Leave to send files to the object store.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl;
use kernel::{UploadId, UserId};

use super::{IdRow, unreadable};
use crate::model::Upload;
use crate::schema::uploads;

#[derive(Queryable, Selectable)]
#[diesel(table_name = uploads)]
struct UploadRow {
    id: UploadId,
    owner_id: UserId,
    media_type: String,
    bytes: i64,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    finalized_at: Option<DateTime<Utc>>,
}

pub(crate) async fn insert(conn: &mut Conn, new: &Upload) -> QueryResult<()> {
    diesel::insert_into(uploads::table)
        .values((
            uploads::id.eq(new.id),
            uploads::owner_id.eq(new.owner_id),
            uploads::media_type.eq(&new.media_type),
            uploads::bytes.eq(i64::try_from(new.bytes).unwrap_or(i64::MAX)),
            uploads::created_at.eq(new.created_at),
            uploads::expires_at.eq(new.expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn find(conn: &mut Conn, id: UploadId) -> QueryResult<Option<Upload>> {
    let row: Option<UploadRow> =
        uploads::table.find(id).select(UploadRow::as_select()).first(conn).await.optional()?;
    row.map(|row| {
        Ok(Upload {
            id: row.id,
            owner_id: row.owner_id,
            media_type: row.media_type,
            bytes: u64::try_from(row.bytes).map_err(unreadable)?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            finalized_at: row.finalized_at,
        })
    })
    .transpose()
}

/// Ends an upload, once; false where it was ended before, or is gone.
pub(crate) async fn finalize(tx: &mut Conn, now: DateTime<Utc>, id: UploadId) -> QueryResult<bool> {
    let open = uploads::table.find(id).filter(uploads::finalized_at.is_null());
    Ok(diesel::update(open).set(uploads::finalized_at.eq(now)).execute(tx).await? == 1)
}

/// Forgets up to `limit` uploads that expired before `before`, and says which.
pub(crate) async fn delete_expired(
    tx: &mut Conn,
    before: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<UploadId>> {
    let rows: Vec<IdRow> = sql("DELETE FROM uploads WHERE id IN \
         (SELECT id FROM uploads WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) \
         RETURNING id")
    .bind::<Timestamptz, _>(before)
    .bind::<BigInt, _>(limit)
    .load(tx)
    .await?;
    Ok(rows.into_iter().map(|row| UploadId(row.id)).collect())
}
