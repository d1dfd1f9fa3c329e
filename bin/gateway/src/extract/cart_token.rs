//! The secret that opens a guest's cart.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};
use kernel::InvalidCode;
use market::GuestToken;
use paperclip::actix::OperationModifier;
use paperclip::v2::models::DefaultOperationRaw;
use paperclip::v2::schema::Apiv2Schema;

use super::header;
use crate::Problem;

const TOKEN: HeaderName = HeaderName::from_static("x-cart-token");
const NEEDED: &str = "The secret of the guest's cart, as the answer that began the cart gave it.";
const DESCRIPTION: &str = "The secret of a guest's cart, as the answer that began the cart gave it. Ignored when an \
                           access token is sent.";

/// The guest's token, where one was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CartToken(pub Option<GuestToken>);

/// The guest's token, where a request makes no sense without.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequiredCartToken(pub GuestToken);

fn read(request: &HttpRequest) -> Result<Option<GuestToken>, Problem> {
    match header::single(request, &TOKEN)? {
        Some(token) if !(1..=100).contains(&token.len()) || !token.bytes().all(|b| b.is_ascii_graphic()) => {
            Err(header::invalid(&TOKEN, InvalidCode::Malformed, "is no cart's token"))
        }
        token => Ok(token.map(|token| GuestToken(token.to_owned()))),
    }
}

impl FromRequest for CartToken {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(read(request).map(Self))
    }
}

impl FromRequest for RequiredCartToken {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let missing = || header::invalid(&TOKEN, InvalidCode::Required, "is required");
        ready(read(request).and_then(|token| token.ok_or_else(missing)).map(Self))
    }
}

impl Apiv2Schema for CartToken {}

impl OperationModifier for CartToken {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        header::document(op, "X-Cart-Token", false, DESCRIPTION);
    }
}

impl Apiv2Schema for RequiredCartToken {}

impl OperationModifier for RequiredCartToken {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        header::document(op, "X-Cart-Token", true, NEEDED);
    }
}
