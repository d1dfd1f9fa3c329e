//! Gardeners' posts, without their images.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{Limit, NewestKey, PlantId, PostId, UserId};

use crate::Post;
use crate::schema::posts;

#[derive(Queryable, Selectable)]
#[diesel(table_name = posts)]
struct PostRow {
    id: PostId,
    gardener_id: UserId,
    plant_id: Option<PlantId>,
    body: String,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<PostRow> for Post {
    fn from(row: PostRow) -> Self {
        Self {
            id: row.id,
            gardener_id: row.gardener_id,
            plant_id: row.plant_id,
            body: row.body,
            images: Vec::new(),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

pub(crate) async fn insert(tx: &mut Conn, new: &Post) -> QueryResult<()> {
    diesel::insert_into(posts::table)
        .values((
            posts::id.eq(new.id),
            posts::gardener_id.eq(new.gardener_id),
            posts::plant_id.eq(new.plant_id),
            posts::body.eq(&new.body),
            posts::created_at.eq(new.created_at),
            posts::updated_at.eq(new.updated_at),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// The post, unless it is hidden.
pub(crate) async fn find(conn: &mut Conn, id: PostId) -> QueryResult<Option<Post>> {
    let shown = posts::table.find(id).filter(diesel::dsl::not(posts::hidden));
    let row: Option<PostRow> = shown.select(PostRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(Post::from))
}

/// The post, hidden or not, which nobody else changes until the transaction ends.
pub(crate) async fn lock(tx: &mut Conn, id: PostId) -> QueryResult<Option<Post>> {
    let row: Option<PostRow> =
        posts::table.find(id).select(PostRow::as_select()).for_update().first(tx).await.optional()?;
    Ok(row.map(Post::from))
}

/// Posts that are not hidden, newest first.
pub(crate) async fn list(
    conn: &mut Conn,
    gardener: Option<UserId>,
    after: Option<NewestKey>,
    limit: Limit,
) -> QueryResult<Vec<Post>> {
    let mut query = posts::table
        .filter(diesel::dsl::not(posts::hidden))
        .order((posts::created_at.desc(), posts::id.desc()))
        .limit(limit.with_lookahead())
        .select(PostRow::as_select())
        .into_boxed();
    if let Some(gardener) = gardener {
        query = query.filter(posts::gardener_id.eq(gardener));
    }
    if let Some(key) = after {
        let id = PostId(key.id);
        query =
            query.filter(posts::created_at.lt(key.at).or(posts::created_at.eq(key.at).and(posts::id.lt(id))));
    }
    let rows: Vec<PostRow> = query.load(conn).await?;
    Ok(rows.into_iter().map(Post::from).collect())
}

/// Hides all that a gardener has written, or shows it again; returns how much of it was not so.
pub(crate) async fn set_hidden(tx: &mut Conn, gardener: UserId, hidden: bool) -> QueryResult<usize> {
    let others = posts::table.filter(posts::gardener_id.eq(gardener).and(posts::hidden.ne(hidden)));
    diesel::update(others).set(posts::hidden.eq(hidden)).execute(tx).await
}

/// Who has written what is hidden, or shown.
pub(crate) async fn list_writers(conn: &mut Conn, hidden: bool) -> QueryResult<Vec<UserId>> {
    posts::table.filter(posts::hidden.eq(hidden)).select(posts::gardener_id).distinct().load(conn).await
}

/// Writes everything of a post that its gardener can change.
pub(crate) async fn update(tx: &mut Conn, changed: &Post) -> QueryResult<()> {
    diesel::update(posts::table.find(changed.id))
        .set((
            posts::plant_id.eq(changed.plant_id),
            posts::body.eq(&changed.body),
            posts::version.eq(changed.version),
            posts::updated_at.eq(changed.updated_at),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Conn, id: PostId) -> QueryResult<()> {
    diesel::delete(posts::table.find(id)).execute(tx).await?;
    Ok(())
}
