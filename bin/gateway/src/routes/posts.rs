//! Gardeners' posts. Public to read.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{ImageId, PlantId, PostId, UserId};
use media::{Post, PostChange, PostDraft};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::picture_views::PictureView;
use crate::extract::{Body, Id, Idempotency, IfMatch, IfNoneMatch, Params, Principal, etag_of};
use crate::wire::{PageView, Paging, Patch};
use crate::{Answer, AppState, Created, NoContent, Ok200, Problem};

/// What a gardener tells of their garden.
#[derive(Debug, Serialize, Apiv2Schema)]
struct PostView {
    /// Its id.
    id: Uuid,
    /// Counts its changes; `If-Match: "v<version>"`.
    version: i32,
    /// The gardener who wrote it.
    vendor_id: Uuid,
    /// The plant it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    plant_id: Option<Uuid>,
    /// What it says, in any number of lines.
    body: String,
    /// Its pictures, in order.
    pictures: Vec<PictureView>,
    /// When it was written.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

/// Whose posts.
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct ListPostsParams {
    /// Only this gardener's.
    vendor: Option<Uuid>,
    /// 1 to 100, 24 unless asked.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A new post.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct CreatePostBody {
    /// 1 to 5,000 characters, in any number of lines.
    body: String,
    /// One of your plants.
    plant_id: Option<Uuid>,
    /// Up to 12 ids of your images, in order.
    images: Option<Vec<Uuid>>,
}

/// What to change about a post; what is left out stays.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ChangePostBody {
    /// 1 to 5,000 characters, in any number of lines.
    body: Option<String>,
    /// One of your plants; `null` for none (nullable).
    #[serde(default)]
    plant_id: Patch<Uuid>,
    /// Up to 12 ids of your images, in order; what is not named is taken off.
    images: Option<Vec<Uuid>>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/posts").route(web::get().to(list)).route(web::post().to(create)))
        .service(
            web::resource("/api/v1/posts/{id}")
                .route(web::get().to(show))
                .route(web::patch().to(change))
                .route(web::delete().to(remove)),
        );
}

/// Posts, newest first
#[api_v2_operation(operation_id = "list_posts")]
async fn list(
    state: AppState,
    params: Params<ListPostsParams>,
) -> Result<Ok200<PageView<PostView>>, Problem> {
    let paging = Paging::read(&state.cursors, "posts", &params.0)?;
    let (mut conn, gardener) = (state.conn().await?, params.0.vendor.map(UserId));
    let page = media::list_posts(&mut conn, gardener, paging.after, paging.limit).await?;
    let base = &state.settings.media.url;
    Ok(Ok200::new(paging.view(page, |post| PostView::new(base, post))?))
}

/// Writes a post
///
/// Problems: `not_a_gardener`.
#[api_v2_operation(operation_id = "create_post")]
async fn create(
    state: AppState,
    principal: Principal,
    idempotency: Idempotency,
    body: Body<CreatePostBody>,
) -> Result<Created<PostView>, Problem> {
    let CreatePostBody { body: text, plant_id, images } = body.data;
    let images = images.unwrap_or_default().into_iter().map(ImageId).collect();
    let draft = PostDraft { plant_id: plant_id.map(PlantId), body: text, images };
    let (now, gardener) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        let post = gallery::create_post(tx, now, gardener, &draft).await?;
        let location = format!("/api/v1/posts/{}", post.id);
        Ok(tagged::<201>(&state, post).location(location))
    };
    idempotency.run(&state, principal, &body.raw, work).await
}

/// A post
#[api_v2_operation(operation_id = "show_post")]
async fn show(state: AppState, id: Id<PostId>, _have: IfNoneMatch) -> Result<Ok200<PostView>, Problem> {
    let post = media::find_post(&mut *state.conn().await?, id.0).await?;
    Ok(tagged(&state, post))
}

/// Changes a post of yours
#[api_v2_operation(operation_id = "change_post")]
async fn change(
    state: AppState,
    principal: Principal,
    id: Id<PostId>,
    if_match: IfMatch,
    body: Body<ChangePostBody>,
) -> Result<Ok200<PostView>, Problem> {
    let ChangePostBody { body: text, plant_id, images } = body.data;
    let change = PostChange {
        plant_id: match plant_id {
            Patch::Keep => None,
            Patch::Clear => Some(None),
            Patch::Set(plant) => Some(Some(PlantId(plant))),
        },
        body: text,
        images: images.map(|images| images.into_iter().map(ImageId).collect()),
    };
    let (now, gardener) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        let seen = media::find_post(tx, id.0).await?;
        if seen.gardener_id != gardener {
            return Err(Problem::not_found("post"));
        }
        if_match.check(seen.version)?;
        Ok(gallery::change_post(tx, now, gardener, id.0, seen.version, &change).await?)
    };
    let post = state.transact(work).await?;
    Ok(tagged(&state, post))
}

/// Removes a post of yours
///
/// Its images are then attached to nothing.
#[api_v2_operation(operation_id = "remove_post")]
async fn remove(state: AppState, principal: Principal, id: Id<PostId>) -> Result<NoContent, Problem> {
    let now = state.clock.now();
    let work = async |tx: &mut Conn| Ok(media::remove_post(tx, now, principal.user_id, id.0).await?);
    state.transact(work).await?;
    Ok(NoContent)
}

/// Pictures become ones that can be shown without a change of the post's, so the tag speaks of both.
fn tagged<const STATUS: u16>(state: &AppState, post: Post) -> Answer<PostView, STATUS> {
    let version = post.version;
    let view = PostView::new(&state.settings.media.url, post);
    let tag = etag_of(version, &view);
    Answer::new(view).with(&actix_web::http::header::ETAG, tag)
}

impl PostView {
    fn new(base: &Url, post: Post) -> Self {
        Self {
            id: post.id.0,
            version: post.version,
            vendor_id: post.gardener_id.0,
            plant_id: post.plant_id.map(Uuid::from),
            pictures: PictureView::of_images(base, &post.images),
            body: post.body,
            created_at: post.created_at,
            updated_at: post.updated_at,
        }
    }
}
