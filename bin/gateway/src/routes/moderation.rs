//! What admins do with other people's offerings and posts.

use db::Conn;
use kernel::{OfferingId, PostId};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::Deserialize;

use super::callers::require_admin;
use super::offerings::{ChangeOfferingBody, OwnOfferingView, answer_own, vendor_of};
use crate::extract::{Body, Id, IfMatch, Principal};
use crate::{AppState, NoContent, Ok200, Problem};

/// Why an offering is hidden.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct HideOfferingBody {
    /// 3 to 500 characters, which the vendor sees.
    reason: String,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/admin/offerings/{id}/hide").route(web::post().to(hide)))
        .service(web::resource("/api/v1/admin/offerings/{id}/unhide").route(web::post().to(unhide)))
        .service(web::resource("/api/v1/admin/posts/{id}").route(web::delete().to(take_down_post)))
        .service(web::resource("/api/v1/admin/offerings/{id}/pause").route(web::post().to(pause)))
        .service(
            web::resource("/api/v1/admin/offerings/{id}")
                .route(web::get().to(show))
                .route(web::patch().to(change))
                .route(web::delete().to(remove)),
        );
}

/// Anybody's offering, whatever its status
#[api_v2_operation(operation_id = "administer_offering")]
async fn show(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
) -> Result<Ok200<OwnOfferingView>, Problem> {
    let mut conn = state.conn().await?;
    require_admin(&mut conn, principal).await?;
    let vendor = vendor_of(&mut conn, id.0).await?;
    let offering = catalog::find_own_offering(&mut conn, vendor, id.0).await?;
    answer_own(&state, &mut conn, state.clock.now(), offering).await
}

/// Changes somebody's offering
///
/// Problems: `sku_taken`.
#[api_v2_operation(operation_id = "administer_offering_change")]
async fn change(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
    if_match: IfMatch,
    body: Body<ChangeOfferingBody>,
) -> Result<Ok200<OwnOfferingView>, Problem> {
    let change = body.data.read()?;
    let (now, admin) = (state.clock.now(), principal.user_id.into());
    let work = async |tx: &mut Conn| {
        require_admin(tx, principal).await?;
        let vendor = vendor_of(tx, id.0).await?;
        let seen = catalog::find_own_offering(tx, vendor, id.0).await?;
        if_match.check(seen.version)?;
        let changed = catalog::change_offering(tx, now, admin, vendor, id.0, seen.version, &change).await?;
        answer_own(&state, tx, now, changed).await
    };
    state.transact(work).await
}

/// Removes somebody's offering
///
/// Orders of it go on.
#[api_v2_operation(operation_id = "administer_offering_removal")]
async fn remove(state: AppState, principal: Principal, id: Id<OfferingId>) -> Result<NoContent, Problem> {
    let (now, admin) = (state.clock.now(), principal.user_id.into());
    let work = async |tx: &mut Conn| {
        require_admin(tx, principal).await?;
        let vendor = vendor_of(tx, id.0).await?;
        Ok(catalog::remove_offering(tx, now, admin, vendor, id.0).await?)
    };
    state.transact(work).await?;
    Ok(NoContent)
}

/// Removes somebody's post
///
/// Its images are then attached to nothing.
#[api_v2_operation(operation_id = "administer_post_removal")]
async fn take_down_post(state: AppState, principal: Principal, id: Id<PostId>) -> Result<NoContent, Problem> {
    let (now, admin) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        require_admin(tx, principal).await?;
        Ok(media::take_down_post(tx, now, admin, id.0).await?)
    };
    state.transact(work).await?;
    Ok(NoContent)
}

/// Hides an offering from the public
///
/// Its vendor still sees it, with the reason.
#[api_v2_operation(operation_id = "hide_offering")]
async fn hide(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
    body: Body<HideOfferingBody>,
) -> Result<Ok200<OwnOfferingView>, Problem> {
    let (now, admin) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        require_admin(tx, principal).await?;
        let offering = catalog::hide_offering(tx, now, admin, id.0, &body.data.reason).await?;
        answer_own(&state, tx, now, offering).await
    };
    state.transact(work).await
}

/// Shows a hidden offering again
#[api_v2_operation(operation_id = "unhide_offering")]
async fn unhide(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
) -> Result<Ok200<OwnOfferingView>, Problem> {
    let (now, admin) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        require_admin(tx, principal).await?;
        let offering = catalog::unhide_offering(tx, now, admin, id.0).await?;
        answer_own(&state, tx, now, offering).await
    };
    state.transact(work).await
}

/// Takes somebody's offering off sale for now
///
/// Its vendor may put it on sale again; to prevent that, hide it.
#[api_v2_operation(operation_id = "pause_offering_as_admin")]
async fn pause(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
) -> Result<Ok200<OwnOfferingView>, Problem> {
    let (now, admin) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        require_admin(tx, principal).await?;
        let vendor = vendor_of(tx, id.0).await?;
        let offering = catalog::pause_offering(tx, now, admin.into(), vendor, id.0).await?;
        answer_own(&state, tx, now, offering).await
    };
    state.transact(work).await
}
