//! Users, as the platform's admins see and change them.

use accounts::{AccountStatus, Role, UserFilter};
use db::Conn;
use kernel::{InvalidCode, UserId};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};

use super::me::UserView;
use crate::extract::{Id, IdAndName, Params, Principal};
use crate::wire::{PageView, Paging};
use crate::{AppState, NoContent, Ok200, Problem};

/// Which users, and how many.
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct UserParams {
    /// Only those whose email address begins so, in any capitals.
    email: Option<String>,
    /// Only those with this role. One of `customer`, `vendor`, `rider` or `admin`.
    role: Option<String>,
    /// Only such accounts. One of `active` or `disabled`.
    status: Option<String>,
    /// 1 to 100, 24 unless asked.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/admin/users").route(web::get().to(list)))
        .service(web::resource("/api/v1/admin/users/{id}").route(web::get().to(show)))
        .service(web::resource("/api/v1/admin/users/{id}/disable").route(web::post().to(disable)))
        .service(web::resource("/api/v1/admin/users/{id}/enable").route(web::post().to(enable)))
        .service(
            web::resource("/api/v1/admin/users/{id}/roles/{role}")
                .route(web::post().to(grant))
                .route(web::delete().to(revoke)),
        );
}

/// Users, newest first
///
/// For admins.
#[api_v2_operation(operation_id = "list_users")]
async fn list(
    state: AppState,
    principal: Principal,
    params: Params<UserParams>,
) -> Result<Ok200<PageView<UserView>>, Problem> {
    let paging = Paging::read(&state.cursors, "admin/users", &params.0)?;
    let filter = params.0.filter()?;
    let mut conn = state.conn().await?;
    accounts::require_admin(&mut conn, principal.user_id).await?;
    let page = accounts::list_users(&mut conn, &filter, paging.after, paging.limit).await?;
    Ok(Ok200::new(paging.view(page, UserView::from)?))
}

/// A user
///
/// For admins.
#[api_v2_operation(operation_id = "show_user")]
async fn show(state: AppState, principal: Principal, id: Id<UserId>) -> Result<Ok200<UserView>, Problem> {
    let mut conn = state.conn().await?;
    accounts::require_admin(&mut conn, principal.user_id).await?;
    Ok(Ok200::new(accounts::find_account(&mut conn, id.0).await?.into()))
}

/// Closes an account and ends its sessions
///
/// For admins. The last active admin cannot be closed out. An access token that was issued before stays good until it
/// expires, up to 15 minutes; an admin's rights end at once.
///
/// Problems: `last_admin`.
#[api_v2_operation(operation_id = "disable_user")]
async fn disable(state: AppState, principal: Principal, id: Id<UserId>) -> Result<Ok200<UserView>, Problem> {
    let (admin, now) = (principal.user_id, state.clock.now());
    let work = async |tx: &mut Conn| {
        accounts::require_admin(tx, admin).await?;
        Ok(accounts::disable_account(tx, now, admin.into(), id.0).await?)
    };
    Ok(Ok200::new(state.transact(work).await?.into()))
}

/// Opens a closed account
///
/// For admins.
#[api_v2_operation(operation_id = "enable_user")]
async fn enable(state: AppState, principal: Principal, id: Id<UserId>) -> Result<Ok200<UserView>, Problem> {
    let (admin, now) = (principal.user_id, state.clock.now());
    let work = async |tx: &mut Conn| {
        accounts::require_admin(tx, admin).await?;
        Ok(accounts::enable_account(tx, now, admin.into(), id.0).await?)
    };
    Ok(Ok200::new(state.transact(work).await?.into()))
}

/// Grants a role
///
/// For admins. Granting it again changes nothing.
#[api_v2_operation(operation_id = "grant_role")]
async fn grant(
    state: AppState,
    principal: Principal,
    path: IdAndName<UserId>,
) -> Result<Ok200<UserView>, Problem> {
    let (admin, now) = (principal.user_id, state.clock.now());
    let role = role(&path.1)?;
    let work = async |tx: &mut Conn| {
        accounts::require_admin(tx, admin).await?;
        accounts::grant_role(tx, now, admin.into(), path.0, role).await?;
        Ok(accounts::find_account(tx, path.0).await?)
    };
    Ok(Ok200::new(state.transact(work).await?.into()))
}

/// Takes a role away
///
/// For admins. The last active admin stays one.
///
/// Problems: `last_admin`.
#[api_v2_operation(operation_id = "revoke_role")]
async fn revoke(
    state: AppState,
    principal: Principal,
    path: IdAndName<UserId>,
) -> Result<NoContent, Problem> {
    let (admin, now) = (principal.user_id, state.clock.now());
    let role = role(&path.1)?;
    let work = async |tx: &mut Conn| {
        accounts::require_admin(tx, admin).await?;
        Ok(accounts::revoke_role(tx, now, admin.into(), path.0, role).await?)
    };
    state.transact(work).await?;
    Ok(NoContent)
}

fn role(name: &str) -> Result<Role, Problem> {
    Role::parse(name).map_err(|_unknown| Problem::not_found("role"))
}

impl UserParams {
    fn filter(&self) -> Result<UserFilter, Problem> {
        let role = self.role.as_deref().map(Role::parse).transpose();
        let unknown = || Problem::parameter("status", InvalidCode::Unknown, "must be active or disabled");
        let status = |name: &str| AccountStatus::from_name(name).ok_or_else(unknown);
        Ok(UserFilter {
            email_prefix: self
                .email
                .as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(ToOwned::to_owned),
            role: role.map_err(|error| Problem::in_query(error.at("role")))?,
            status: self.status.as_deref().map(status).transpose()?,
        })
    }
}
