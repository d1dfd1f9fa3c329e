//! Registering, logging in and out, and the public keys that access tokens are verified with.

use accounts::{LogIn, Password, RefreshToken, Register, Session, SignedIn};
use actix_web::http::header::CACHE_CONTROL;
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::SessionId;
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::me::UserView;
use crate::extract::{Body, Id, Principal, UserAgent};
use crate::wire::PageView;
use crate::{Answer, AppState, Created, NoContent, Ok200, Problem};

/// Somebody who is logged in.
#[derive(Debug, Serialize, Apiv2Schema)]
struct SignedInView {
    /// Send it as `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds for which the access token can be used.
    expires_in: i64,
    /// Exchange it for a new pair before or after the access token expires. It works once, for 30 days; used twice, it
    /// ends the session.
    refresh_token: String,
    /// Who.
    user: UserView,
}

/// A session that is alive.
#[derive(Debug, Serialize, Apiv2Schema)]
struct SessionView {
    /// The session's id.
    id: Uuid,
    /// What the client called itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// When somebody logged in.
    created_at: DateTime<Utc>,
    /// When tokens were last issued.
    last_used_at: DateTime<Utc>,
    /// Whether it is the session of this very request.
    current: bool,
}

/// A set of public keys (RFC 7517).
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct JwkSetView {
    /// The keys.
    keys: Vec<JwkView>,
}

/// An Ed25519 public key (RFC 8037).
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct JwkView {
    /// `OKP`.
    kty: String,
    /// `Ed25519`.
    crv: String,
    /// The key in base64url.
    x: String,
    /// The key's name: its RFC 7638 thumbprint.
    kid: String,
    /// `EdDSA`.
    alg: String,
    /// `sig`.
    #[serde(rename = "use")]
    usage: String,
}

/// Somebody who wants an account.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct RegisterBody {
    /// An email address of at most 254 characters; unique, however it is capitalized.
    #[openapi(example = "robin@example.com")]
    email: String,
    /// 10 to 128 characters, and none that everybody tries first.
    #[openapi(example = "a kettle of fresh fish")]
    password: String,
    /// 1 to 80 characters.
    #[openapi(example = "Robin")]
    display_name: String,
    /// A telephone number of 7 to 15 digits, at most 32 characters.
    phone: Option<String>,
}

/// Somebody who wants to log in.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct LogInBody {
    /// In any capitals.
    #[openapi(example = "customer@demo.silkcart.example")]
    email: String,
    /// As it is.
    #[openapi(example = "silkcart-demo-2030")]
    password: String,
}

/// Somebody whose access token has expired.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct RefreshBody {
    /// The latest one.
    refresh_token: String,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/auth/register").route(web::post().to(register)))
        .service(web::resource("/api/v1/auth/login").route(web::post().to(log_in)))
        .service(web::resource("/api/v1/auth/refresh").route(web::post().to(refresh)))
        .service(web::resource("/api/v1/auth/logout").route(web::post().to(log_out)))
        .service(web::resource("/api/v1/auth/logout-everywhere").route(web::post().to(log_out_everywhere)))
        .service(web::resource("/api/v1/auth/sessions").route(web::get().to(list_sessions)))
        .service(web::resource("/api/v1/auth/sessions/{id}").route(web::delete().to(end_session)))
        .service(web::resource("/.well-known/jwks.json").route(web::get().to(jwks)));
}

/// Makes an account and logs it in
///
/// Takes no `Idempotency-Key`: the email address makes it happen once, and its answer holds secrets that are not kept.
///
/// Problems: `email_taken`.
#[api_v2_operation(operation_id = "register")]
async fn register(
    state: AppState,
    agent: UserAgent,
    body: Body<RegisterBody>,
) -> Result<Created<SignedInView>, Problem> {
    let RegisterBody { email, password, display_name, phone } = body.data;
    let password = Password::new(password);
    let request = Register { email, password, display_name, phone, user_agent: agent.0 };
    let now = state.clock.now();
    let signed_in = accounts::register(&state.database, &state.hasher, &state.signer, now, request).await?;
    state.runner.wake();
    Ok(secret(signed_in).location("/api/v1/me"))
}

