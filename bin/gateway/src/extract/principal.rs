//! Who asks: the bearer of an access token.
//!
//! The token is read once per request, by the rate limiter or by the first extractor, and remembered with it.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::Header;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use actix_web_httpauth::headers::authorization::{Authorization, Bearer};
use chrono::{DateTime, Utc};
use kernel::{SessionId, UserId};
use paperclip::actix::{Apiv2Security, OperationModifier};
use paperclip::v2::models::{DefaultOperationRaw, SecurityScheme};
use paperclip::v2::schema::Apiv2Schema;

use crate::{AppState, Problem, ProblemKind};

/// Why a token was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenRefused {
    /// Not one of ours, or damaged.
    #[error("the access token is not valid")]
    Invalid,
    /// Ours, but its time is over.
    #[error("the access token has expired")]
    Expired,
}

/// Reads access tokens.
pub trait TokenVerifier: Send + Sync + fmt::Debug {
    /// Whose token it is, at the instant `now`.
    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Principal, TokenRefused>;
}

/// The person who asks. Displays as the principal of idempotency records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Principal {
    /// The account.
    pub user_id: UserId,
    /// The login.
    pub session: SessionId,
}

/// The person who asks, where strangers are welcome too. A bad token is refused all the same: its bearer believes to
/// be somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MaybePrincipal(pub Option<Principal>);

#[derive(Clone, Copy)]
struct Identified(Result<Option<Principal>, TokenRefused>);

/// Who asks, without an opinion on whether that is enough.
pub(crate) fn identify(request: &HttpRequest) -> Result<Option<Principal>, TokenRefused> {
    if let Some(known) = request.extensions().get::<Identified>() {
        return known.0;
    }
    let outcome = read(request);
    request.extensions_mut().insert(Identified(outcome));
    outcome
}

fn read(request: &HttpRequest) -> Result<Option<Principal>, TokenRefused> {
    if !request.headers().contains_key(actix_web::http::header::AUTHORIZATION) {
        return Ok(None);
    }
    let bearer = Authorization::<Bearer>::parse(request).map_err(|_other_scheme| TokenRefused::Invalid)?;
    let state = AppState::of(request).ok_or(TokenRefused::Invalid)?;
    state.verifier.verify(bearer.as_ref().token(), state.clock.now()).map(Some)
}

impl From<TokenRefused> for Problem {
    fn from(refused: TokenRefused) -> Self {
        let value = actix_web::http::header::HeaderValue::from_static("Bearer error=\"invalid_token\"");
        Self::new(ProblemKind::Unauthenticated)
            .detail(refused.to_string())
            .header(actix_web::http::header::WWW_AUTHENTICATE, value)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user:{}", self.user_id)
    }
}

impl FromRequest for Principal {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let stranger = || Problem::new(ProblemKind::Unauthenticated).detail("send an access token");
        ready(identify(request).map_err(Problem::from).and_then(|principal| principal.ok_or_else(stranger)))
    }
}

impl FromRequest for MaybePrincipal {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(identify(request).map(Self).map_err(Problem::from))
    }
}

/// The scheme as paperclip can say it; the post-processing turns it into HTTP bearer.
#[derive(Apiv2Security)]
#[openapi(apiKey, alias = "bearer", in = "header", name = "Authorization")]
struct BearerScheme;

impl Apiv2Schema for Principal {}

impl OperationModifier for Principal {
    fn update_security(op: &mut DefaultOperationRaw) {
        BearerScheme::update_security(op);
    }

    fn update_security_definitions(map: &mut std::collections::BTreeMap<String, SecurityScheme>) {
        BearerScheme::update_security_definitions(map);
    }
}

impl Apiv2Schema for MaybePrincipal {}

impl OperationModifier for MaybePrincipal {
    fn update_security(op: &mut DefaultOperationRaw) {
        // An empty requirement among several makes them optional.
        op.security.push(std::collections::BTreeMap::new());
        BearerScheme::update_security(op);
    }

    fn update_security_definitions(map: &mut std::collections::BTreeMap<String, SecurityScheme>) {
        BearerScheme::update_security_definitions(map);
    }
}
