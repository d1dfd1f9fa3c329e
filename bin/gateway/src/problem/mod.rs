//! Problems: every refusal and failure that leaves the gateway, as RFC 9457's `application/problem+json`.
//!
//! A handler returns `Result<_, Problem>`. Domain errors become problems in [`map`], one exhaustive match each; what
//! actix itself refuses passes through the rejections middleware, so that a caller meets one shape only.

mod kinds;
mod map;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use paperclip::actix::Apiv2Schema;
use paperclip::v2::models::DefaultSchemaRaw;
use paperclip::v2::schema::Apiv2Errors;
use serde::Serialize;
use serde_json::{Map, Value};

pub use kinds::{ProblemKind, Spec, render_markdown};

/// The media type of every answer that is not a success.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A refusal or failure on its way to the caller.
#[derive(Debug)]
pub struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ProblemKind,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldProblem>,
    extra: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What is wrong with one field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Apiv2Schema)]
pub struct FieldProblem {
    /// Where: a JSON pointer into the body (`/price/amount`), or `query/<name>`, `path/<name>`, `header/<name>`.
    pub pointer: String,
    /// For programs. One of `required`, `too_short`, `too_long`, `too_small`, `too_large`, `malformed`, `not_allowed` or
    /// `unknown`.
    pub code: String,
    /// For people.
    pub message: String,
}

/// A problem as RFC 9457 writes it. Some kinds have further members.
#[derive(Debug, Serialize, Apiv2Schema)]
#[openapi(rename = "Problem")]
struct ProblemBody {
    /// The kind's URI, relative to the server.
    #[serde(rename = "type")]
    type_uri: String,
    /// The kind in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// This occurrence in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The kind, for programs.
    code: String,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FieldProblem>>,
    /// The request, as the server's logs know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Problem {
    /// A problem of a kind, with nothing more to say.
    #[must_use]
    pub fn new(kind: ProblemKind) -> Self {
        let inner = Inner { kind, detail: None, errors: Vec::new(), extra: Map::new(), headers: Vec::new() };
        Self(Box::new(inner)).with_usual_headers()
    }

    /// Nothing here, or nothing that the caller may know of. `what` is the thing in words, such as `listing`.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(ProblemKind::NotFound).detail(format!("there is no such {what}"))
    }

    /// A failure that is ours. Logs `error` with its causes, once; the caller learns only the request's id.
    #[must_use]
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = chain(error), "a request failed");
        Self::new(ProblemKind::Internal)
    }

    /// A parameter of the query that cannot be used.
    #[must_use]
    pub fn parameter(name: &str, code: kernel::InvalidCode, message: impl Into<String>) -> Self {
        Self::new(ProblemKind::InvalidParameter).field(format!("query/{name}"), code.as_str(), message)
    }

    /// Refused input that came in the query rather than the body: `query/<field>` instead of `/<field>`, and 400.
    #[must_use]
    pub fn in_query(invalid: kernel::Invalid) -> Self {
        let problem = Self::new(ProblemKind::InvalidParameter).detail(invalid.to_string());
        invalid.fields.into_iter().fold(problem, |problem, (field, error)| {
            problem.field(format!("query/{field}"), error.code.as_str(), error.message)
        })
    }

    /// Says what happened this time: lowercase, without a full stop.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Names a field that is wrong.
    #[must_use]
    pub fn field(mut self, pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        let error = FieldProblem { pointer: pointer.into(), code: code.to_owned(), message: message.into() };
        self.0.errors.push(error);
        self
    }

    /// Adds a member of the kind's own, such as `available`. What does not serialize is left out.
    #[must_use]
    pub fn extra(mut self, member: &str, value: impl Serialize) -> Self {
        // What is not known is absent, as everywhere.
        if let Ok(value) = serde_json::to_value(value)
            && !value.is_null()
        {
            self.0.extra.insert(member.to_owned(), value);
        }
        self
    }

    /// Adds or replaces a header of the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.retain(|(other, _)| *other != name);
        self.0.headers.push((name, value));
        self
    }

    /// Says after how many seconds it is worth trying again.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        self.0.kind
    }

    /// The fields that are wrong.
    #[must_use]
    pub fn errors(&self) -> &[FieldProblem] {
        &self.0.errors
    }

    fn with_usual_headers(self) -> Self {
        match self.0.kind {
            // RFC 9110, section 15.5.2: a 401 says how to authenticate.
            kind if kind.status() == StatusCode::UNAUTHORIZED => {
                self.header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            ProblemKind::Busy | ProblemKind::RequestInFlight | ProblemKind::Timeout => self.retry_after(1),
            _ => self,
        }
    }

    fn body(&self) -> Value {
        let inner = &self.0;
        let body = ProblemBody {
            type_uri: inner.kind.type_uri(),
            title: inner.kind.spec().title.to_owned(),
            status: inner.kind.spec().status,
            detail: inner.detail.as_deref().map(ToOwned::to_owned),
            code: inner.kind.code(),
            errors: (!inner.errors.is_empty()).then(|| inner.errors.clone()),
            request_id: outbox::current_request_id(),
        };
        let mut body = serde_json::to_value(body).unwrap_or_default();
        if let Some(members) = body.as_object_mut() {
            for (member, value) in &inner.extra {
                members.entry(member.clone()).or_insert_with(|| value.clone());
            }
        }
        body
    }
}

impl From<ProblemKind> for Problem {
    fn from(kind: ProblemKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind.spec().slug)?;
        self.0.detail.as_ref().map_or(Ok(()), |detail| write!(f, ": {detail}"))
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        for (name, value) in &self.0.headers {
            answer.insert_header((name.clone(), value.clone()));
        }
        answer.content_type(MEDIA_TYPE).body(self.body().to_string())
    }
}

impl Apiv2Errors for Problem {
    // The responses themselves are written by the post-processing, which knows what each operation can refuse.
    fn update_definitions(map: &mut BTreeMap<String, DefaultSchemaRaw>) {
        crate::openapi::define::<ProblemBody>(map);
    }
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
