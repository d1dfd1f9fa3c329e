//! What handlers return when all went well: JSON with a status, perhaps an entity tag and a location.

use std::collections::BTreeMap;

use actix_web::body::BoxBody;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
use outbox::StoredAnswer;
use paperclip::actix::OperationModifier;
use paperclip::v2::models::{DefaultOperationRaw, DefaultSchemaRaw, Either, Response};
use paperclip::v2::schema::Apiv2Schema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Problem;
use crate::extract::{etag, is_among};
use crate::openapi::define;

/// Marks an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A view with a status.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer<T, const STATUS: u16> {
    content: Content<T>,
    headers: Map<String, Value>,
}

/// 200 with a view.
pub type Ok200<T> = Answer<T, 200>;
/// 201 with a view of what was made; say where it is with [`Answer::location`].
pub type Created<T> = Answer<T, 201>;
/// 202 with a view of what was begun.
pub type Accepted<T> = Answer<T, 202>;

#[derive(Clone, PartialEq, Debug)]
enum Content<T> {
    View(T),
    /// The bytes that an idempotency record holds; the flag says whether they were given before.
    Stored(StoredAnswer, bool),
}

impl<T, const STATUS: u16> Answer<T, STATUS> {
    /// An answer with a view.
    #[must_use]
    pub fn new(view: T) -> Self {
        Self { content: Content::View(view), headers: Map::new() }
    }

    /// Adds the entity tag of the version that the view shows. A GET whose `If-None-Match` names it becomes a 304.
    #[must_use]
    pub fn etag(self, version: impl Into<i64>) -> Self {
        self.with(&header::ETAG, etag(version))
    }

    /// Says where the thing is: a path from the root.
    #[must_use]
    pub fn location(self, path: impl Into<String>) -> Self {
        self.with(&header::LOCATION, path.into())
    }

    /// Adds a header, which an idempotency record keeps too.
    #[must_use]
    pub fn with(mut self, name: &HeaderName, value: String) -> Self {
        self.headers.insert(name.as_str().to_owned(), Value::String(value));
        self
    }

    pub(crate) fn replayed(stored: StoredAnswer) -> Self {
        Self { content: Content::Stored(stored, true), headers: Map::new() }
    }

    pub(crate) fn stored(stored: StoredAnswer) -> Self {
        Self { content: Content::Stored(stored, false), headers: Map::new() }
    }
}

impl<T: Serialize, const STATUS: u16> Answer<T, STATUS> {
    /// The answer as an idempotency record keeps it.
    pub(crate) fn into_stored(self) -> Result<StoredAnswer, Problem> {
        match self.content {
            Content::Stored(stored, _) => Ok(stored),
            Content::View(view) => {
                let body = serde_json::to_vec(&view).map_err(|error| Problem::internal(&error))?;
                Ok(StoredAnswer { status: STATUS, headers: Value::Object(self.headers), body })
            }
        }
    }

    /// Adds a secret to a view that is an object, after the idempotency record was written: none is kept there. `secret`
    /// is made anew of what the view says, for a repeated request as well.
    pub(crate) fn with_secret<V: DeserializeOwned>(
        self,
        member: &str,
        secret: impl FnOnce(V) -> String,
    ) -> Result<Self, Problem> {
        let replayed = matches!(self.content, Content::Stored(_, true));
        let mut stored = self.into_stored()?;
        let said = serde_json::from_slice(&stored.body).map_err(|error| Problem::internal(&error))?;
        let added = serde_json::to_vec(&Map::from_iter([(member.to_owned(), Value::String(secret(said)))]))
            .map_err(|error| Problem::internal(&error))?;
        let rest = stored.body.strip_prefix(b"{").unwrap_or_default();
        let added = added.strip_suffix(b"}").unwrap_or_default();
        stored.body = [added, b",", rest].concat();
        Ok(Self { content: Content::Stored(stored, replayed), headers: Map::new() })
    }

    fn render(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        let replayed = matches!(self.content, Content::Stored(_, true));
        let stored = self.into_stored()?;
        let status = StatusCode::from_u16(stored.status).map_err(|error| Problem::internal(&error))?;
        let tag = stored.headers.get(header::ETAG.as_str()).and_then(Value::as_str);
        let read = matches!(*request.method(), Method::GET | Method::HEAD);
        let current = read && tag.is_some_and(|tag| is_among(request.headers(), tag));
        let mut answer = HttpResponse::build(if current { StatusCode::NOT_MODIFIED } else { status });
        for (name, value) in stored.headers.as_object().into_iter().flatten() {
            if let Some(value) = value.as_str() {
                answer.insert_header((name.as_str(), value));
            }
        }
        if stored.headers.get(header::CACHE_CONTROL.as_str()).is_none() {
            // What one person sees is nobody else's, and is asked for again each time (cheaply, by its tag).
            answer.insert_header((header::CACHE_CONTROL, "private, no-cache"));
        }
        if replayed {
            answer.insert_header((REPLAYED, HeaderValue::from_static("true")));
        }
        if current {
            return Ok(answer.finish());
        }
        Ok(answer.content_type("application/json").body(stored.body))
    }
}

impl<T: Serialize, const STATUS: u16> Responder for Answer<T, STATUS> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        self.render(request).unwrap_or_else(|problem| problem.error_response())
    }
}

impl<T: Apiv2Schema, const STATUS: u16> Apiv2Schema for Answer<T, STATUS> {
    fn name() -> Option<String> {
        T::name()
    }

    fn raw_schema() -> DefaultSchemaRaw {
        T::raw_schema()
    }
}

impl<T: Apiv2Schema, const STATUS: u16> OperationModifier for Answer<T, STATUS> {
    fn update_response(op: &mut DefaultOperationRaw) {
        let mut schema = T::schema_with_ref();
        schema.retain_ref();
        document(op, STATUS, Some(schema));
    }

    fn update_definitions(definitions: &mut BTreeMap<String, DefaultSchemaRaw>) {
        define::<T>(definitions);
    }
}

/// 204: done, and there is nothing to show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoContent;

impl Responder for NoContent {
    type Body = BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}

impl Apiv2Schema for NoContent {}

impl OperationModifier for NoContent {
    fn update_response(op: &mut DefaultOperationRaw) {
        document(op, 204, None);
    }
}

fn document(op: &mut DefaultOperationRaw, status: u16, schema: Option<DefaultSchemaRaw>) {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let response = Response { description: reason.map(ToOwned::to_owned), schema, ..Response::default() };
    op.responses.insert(status.to_string(), Either::Right(response));
}
