//! Images: sending them, through us or straight to the object store, and looking at one's own.

use std::sync::Arc;

use db::Conn;
use kernel::{ImageId, UploadId};
use media::Image;
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::picture_views::ImageView;
use crate::extract::{Body, Id, IfMatch, IfNoneMatch, Params, PictureFile, Principal, etag_of};
use crate::wire::{PageView, Paging, Patch};
use crate::{Answer, AppState, Created, NoContent, Ok200, Problem, ProblemKind};

/// What is said of a file that is sent.
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct UploadImageParams {
    /// For those who do not see it: up to 500 characters.
    alt: Option<String>,
}

/// How many, and from where.
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct ListImagesParams {
    /// 1 to 100, 24 unless asked.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A file that you mean to send to the object store.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct GrantUploadBody {
    /// One of `image/jpeg`, `image/png`, `image/webp` or `image/gif`.
    media_type: String,
    /// How many bytes it has, 1 to 26,214,400.
    bytes: u64,
}

/// Leave to send a file to the object store.
#[derive(Debug, Serialize, Apiv2Schema)]
struct UploadView {
    /// Its id, to finalize it.
    id: Uuid,
    /// Where to send the file, with PUT and exactly these headers. Whoever has this address can send it.
    url: String,
    /// The `Content-Type` to send it with.
    media_type: String,
    /// The `Content-Length` to send it with.
    bytes: u64,
    /// Until when.
    expires_at: chrono::DateTime<chrono::Utc>,
}

/// What is said of a file that was sent.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct FinalizeUploadBody {
    /// For those who do not see it: up to 500 characters.
    alt: Option<String>,
}

/// What to change about an image.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ChangeImageBody {
    /// For those who do not see it: up to 500 characters; null removes it (nullable).
    #[serde(default)]
    alt: Patch<String>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/images").route(web::get().to(list_own)).route(web::post().to(upload)))
        .service(
            web::resource("/api/v1/images/{id}")
                .route(web::get().to(show))
                .route(web::patch().to(change))
                .route(web::delete().to(remove)),
        )
        .service(web::resource("/api/v1/uploads").route(web::post().to(grant)))
        .service(web::resource("/api/v1/uploads/{id}/finalize").route(web::post().to(finalize)));
}

/// Uploads a picture
///
/// The body is the file itself, a JPEG, PNG, WebP or GIF of up to 25 MiB, 50 million pixels and 16,384 pixels a side. The
/// image is yours alone until you attach it to something of yours; what is attached to nothing for 24 hours is removed.
/// Others see it once it is `rendered`, a moment later: without anything that the camera wrote into it.
///
/// Problems: `unsupported_picture`, `unusable_picture`, `too_many_loose_images`.
#[api_v2_operation(operation_id = "upload_image")]
async fn upload(
    state: AppState,
    principal: Principal,
    params: Params<UploadImageParams>,
    file: PictureFile,
) -> Result<Created<ImageView>, Problem> {
    let owner = principal.user_id;
    let _place = place(&state)?;
    media::expect_room(&mut *state.conn().await?, owner).await?;
    let received = Box::pin(file.take_in(&state)).await?;
    let (now, alt) = (state.clock.now(), params.0.alt.as_deref());
    let image = Box::pin(media::upload(&state.media, &state.database, now, owner, received, alt)).await?;
    Ok(made(&state, image))
}

/// Who comes when all places are taken is told so before they send anything.
fn place(state: &AppState) -> Result<tokio::sync::OwnedSemaphorePermit, Problem> {
    let place = Arc::clone(&state.uploads).try_acquire_owned();
    place.map_err(|_full| Problem::new(ProblemKind::Busy).detail("too many files are being taken in"))
}

fn made(state: &AppState, image: Image) -> Created<ImageView> {
    state.runner.wake();
    let location = format!("/api/v1/images/{}", image.id);
    tagged::<201>(state, image).location(location)
}

/// What is shown changes without its owner's doing, so the tag speaks of both.
fn tagged<const STATUS: u16>(state: &AppState, image: Image) -> Answer<ImageView, STATUS> {
    let version = image.version;
    let view = ImageView::new(&state.settings.media.url, image);
    let tag = etag_of(version, &view);
    Answer::new(view).with(&actix_web::http::header::ETAG, tag)
}

