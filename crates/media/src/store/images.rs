//! Images: whose, of which picture, on what.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{ImageId, Limit, NewestKey, OfferingId, PictureId, UserId};
use uuid::Uuid;

use super::pictures::PictureRow;
use super::unreadable;
use crate::schema::{images, pictures};
use crate::{Image, Subject};

#[derive(Queryable, Selectable)]
#[diesel(table_name = images)]
struct ImageRow {
    id: ImageId,
    owner_id: UserId,
    alt: Option<String>,
    subject_type: Option<String>,
    subject_id: Option<Uuid>,
    position: Option<i32>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

type Row = (ImageRow, PictureRow);

fn subject(kind: &str, id: Uuid) -> QueryResult<Subject> {
    Subject::read(kind, id).ok_or_else(|| unreadable(kind))
}

fn image((row, picture): Row) -> QueryResult<Image> {
    let place = match (row.subject_type, row.subject_id, row.position) {
        (Some(kind), Some(id), Some(at)) => {
            Some((subject(&kind, id)?, u16::try_from(at).map_err(unreadable)?))
        }
        _ => None,
    };
    Ok(Image {
        id: row.id,
        owner_id: row.owner_id,
        picture: picture.try_into()?,
        alt: row.alt,
        place,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// Images with their pictures.
macro_rules! images {
    () => {
        images::table.inner_join(pictures::table).select((ImageRow::as_select(), PictureRow::as_select()))
    };
}

pub(crate) async fn insert(
    tx: &mut Conn,
    now: DateTime<Utc>,
    owner: UserId,
    picture: PictureId,
    alt: Option<&str>,
) -> QueryResult<ImageId> {
    let id = ImageId::new();
    diesel::insert_into(images::table)
        .values((
            images::id.eq(id),
            images::owner_id.eq(owner),
            images::picture_id.eq(picture),
            images::alt.eq(alt),
            images::loose_since.eq(now),
            images::created_at.eq(now),
            images::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(id)
}

pub(crate) async fn find(conn: &mut Conn, id: ImageId) -> QueryResult<Option<Image>> {
    let row: Option<Row> = images!().filter(images::id.eq(id)).first(conn).await.optional()?;
    row.map(image).transpose()
}

pub(crate) async fn list_of(
    conn: &mut Conn,
    owner: UserId,
    after: Option<NewestKey>,
    limit: Limit,
) -> QueryResult<Vec<Image>> {
    let mut query = images!()
        .filter(images::owner_id.eq(owner))
        .order((images::created_at.desc(), images::id.desc()))
        .limit(limit.with_lookahead())
        .into_boxed();
    if let Some(key) = after {
        let id = ImageId(key.id);
        query = query
            .filter(images::created_at.lt(key.at).or(images::created_at.eq(key.at).and(images::id.lt(id))));
    }
    let rows: Vec<Row> = query.load(conn).await?;
    rows.into_iter().map(image).collect()
}

/// The images of several subjects of one kind, each one's in order.
pub(crate) async fn of_subjects(conn: &mut Conn, kind: &str, ids: &[Uuid]) -> QueryResult<Vec<Image>> {
    let rows: Vec<Row> = images!()
        .filter(images::subject_type.eq(kind).and(images::subject_id.eq_any(ids)))
        .order((images::subject_id, images::position))
        .load(conn)
        .await?;
    rows.into_iter().map(image).collect()
}

/// Offerings that have images, in the order of their ids.
pub(crate) async fn list_offerings(
    conn: &mut Conn,
    after: Option<OfferingId>,
    limit: i64,
) -> QueryResult<Vec<OfferingId>> {
    let ids: Vec<Option<Uuid>> = images::table
        .filter(images::subject_type.eq("offering"))
        .filter(images::subject_id.gt(after.map_or(Uuid::nil(), |after| after.0)))
        .select(images::subject_id)
        .distinct()
        .order(images::subject_id)
        .limit(limit)
        .load(conn)
        .await?;
    Ok(ids.into_iter().flatten().map(OfferingId).collect())
}

/// What shows a picture.
pub(crate) async fn subjects_of(conn: &mut Conn, picture: PictureId) -> QueryResult<Vec<Subject>> {
    let rows: Vec<(Option<String>, Option<Uuid>)> = images::table
        .filter(images::picture_id.eq(picture).and(images::subject_id.is_not_null()))
        .order((images::subject_type, images::subject_id))
        .select((images::subject_type, images::subject_id))
        .distinct()
        .load(conn)
        .await?;
    rows.into_iter().filter_map(|(kind, id)| kind.zip(id)).map(|(kind, id)| subject(&kind, id)).collect()
}

/// Has changes of the images of `whose`, a kind and an id, wait for one another until the transaction ends.
pub(crate) async fn take_turn(tx: &mut Conn, (kind, id): (&str, Uuid)) -> QueryResult<()> {
    let whose = format!("images of {kind} {id}");
    sql("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind::<Text, _>(whose).execute(tx).await?;
    Ok(())
}

/// Locks these images, in one order for everybody, and gives them.
pub(crate) async fn lock(tx: &mut Conn, ids: &[ImageId]) -> QueryResult<Vec<Image>> {
    let locked = images::table.filter(images::id.eq_any(ids)).order(images::id).select(images::id);
    locked.for_update().execute(tx).await?;
    let rows: Vec<Row> = images!().filter(images::id.eq_any(ids)).load(tx).await?;
    rows.into_iter().map(image).collect()
}

/// Puts these images on a subject in this order, and takes all others off it.
pub(crate) async fn arrange(
    tx: &mut Conn,
    now: DateTime<Utc>,
    subject: Subject,
    ids: &[ImageId],
) -> QueryResult<()> {
    sql("WITH wanted AS (SELECT id, (at - 1)::integer AS at FROM unnest($1) WITH ORDINALITY AS w(id, at)) \
         UPDATE images i SET \
             subject_type = CASE WHEN w.id IS NOT NULL THEN $2 END, \
             subject_id = CASE WHEN w.id IS NOT NULL THEN $3 END, \
             position = w.at, \
             loose_since = CASE WHEN w.id IS NULL THEN $4 END, \
             updated_at = $4 \
         FROM images old LEFT JOIN wanted w ON w.id = old.id \
         WHERE i.id = old.id AND (w.id IS NOT NULL OR (old.subject_type = $2 AND old.subject_id = $3)) \
         AND i.position IS DISTINCT FROM w.at")
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Text, _>(subject.kind())
    .bind::<SqlUuid, _>(subject.id())
    .bind::<Timestamptz, _>(now)
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn change_alt(
    tx: &mut Conn,
    now: DateTime<Utc>,
    id: ImageId,
    alt: Option<&str>,
) -> QueryResult<()> {
    diesel::update(images::table.find(id))
        .set((images::alt.eq(alt), images::version.eq(images::version + 1), images::updated_at.eq(now)))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Conn, id: ImageId) -> QueryResult<()> {
    diesel::delete(images::table.find(id)).execute(tx).await?;
    Ok(())
}

/// How many images of somebody's are attached to nothing.
pub(crate) async fn count_loose(conn: &mut Conn, owner: UserId) -> QueryResult<i64> {
    let loose = images::owner_id.eq(owner).and(images::loose_since.is_not_null());
    images::table.filter(loose).count().get_result(conn).await
}

/// Deletes up to `limit` images that have been attached to nothing since before `before`.
pub(crate) async fn delete_loose(conn: &mut Conn, before: DateTime<Utc>, limit: i64) -> QueryResult<usize> {
    sql("DELETE FROM images WHERE id IN \
         (SELECT id FROM images WHERE loose_since < $1 ORDER BY loose_since LIMIT $2 FOR UPDATE SKIP LOCKED)")
    .bind::<Timestamptz, _>(before)
    .bind::<BigInt, _>(limit)
    .execute(conn)
    .await
}
