//! The notification center.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{Limit, NewestKey, NotificationId, UserId};

use crate::schema::notifications;
use crate::store::unreadable;
use crate::{InApp, Kind, Notification};

/// Something to show that is not in the database yet.
pub(crate) struct NewNotification<'a> {
    pub id: NotificationId,
    pub cause: &'a str,
    pub kind: Kind,
    pub user_id: UserId,
    pub shown: InApp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = notifications)]
struct NotificationRow {
    id: NotificationId,
    kind: String,
    title: String,
    body: String,
    link: Option<String>,
    created_at: DateTime<Utc>,
    read_at: Option<DateTime<Utc>>,
}

#[derive(diesel::QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: NotificationId,
}

#[derive(diesel::QueryableByName)]
struct Marked {
    #[diesel(sql_type = BigInt)]
    found: i64,
    #[diesel(sql_type = BigInt)]
    marked: i64,
}

impl TryFrom<NotificationRow> for Notification {
    type Error = diesel::result::Error;

    fn try_from(row: NotificationRow) -> Result<Self, Self::Error> {
        Ok(Self {
            id: row.id,
            kind: Kind::from_word(&row.kind).ok_or_else(|| unreadable(&row.kind))?,
            title: row.title,
            body: row.body,
            link: row.link,
            created_at: row.created_at,
            read_at: row.read_at,
        })
    }
}

/// Inserts what is not there yet, and says which that is.
pub(crate) async fn insert(
    tx: &mut Conn,
    now: DateTime<Utc>,
    new: &[NewNotification<'_>],
) -> QueryResult<Vec<NotificationId>> {
    let rows: Vec<IdRow> =
        sql("INSERT INTO notifications (created_at, id, cause, kind, user_id, title, body, link) \
         SELECT $1, id, cause, kind, user_id, title, body, link \
         FROM unnest($2, $3, $4, $5, $6, $7, $8) AS new(id, cause, kind, user_id, title, body, link) \
         ORDER BY cause, kind, user_id \
         ON CONFLICT ON CONSTRAINT notifications_once DO NOTHING RETURNING id")
        .bind::<Timestamptz, _>(now)
        .bind::<Array<SqlUuid>, _>(new.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(new.iter().map(|row| row.cause).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(new.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(new.iter().map(|row| row.user_id).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(new.iter().map(|row| row.shown.title.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(new.iter().map(|row| row.shown.body.as_str()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(new.iter().map(|row| row.shown.link.as_deref()).collect::<Vec<_>>())
        .load(tx)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

pub(crate) async fn list(
    conn: &mut Conn,
    user: UserId,
    unread_only: bool,
    after: Option<NewestKey>,
    limit: Limit,
) -> QueryResult<Vec<Notification>> {
    let mut query = notifications::table
        .filter(notifications::user_id.eq(user))
        .order((notifications::created_at.desc(), notifications::id.desc()))
        .limit(limit.with_lookahead())
        .select(NotificationRow::as_select())
        .into_boxed();
    if unread_only {
        query = query.filter(notifications::read_at.is_null());
    }
    if let Some(key) = after {
        let id = NotificationId(key.id);
        query = query.filter(
            notifications::created_at
                .lt(key.at)
                .or(notifications::created_at.eq(key.at).and(notifications::id.lt(id))),
        );
    }
    let rows: Vec<NotificationRow> = query.load(conn).await?;
    rows.into_iter().map(Notification::try_from).collect()
}

/// Those of the ids that there are, each with whom it told.
pub(crate) async fn find_with_users(
    conn: &mut Conn,
    ids: &[NotificationId],
) -> QueryResult<Vec<(UserId, Notification)>> {
    let rows: Vec<(UserId, NotificationRow)> = notifications::table
        .filter(notifications::id.eq_any(ids.to_vec()))
        .select((notifications::user_id, NotificationRow::as_select()))
        .load(conn)
        .await?;
    rows.into_iter().map(|(user, row)| Ok((user, row.try_into()?))).collect()
}

/// How much each of the users has not read; those who have read everything are left out.
pub(crate) async fn count_unread_of(conn: &mut Conn, users: &[UserId]) -> QueryResult<Vec<(UserId, i64)>> {
    notifications::table
        .filter(notifications::user_id.eq_any(users.to_vec()).and(notifications::read_at.is_null()))
        .group_by(notifications::user_id)
        .select((notifications::user_id, diesel::dsl::count_star()))
        .load(conn)
        .await
}

pub(crate) async fn count_unread(conn: &mut Conn, user: UserId) -> QueryResult<i64> {
    let unread = notifications::user_id.eq(user).and(notifications::read_at.is_null());
    notifications::table.filter(unread).count().get_result(conn).await
}

/// Marks those of the ids that are the user's; returns how many those are, and how many had not been read.
pub(crate) async fn mark_read(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    ids: &[NotificationId],
) -> QueryResult<(i64, i64)> {
    // Locked in order: two requests that mark the same must not wait for each other.
    let row: Marked = sql("WITH mine AS MATERIALIZED \
             (SELECT id, read_at FROM notifications WHERE user_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE), \
         marked AS (UPDATE notifications n SET read_at = $3 FROM mine \
                    WHERE n.id = mine.id AND mine.read_at IS NULL RETURNING n.id) \
         SELECT (SELECT count(*) FROM mine) AS found, (SELECT count(*) FROM marked) AS marked")
    .bind::<SqlUuid, _>(user)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Timestamptz, _>(now)
    .get_result(tx)
    .await?;
    Ok((row.found, row.marked))
}

/// Marks what the user was told up to an instant.
pub(crate) async fn mark_all_read(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    up_to: DateTime<Utc>,
) -> QueryResult<usize> {
    sql("WITH mine AS MATERIALIZED \
             (SELECT id FROM notifications WHERE user_id = $1 AND read_at IS NULL AND created_at <= $2 \
              ORDER BY id FOR UPDATE) \
         UPDATE notifications n SET read_at = $3 FROM mine WHERE n.id = mine.id")
    .bind::<SqlUuid, _>(user)
    .bind::<Timestamptz, _>(up_to)
    .bind::<Timestamptz, _>(now)
    .execute(tx)
    .await
}

/// Deletes up to `limit` of what was read before `before`.
pub(crate) async fn delete_read(conn: &mut Conn, before: DateTime<Utc>, limit: i64) -> QueryResult<usize> {
    sql("DELETE FROM notifications WHERE id IN \
         (SELECT id FROM notifications WHERE read_at < $1 ORDER BY read_at LIMIT $2 FOR UPDATE SKIP LOCKED)")
    .bind::<Timestamptz, _>(before)
    .bind::<BigInt, _>(limit)
    .execute(conn)
    .await
}