/// Asks for leave to send a picture straight to the object store
///
/// Send the file with PUT to `url`, with the headers `Content-Type` and `Content-Length` as announced, and finalize the
/// upload before it expires. Where pictures are kept in no such store this is refused: send them to
/// `POST /api/v1/images`, which is always possible.
///
/// Problems: `no_direct_uploads`, `too_many_loose_images`.
#[api_v2_operation(operation_id = "grant_upload")]
async fn grant(
    state: AppState,
    principal: Principal,
    body: Body<GrantUploadBody>,
) -> Result<Created<UploadView>, Problem> {
    let GrantUploadBody { media_type, bytes } = body.data;
    let (now, owner) = (state.clock.now(), principal.user_id);
    let granted = media::grant_upload(&state.media, &state.database, now, owner, &media_type, bytes).await?;
    let (id, url, expires_at) = (granted.id.0, granted.url.into(), granted.expires_at);
    Ok(Created::new(UploadView { id, url, media_type, bytes, expires_at }))
}

/// Makes an image of the file that was sent to the object store
///
/// Works once. A file that is refused can be replaced by another until the upload expires.
///
/// Problems: `unsupported_picture`, `unusable_picture`, `upload_not_sent`, `upload_mismatch`, `upload_over`,
/// `too_many_loose_images`.
#[api_v2_operation(operation_id = "finalize_upload")]
async fn finalize(
    state: AppState,
    principal: Principal,
    id: Id<UploadId>,
    body: Body<FinalizeUploadBody>,
) -> Result<Created<ImageView>, Problem> {
    let _place = place(&state)?;
    let (now, owner, alt) = (state.clock.now(), principal.user_id, body.data.alt.as_deref());
    let finalized = media::finalize_upload(&state.media, &state.database, now, owner, id.0, alt);
    let image = Box::pin(finalized).await?;
    Ok(made(&state, image))
}

/// Your images, newest first
#[api_v2_operation(operation_id = "list_own_images")]
async fn list_own(
    state: AppState,
    principal: Principal,
    params: Params<ListImagesParams>,
) -> Result<Ok200<PageView<ImageView>>, Problem> {
    let paging = Paging::read(&state.cursors, &format!("images of {principal}"), &params.0)?;
    let mut conn = state.conn().await?;
    let page = media::list_own_images(&mut conn, principal.user_id, paging.after, paging.limit).await?;
    let base = &state.settings.media.url;
    Ok(Ok200::new(paging.view(page, |image| ImageView::new(base, image))?))
}

/// An image of yours
#[api_v2_operation(operation_id = "show_image")]
async fn show(
    state: AppState,
    principal: Principal,
    id: Id<ImageId>,
    _have: IfNoneMatch,
) -> Result<Ok200<ImageView>, Problem> {
    let mut conn = state.conn().await?;
    let image = media::find_own_image(&mut conn, principal.user_id, id.0).await?;
    Ok(tagged(&state, image))
}

/// Describes an image of yours
#[api_v2_operation(operation_id = "change_image")]
async fn change(
    state: AppState,
    principal: Principal,
    id: Id<ImageId>,
    if_match: IfMatch,
    body: Body<ChangeImageBody>,
) -> Result<Ok200<ImageView>, Problem> {
    let (now, owner) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        let seen = media::find_own_image(tx, owner, id.0).await?;
        if_match.check(seen.version)?;
        let alt = match &body.data.alt {
            Patch::Keep => seen.alt,
            Patch::Clear => None,
            Patch::Set(alt) => Some(alt.clone()),
        };
        Ok(gallery::describe_image(tx, now, owner, id.0, seen.version, alt.as_deref()).await?)
    };
    let image = state.transact(work).await?;
    Ok(tagged(&state, image))
}

/// Removes an image of yours, from wherever it is shown as well
#[api_v2_operation(operation_id = "remove_image")]
async fn remove(state: AppState, principal: Principal, id: Id<ImageId>) -> Result<NoContent, Problem> {
    let work = async |tx: &mut Conn| Ok(gallery::remove_image(tx, principal.user_id, id.0).await?);
    state.transact(work).await?;
    Ok(NoContent)
}
