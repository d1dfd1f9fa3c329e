//! The caller's own account.

use accounts::{Account, AccountsError, ChangePassword, Me, Password, ProfileChanges};
use actix_web::http::header::ETAG;
use chrono::{DateTime, Utc};
use db::Conn;
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::addresses::AddressView;
use super::vendors::{self, OwnVendorView};
use crate::extract::{Body, IfMatch, IfNoneMatch, Principal, etag_of};
use crate::wire::Patch;
use crate::{AppState, NoContent, Ok200, Problem, ProblemKind};

/// Somebody with an account, as they and the platform's admins see it.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct UserView {
    /// The user's id.
    pub id: Uuid,
    /// As it was typed.
    pub email: String,
    /// Whether the address was shown to be theirs, by a link that was mailed to it.
    pub email_verified: bool,
    /// What others see.
    pub display_name: String,
    /// As it was typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// One of `active` or `disabled`.
    pub status: String,
    /// Any of `customer`, `vendor`, `rider`, `admin`.
    pub roles: Vec<String>,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When the account last changed.
    pub updated_at: DateTime<Utc>,
}

/// Everything the platform knows the caller by.
#[derive(Debug, Serialize, Apiv2Schema)]
struct MeView {
    /// The account.
    user: UserView,
    /// The storefront, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<OwnVendorView>,
    /// Where the caller is, as far as reach is concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_address: Option<AddressView>,
}

/// What to change about oneself.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ChangeMeBody {
    /// 1 to 80 characters.
    display_name: Option<String>,
    /// A telephone number of 7 to 15 digits, at most 32 characters; null removes it (nullable).
    #[serde(default)]
    phone: Patch<String>,
}

/// A new password.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ChangePasswordBody {
    /// As it is.
    current_password: String,
    /// 10 to 128 characters, and none that everybody tries first.
    new_password: String,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/me").route(web::get().to(show)).route(web::patch().to(change)))
        .service(web::resource("/api/v1/me/password").route(web::post().to(change_password)));
}

/// The caller's account, storefront and primary address
#[api_v2_operation(operation_id = "show_me")]
async fn show(state: AppState, principal: Principal, _have: IfNoneMatch) -> Result<Ok200<MeView>, Problem> {
    let mut conn = state.conn().await?;
    let me = accounts::find_me(&mut conn, principal.user_id).await?;
    answer(&state, &mut conn, me).await
}

/// Changes the caller's name or telephone number
#[api_v2_operation(operation_id = "change_me")]
async fn change(
    state: AppState,
    principal: Principal,
    if_match: IfMatch,
    body: Body<ChangeMeBody>,
) -> Result<Ok200<MeView>, Problem> {
    let ChangeMeBody { display_name, phone } = body.data;
    let changes = ProfileChanges { display_name: display_name.into(), phone: phone.into() };
    let (user, now) = (principal.user_id, state.clock.now());
    let work = async |tx: &mut Conn| {
        let version = accounts::find_account(tx, user).await?.user.version;
        if_match.check(version)?;
        accounts::change_profile(tx, now, user, version, changes).await?;
        let me = accounts::find_me(tx, user).await?;
        answer(&state, tx, me).await
    };
    state.transact(work).await
}

/// Replaces the caller's password
///
/// Ends every other session of the caller's.
///
/// Problems: `too_many_attempts`.
#[api_v2_operation(operation_id = "change_password")]
async fn change_password(
    state: AppState,
    principal: Principal,
    body: Body<ChangePasswordBody>,
) -> Result<NoContent, Problem> {
    let request = ChangePassword {
        user_id: principal.user_id,
        session_id: principal.session,
        current: Password::new(body.data.current_password),
        new: Password::new(body.data.new_password),
    };
    let outcome = accounts::change_password(&state.database, &state.hasher, state.clock.now(), request).await;
    outcome.map_err(|error| match error {
        // The token is good, so this is no 401: a client would take it for a reason to log in again.
        AccountsError::WrongCredentials => Problem::new(ProblemKind::InvalidInput)
            .detail("the current password is another")
            .field("/current_password", "not_allowed", "is not the password"),
        other => other.into(),
    })?;
    state.runner.wake();
    Ok(NoContent)
}

async fn answer(state: &AppState, conn: &mut Conn, me: Me) -> Result<Ok200<MeView>, Problem> {
    let version = me.account.user.version;
    let vendor = match me.vendor {
        Some(profile) => {
            let pictures = vendors::pictures(state, conn, profile.user_id).await?;
            Some(OwnVendorView::new(profile, pictures))
        }
        None => None,
    };
    let view = MeView {
        user: me.account.into(),
        vendor,
        primary_address: me.primary_address.map(AddressView::from),
    };
    let tag = etag_of(version, &view);
    Ok(Ok200::new(view).with(&ETAG, tag))
}

impl From<Account> for UserView {
    fn from(account: Account) -> Self {
        let user = account.user;
        Self {
            id: user.id.0,
            email: user.email,
            email_verified: user.email_verified_at.is_some(),
            display_name: user.display_name,
            phone: user.phone,
            status: user.status.as_str().to_owned(),
            roles: account.roles.into_iter().map(|role| role.as_str().to_owned()).collect(),
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}
