//! The variable segments of a path. An id that is not even well-formed names nothing: 404, as for any other id that
//! does not exist.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Path;
use actix_web::{FromRequest, HttpRequest};
use paperclip::actix::OperationModifier;
use paperclip::v2::models::{DefaultOperationRaw, DefaultSchemaRaw};
use paperclip::v2::schema::Apiv2Schema;
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use crate::Problem;

/// The one id of a path, such as `/api/v1/plants/{id}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Id<T>(pub T);

/// The two ids of a path, such as `/api/v1/plants/{id}/photos/{photo_id}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ids<A, B>(pub A, pub B);

/// The id and the name of a path, such as `/api/v1/admin/users/{id}/roles/{role}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdAndName<T>(pub T, pub String);

/// The one segment of a path that is text, such as a slug; decoded, UTF-8, without control characters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment(pub String);

impl<T: From<Uuid>> FromRequest for Id<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(id_at(request, 0).map(Self))
    }
}

impl<A: From<Uuid>, B: From<Uuid>> FromRequest for Ids<A, B> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(id_at(request, 0).and_then(|first| Ok(Self(first, id_at(request, 1)?))))
    }
}

impl FromRequest for Segment {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(text_at(request, 0).map(Self))
    }
}

impl<T: From<Uuid>> FromRequest for IdAndName<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(id_at(request, 0).and_then(|id| Ok(Self(id, text_at(request, 1)?))))
    }
}

fn text_at(request: &HttpRequest, position: usize) -> Result<String, Problem> {
    let text = request.match_info().iter().nth(position).and_then(|(_, raw)| {
        let text = percent_decode_str(raw).decode_utf8().ok()?;
        (!text.contains(char::is_control)).then(|| text.into_owned())
    });
    text.ok_or_else(|| Problem::not_found("resource"))
}

fn id_at<T: From<Uuid>>(request: &HttpRequest, position: usize) -> Result<T, Problem> {
    // Only the usual spelling: the parser's other ones would give one thing several addresses.
    let hyphenated = |text: &str| (text.len() == 36).then(|| text.parse::<Uuid>().ok()).flatten();
    let segment = request.match_info().iter().nth(position);
    segment.and_then(|(_, text)| hyphenated(text)).map(T::from).ok_or_else(|| Problem::not_found("resource"))
}

impl<T> Apiv2Schema for Id<T> {}

impl<T> OperationModifier for Id<T> {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        Path::<Uuid>::update_parameter(op);
    }

    fn update_definitions(_map: &mut std::collections::BTreeMap<String, DefaultSchemaRaw>) {}
}

impl<A, B> Apiv2Schema for Ids<A, B> {}

impl<A, B> OperationModifier for Ids<A, B> {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        Path::<Uuid>::update_parameter(op);
        Path::<Uuid>::update_parameter(op);
    }

    fn update_definitions(_map: &mut std::collections::BTreeMap<String, DefaultSchemaRaw>) {}
}

impl<T> Apiv2Schema for IdAndName<T> {}

impl<T> OperationModifier for IdAndName<T> {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        Path::<Uuid>::update_parameter(op);
        Path::<String>::update_parameter(op);
    }

    fn update_definitions(_map: &mut std::collections::BTreeMap<String, DefaultSchemaRaw>) {}
}

impl Apiv2Schema for Segment {}

impl OperationModifier for Segment {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        Path::<String>::update_parameter(op);
    }

    fn update_definitions(_map: &mut std::collections::BTreeMap<String, DefaultSchemaRaw>) {}
}
