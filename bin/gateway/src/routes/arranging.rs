//! Which images an offering or a shop has, and in which order: one operation to attach, to order, to choose the primary
//! one and to take off.

use db::Conn;
use kernel::{ImageId, OfferingId};
use paperclip::actix::api_v2_operation;
use paperclip::actix::web::{self, ServiceConfig};

use super::picture_views::{ArrangeImagesBody, ArrangedImagesView};
use crate::extract::{Body, Id, Principal};
use crate::{AppState, Ok200, Problem};

pub(super) fn configure(config: &mut ServiceConfig) {
    let of = |path: &str| {
        web::resource(path).route(web::get().to(show_of_offering)).route(web::put().to(arrange_of_offering))
    };
    config.service(of("/api/v1/listings/{id}/images")).service(of("/api/v1/products/{id}/images")).service(
        web::resource("/api/v1/me/vendor/images")
            .route(web::get().to(show_of_shop))
            .route(web::put().to(arrange_of_shop)),
    );
}

/// Says which images an offering of yours has
///
/// In this order, the first being the primary one; all others are taken off it. Doing it twice changes nothing the second
/// time. Others see those that are `rendered`.
#[api_v2_operation(operation_id = "arrange_offering_images")]
async fn arrange_of_offering(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
    body: Body<ArrangeImagesBody>,
) -> Result<Ok200<ArrangedImagesView>, Problem> {
    let (now, vendor, images) = (state.clock.now(), principal.user_id, read(body.data));
    let work =
        async |tx: &mut Conn| Ok(gallery::arrange_offering_images(tx, now, vendor, id.0, &images).await?);
    let arranged = state.transact(work).await?;
    Ok(Ok200::new(ArrangedImagesView::new(&state.settings.media.url, arranged)))
}

/// The images of an offering of yours, in order
#[api_v2_operation(operation_id = "show_offering_images")]
async fn show_of_offering(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
) -> Result<Ok200<ArrangedImagesView>, Problem> {
    let mut conn = state.conn().await?;
    let images = gallery::offering_images(&mut conn, principal.user_id, id.0).await?;
    Ok(Ok200::new(ArrangedImagesView::new(&state.settings.media.url, images)))
}

/// Says which images your storefront has
///
/// In this order, the first being the primary one; all others are taken off it.
///
/// Problems: `not_found`.
#[api_v2_operation(operation_id = "arrange_shop_images")]
async fn arrange_of_shop(
    state: AppState,
    principal: Principal,
    body: Body<ArrangeImagesBody>,
) -> Result<Ok200<ArrangedImagesView>, Problem> {
    let (now, vendor, images) = (state.clock.now(), principal.user_id, read(body.data));
    let work = async |tx: &mut Conn| Ok(gallery::arrange_shop_images(tx, now, vendor, &images).await?);
    let arranged = state.transact(work).await?;
    Ok(Ok200::new(ArrangedImagesView::new(&state.settings.media.url, arranged)))
}

/// The images of your storefront, in order
///
/// Problems: `not_found`.
#[api_v2_operation(operation_id = "show_shop_images")]
async fn show_of_shop(state: AppState, principal: Principal) -> Result<Ok200<ArrangedImagesView>, Problem> {
    let mut conn = state.conn().await?;
    let images = gallery::shop_images(&mut conn, principal.user_id).await?;
    Ok(Ok200::new(ArrangedImagesView::new(&state.settings.media.url, images)))
}

fn read(body: ArrangeImagesBody) -> Vec<ImageId> {
    body.images.into_iter().map(ImageId).collect()
}
