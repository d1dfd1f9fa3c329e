//! Where a request comes from, to follow it by.
//!
//! Every request has an id: the caller's `X-Request-Id` where it is sane, else one of ours. It stands in the answer, in
//! problems, in logs, and in the jobs and events that the request causes. And it is a piece of work in a trace: the
//! caller's (`traceparent`), else one of its own.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use outbox::{Origin, TraceParent};
use uuid::Uuid;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const LONGEST: usize = 128;

pub(crate) async fn carry<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = sane(request.headers().get(&REQUEST_ID)).unwrap_or_else(|| Uuid::new_v4().to_string());
    let value = HeaderValue::from_str(&id);
    let origin = Origin { request_id: id, trace: trace(request.headers()) };
    let mut response = outbox::with_origin(origin, next.call(request)).await?;
    if let Ok(value) = value {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}

/// What goes into logs must not be able to forge them.
fn sane(value: Option<&HeaderValue>) -> Option<String> {
    let text = value?.to_str().ok()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    ((1..=LONGEST).contains(&text.len()) && text.bytes().all(allowed)).then(|| text.to_owned())
}

/// The standard asks to begin anew where what came cannot be read.
fn trace(headers: &HeaderMap) -> TraceParent {
    let caller: Option<TraceParent> =
        headers.get(&TRACE_PARENT).and_then(|value| value.to_str().ok()?.parse().ok());
    caller.map_or_else(TraceParent::begin, TraceParent::child)
}