/// Logs in
///
/// The answer does not tell, and its time does not either, whether an account exists. After five failures in a row an
/// email address has to wait, 1 s at first and up to 15 min.
///
/// Problems: `wrong_credentials`, `too_many_attempts`, `account_disabled`.
#[api_v2_operation(operation_id = "log_in")]
async fn log_in(
    state: AppState,
    agent: UserAgent,
    body: Body<LogInBody>,
) -> Result<Ok200<SignedInView>, Problem> {
    let LogInBody { email, password } = body.data;
    let request = LogIn { email, password: Password::new(password), user_agent: agent.0 };
    let now = state.clock.now();
    let signed_in = accounts::log_in(&state.database, &state.hasher, &state.signer, now, request).await?;
    Ok(secret(signed_in))
}

/// Exchanges a refresh token for a new pair
///
/// A refresh token works once. Used again, whoever uses it, it ends its session together with every token that came
/// from it.
///
/// Problems: `refresh_token_invalid`, `refresh_token_replayed`, `account_disabled`.
#[api_v2_operation(operation_id = "refresh_tokens")]
async fn refresh(state: AppState, body: Body<RefreshBody>) -> Result<Ok200<SignedInView>, Problem> {
    let token = RefreshToken::presented(body.data.refresh_token);
    let signed_in = accounts::refresh(&state.database, &state.signer, state.clock.now(), &token).await?;
    Ok(secret(signed_in))
}

/// Ends this session
///
/// Its refresh token is worth nothing from then on. An access token that was issued before stays good until it expires,
/// up to 15 minutes: forget it.
#[api_v2_operation(operation_id = "log_out")]
async fn log_out(state: AppState, principal: Principal) -> Result<NoContent, Problem> {
    let now = state.clock.now();
    let work =
        async |tx: &mut Conn| Ok(accounts::log_out(tx, now, principal.user_id, principal.session).await?);
    state.transact(work).await?;
    Ok(NoContent)
}

/// Ends every session of the caller's, this one included
///
/// No refresh token is worth anything from then on. Access tokens that were issued before stay good until they expire,
/// up to 15 minutes.
#[api_v2_operation(operation_id = "log_out_everywhere")]
async fn log_out_everywhere(state: AppState, principal: Principal) -> Result<NoContent, Problem> {
    let now = state.clock.now();
    let work = async |tx: &mut Conn| Ok(accounts::log_out_everywhere(tx, now, principal.user_id).await?);
    state.transact(work).await?;
    Ok(NoContent)
}

/// The caller's sessions that are alive, newest first
#[api_v2_operation(operation_id = "list_sessions")]
async fn list_sessions(
    state: AppState,
    principal: Principal,
) -> Result<Ok200<PageView<SessionView>>, Problem> {
    let mut conn = state.conn().await?;
    let sessions = accounts::list_sessions(&mut conn, state.clock.now(), principal.user_id).await?;
    let view = |session| SessionView::of(session, principal.session);
    Ok(Ok200::new(PageView { items: sessions.into_iter().map(view).collect(), next_cursor: None }))
}

/// Ends one of the caller's sessions
///
/// Its refresh token is worth nothing from then on. An access token that was issued before stays good until it expires,
/// up to 15 minutes.
#[api_v2_operation(operation_id = "end_session")]
async fn end_session(state: AppState, principal: Principal, id: Id<SessionId>) -> Result<NoContent, Problem> {
    let now = state.clock.now();
    let work = async |tx: &mut Conn| Ok(accounts::revoke_session(tx, now, principal.user_id, id.0).await?);
    state.transact(work).await?;
    Ok(NoContent)
}

/// The public keys of access tokens
#[api_v2_operation(operation_id = "list_public_keys", tags(auth))]
async fn jwks(state: AppState) -> Result<Ok200<JwkSetView>, Problem> {
    let keys = serde_json::from_value(state.signer.jwks()).map_err(|error| Problem::internal(&error))?;
    Ok(Ok200::new(keys).with(&CACHE_CONTROL, "public, max-age=300".to_owned()))
}

/// An answer that holds secrets: RFC 6749, section 5.1, forbids to store it.
fn secret<const STATUS: u16>(signed_in: SignedIn) -> Answer<SignedInView, STATUS> {
    Answer::new(SignedInView::from(signed_in)).with(&CACHE_CONTROL, "no-store".to_owned())
}

impl From<SignedIn> for SignedInView {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.access.token,
            token_type: "Bearer",
            expires_in: signed_in.access.expires_in.num_seconds(),
            refresh_token: signed_in.refresh.expose().to_owned(),
            user: signed_in.account.into(),
        }
    }
}

impl SessionView {
    fn of(session: Session, current: SessionId) -> Self {
        Self {
            id: session.id.0,
            user_agent: session.user_agent,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            current: session.id == current,
        }
    }
}
