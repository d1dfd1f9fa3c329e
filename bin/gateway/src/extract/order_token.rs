//! The secret that opens a guest's orders: a credential of its own beside the access token.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::InvalidCode;
use market::OrderToken;
use paperclip::actix::{Apiv2Security, OperationModifier};
use paperclip::v2::models::{DefaultOperationRaw, SecurityScheme};
use paperclip::v2::schema::Apiv2Schema;

use super::{Principal, header, identify};
use crate::{Problem, ProblemKind};

const TOKEN: HeaderName = HeaderName::from_static("x-order-token");

/// Who asks for an order: somebody with an account, or a guest with the order's token. The token is ignored when an
/// access token is sent. Displays as the principal of idempotency records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asker {
    /// Somebody with an account.
    Person(Principal),
    /// Whoever has this token.
    Guest(OrderToken),
}

/// Somebody with an account who has a guest's token, too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claimant {
    /// The account.
    pub principal: Principal,
    /// The token.
    pub token: OrderToken,
}

/// The scheme as paperclip can say it.
#[derive(Apiv2Security)]
#[openapi(apiKey, alias = "order_token", in = "header", name = "X-Order-Token")]
struct OrderTokenScheme;

/// A blank one is none. Whatever else it is, it opens what it opens: that a text can be no token is nobody's secret, and
/// the answer to it that of any token that opens nothing.
fn read(request: &HttpRequest) -> Result<Option<OrderToken>, Problem> {
    let token = header::single(request, &TOKEN)?.filter(|token| !token.is_empty());
    Ok(token.map(|token| OrderToken(token.to_owned())))
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(principal) => principal.fmt(f),
            Self::Guest(token) => write!(f, "order:{}", URL_SAFE_NO_PAD.encode(token.digest())),
        }
    }
}

impl FromRequest for Asker {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let read = || match identify(request)? {
            Some(principal) => Ok(Self::Person(principal)),
            None => read(request)?.map(Self::Guest).ok_or_else(|| {
                let detail = "send an access token, or the token of a guest's order";
                Problem::new(ProblemKind::Unauthenticated).detail(detail)
            }),
        };
        ready(read())
    }
}

impl FromRequest for Claimant {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let read = || {
            let stranger = || Problem::new(ProblemKind::Unauthenticated).detail("send an access token");
            let principal = identify(request)?.ok_or_else(stranger)?;
            let missing = || header::invalid(&TOKEN, InvalidCode::Required, "is required");
            Ok(Self { principal, token: read(request)?.ok_or_else(missing)? })
        };
        ready(read())
    }
}

impl Apiv2Schema for Asker {}

impl OperationModifier for Asker {
    fn update_security(op: &mut DefaultOperationRaw) {
        // Two requirements are alternatives.
        Principal::update_security(op);
        OrderTokenScheme::update_security(op);
    }

    fn update_security_definitions(map: &mut std::collections::BTreeMap<String, SecurityScheme>) {
        Principal::update_security_definitions(map);
        OrderTokenScheme::update_security_definitions(map);
    }
}

impl Apiv2Schema for Claimant {}

impl OperationModifier for Claimant {
    fn update_security(op: &mut DefaultOperationRaw) {
        // Two schemes in one requirement are needed together.
        let mut alone = DefaultOperationRaw::default();
        Asker::update_security(&mut alone);
        op.security.push(alone.security.into_iter().flatten().collect());
    }

    fn update_security_definitions(map: &mut std::collections::BTreeMap<String, SecurityScheme>) {
        Asker::update_security_definitions(map);
    }
}
