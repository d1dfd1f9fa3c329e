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
const DESCRIPTION: &str = "The secret of a guest's cart, as the answer that began the cart gave it. Ignored when an \
                           access token is sent.";

/// The guest's token, where one was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CartToken(pub Option<GuestToken>);

impl CartToken {
    /// The token, where a request makes no sense without.
    pub fn required(self) -> Result<GuestToken, Problem> {
        self.0.ok_or_else(|| header::invalid(&TOKEN, InvalidCode::Required, "is required"))
    }
}

impl FromRequest for CartToken {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(header::single(request, &TOKEN).and_then(|token| match token {
            Some(token) if token.is_empty() || token.len() > 100 => {
                Err(header::invalid(&TOKEN, InvalidCode::Malformed, "is no cart's token"))
            }
            token => Ok(Self(token.map(|token| GuestToken(token.to_owned())))),
        }))
    }
}

impl Apiv2Schema for CartToken {}

impl OperationModifier for CartToken {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        header::document(op, "X-Cart-Token", false, DESCRIPTION);
    }
}
