//! What the client calls itself.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest};
use paperclip::actix::OperationModifier;
use paperclip::v2::schema::Apiv2Schema;

/// The `User-Agent` header; none where there is none, or none that is text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserAgent(pub Option<String>);

impl FromRequest for UserAgent {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let text = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        ready(Ok(Self(text.map(ToOwned::to_owned))))
    }
}

impl Apiv2Schema for UserAgent {}

impl OperationModifier for UserAgent {}
