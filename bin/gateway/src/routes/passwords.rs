//! Links by mail: a new password for whoever has forgotten theirs, and showing that an address is one's own.

use accounts::{Password, ResetPassword};
use db::Conn;
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};

use crate::extract::{Body, Principal};
use crate::{Accepted, AppState, NoContent, Problem};

/// What was asked for.
#[derive(Debug, Serialize, Apiv2Schema)]
struct MailRequestedView {
    /// Always `requested`.
    status: &'static str,
}

/// Somebody who has forgotten their password.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct RequestPasswordResetBody {
    /// An email address of at most 254 characters, in any capitals.
    #[openapi(example = "robin@example.com")]
    email: String,
}

/// Somebody who has followed the link in the mail.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ResetPasswordBody {
    /// The `token` of the link.
    token: String,
    /// 10 to 128 characters, and none that everybody tries first.
    #[openapi(example = "a kettle of fresh fish")]
    new_password: String,
}

/// Somebody who has followed the link in the mail.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct VerifyEmailBody {
    /// The `token` of the link.
    token: String,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/auth/password-reset").route(web::post().to(request_reset)))
        .service(web::resource("/api/v1/auth/password-reset/confirm").route(web::post().to(reset)))
        .service(web::resource("/api/v1/auth/verify-email").route(web::post().to(verify)))
        .service(web::resource("/api/v1/me/verify-email").route(web::post().to(request_verification)));
}

/// Mails a link to a new password
///
/// The answer does not tell, and its time does not either, whether an account exists: where there is none, no mail is
/// sent. The link works once and for an hour; a newer one voids it. Whoever asks again within a minute is served by the
/// link that is on its way.
#[api_v2_operation(operation_id = "request_password_reset")]
async fn request_reset(
    state: AppState,
    body: Body<RequestPasswordResetBody>,
) -> Result<Accepted<MailRequestedView>, Problem> {
    let now = state.clock.now();
    let work = async |tx: &mut Conn| Ok(accounts::request_password_reset(tx, now, &body.data.email).await?);
    state.transact(work).await?;
    Ok(Accepted::new(MailRequestedView { status: "requested" }))
}

/// Sets a new password by the link in the mail
///
/// Ends every session of the account, lifts the wait after failed logins, and counts the email address as verified. Log
/// in afterwards.
///
/// Problems: `mailed_link_invalid`.
#[api_v2_operation(operation_id = "reset_password")]
async fn reset(state: AppState, body: Body<ResetPasswordBody>) -> Result<NoContent, Problem> {
    let ResetPasswordBody { token, new_password } = body.data;
    let request = ResetPassword { token, new: Password::new(new_password) };
    let (key, now) = (&state.link_keys.proofs, state.clock.now());
    accounts::reset_password(&state.database, &state.hasher, key, now, request).await?;
    state.runner.wake();
    Ok(NoContent)
}

/// Shows by the link in the mail that an email address is its owner's
///
/// The link works once and for three days; a newer one voids it.
///
/// Problems: `mailed_link_invalid`.
#[api_v2_operation(operation_id = "verify_email")]
async fn verify(state: AppState, body: Body<VerifyEmailBody>) -> Result<NoContent, Problem> {
    let now = state.clock.now();
    let key = &state.link_keys.proofs;
    let work = async |tx: &mut Conn| Ok(accounts::verify_email(tx, now, key, &body.data.token).await?);
    state.transact(work).await?;
    Ok(NoContent)
}

/// Mails the link once more that shows the caller's email address to be theirs
///
/// Whoever asks again within a minute is served by the link that is on its way.
///
/// Problems: `email_verified`.
#[api_v2_operation(operation_id = "request_email_verification")]
async fn request_verification(
    state: AppState,
    principal: Principal,
) -> Result<Accepted<MailRequestedView>, Problem> {
    let now = state.clock.now();
    let work = async |tx: &mut Conn| Ok(accounts::request_verification(tx, now, principal.user_id).await?);
    state.transact(work).await?;
    Ok(Accepted::new(MailRequestedView { status: "requested" }))
}
