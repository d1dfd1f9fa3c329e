//! Posts. Whether somebody is a gardener, and the plant theirs, is the caller's to know.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{FieldError, ImageId, Limit, NewestKey, Page, PlantId, PostId, TextRule, UserId};
use outbox::Event;
use serde_json::json;
use uuid::Uuid;

use crate::service::images::{arrange_images, detach_images};
use crate::{MediaError, Post, Subject, store};

const BODY: TextRule = TextRule::prose(5000).required();

/// What a gardener says in a new post.
#[derive(Clone, Debug)]
pub struct PostDraft {
    /// The plant it is about.
    pub plant_id: Option<PlantId>,
    /// 1 to 5,000 characters.
    pub body: String,
    /// Images of theirs, in order.
    pub images: Vec<ImageId>,
}

/// What shall be different about a post; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct PostChange {
    /// Another plant, or none.
    pub plant_id: Option<Option<PlantId>>,
    /// Another text.
    pub body: Option<String>,
    /// Other images, or another order.
    pub images: Option<Vec<ImageId>>,
}

fn read_body(text: &str) -> Result<String, MediaError> {
    BODY.read(text).map_err(|error: FieldError| error.at("body").into())
}

/// Makes a post.
pub async fn create_post(
    tx: &mut Conn,
    now: DateTime<Utc>,
    gardener: UserId,
    draft: &PostDraft,
) -> Result<Post, MediaError> {
    let new = Post {
        id: PostId::new(),
        gardener_id: gardener,
        plant_id: draft.plant_id,
        body: read_body(&draft.body)?,
        images: Vec::new(),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    store::posts::insert(tx, &new).await.map_err(MediaError::of_owner)?;
    let images = arrange_images(tx, now, gardener, Subject::Post(new.id), &draft.images).await?;
    Ok(Post { images, ..new })
}

/// Changes a gardener's post that has not changed since `expected_version`.
pub async fn change_post(
    tx: &mut Conn,
    now: DateTime<Utc>,
    gardener: UserId,
    id: PostId,
    expected_version: i32,
    change: &PostChange,
) -> Result<Post, MediaError> {
    let mut post = lock_own(tx, gardener, id).await?;
    if post.version != expected_version {
        return Err(MediaError::VersionMismatch { current: post.version });
    }
    if let Some(body) = &change.body {
        post.body = read_body(body)?;
    }
    post.plant_id = change.plant_id.unwrap_or(post.plant_id);
    post.version += 1;
    post.updated_at = now;
    store::posts::update(tx, &post).await?;
    if let Some(images) = &change.images {
        arrange_images(tx, now, gardener, Subject::Post(id), images).await?;
    }
    find_post(tx, id).await
}

/// Removes a gardener's post. Its images are then attached to nothing. Emits `post.removed`.
pub async fn remove_post(
    tx: &mut Conn,
    now: DateTime<Utc>,
    gardener: UserId,
    id: PostId,
) -> Result<(), MediaError> {
    let post = lock_own(tx, gardener, id).await?;
    remove(tx, now, gardener, &post).await
}

/// The same with anybody's post, shown or hidden, by an admin.
pub async fn take_down_post(
    tx: &mut Conn,
    now: DateTime<Utc>,
    admin: UserId,
    id: PostId,
) -> Result<(), MediaError> {
    let post = store::posts::lock(tx, id).await?.ok_or(MediaError::NotFound("post"))?;
    remove(tx, now, admin, &post).await
}

async fn remove(tx: &mut Conn, now: DateTime<Utc>, who: UserId, post: &Post) -> Result<(), MediaError> {
    detach_images(tx, now, Subject::Post(post.id)).await?;
    store::posts::delete(tx, post.id).await?;
    let event = Event {
        kind: "post.removed",
        subject_type: "post",
        subject_id: post.id.0,
        actor: who.into(),
        data: json!({ "gardener_id": post.gardener_id }),
    };
    Ok(outbox::emit(tx, now, event).await?)
}

/// Hides everything that a gardener has written, or shows it again.
pub async fn hide_posts_of(tx: &mut Conn, gardener: UserId, hidden: bool) -> Result<usize, MediaError> {
    Ok(store::posts::set_hidden(tx, gardener, hidden).await?)
}

/// Who has written posts that are hidden, or shown.
pub async fn list_writers(conn: &mut Conn, hidden: bool) -> Result<Vec<UserId>, MediaError> {
    Ok(store::posts::list_writers(conn, hidden).await?)
}

/// A post that is not hidden.
pub async fn find_post(conn: &mut Conn, id: PostId) -> Result<Post, MediaError> {
    let post = store::posts::find(conn, id).await?.ok_or(MediaError::NotFound("post"))?;
    with_images(conn, vec![post]).await?.pop().ok_or(MediaError::NotFound("post"))
}

/// Posts that are not hidden, newest first: everybody's, or one gardener's.
pub async fn list_posts(
    conn: &mut Conn,
    gardener: Option<UserId>,
    after: Option<NewestKey>,
    limit: Limit,
) -> Result<Page<Post, NewestKey>, MediaError> {
    let rows = store::posts::list(conn, gardener, after, limit).await?;
    let page = Page::from_lookahead(rows, limit, |post| NewestKey { at: post.created_at, id: post.id.0 });
    Ok(Page { items: with_images(conn, page.items).await?, next: page.next })
}

/// In one statement for all of them.
async fn with_images(conn: &mut Conn, mut posts: Vec<Post>) -> Result<Vec<Post>, MediaError> {
    if posts.is_empty() {
        return Ok(posts);
    }
    let ids: Vec<Uuid> = posts.iter().map(|post| post.id.0).collect();
    for image in store::images::of_subjects(conn, "post", &ids).await? {
        let of = |post: &&mut Post| image.place.is_some_and(|(subject, _)| subject == Subject::Post(post.id));
        if let Some(post) = posts.iter_mut().find(of) {
            post.images.push(image);
        }
    }
    Ok(posts)
}

async fn lock_own(tx: &mut Conn, gardener: UserId, id: PostId) -> Result<Post, MediaError> {
    let post = store::posts::lock(tx, id).await?;
    post.filter(|post| post.gardener_id == gardener).ok_or(MediaError::NotFound("post"))
}
