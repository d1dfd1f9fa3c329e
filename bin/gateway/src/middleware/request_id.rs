//! Every request has an id: the caller's `X-Request-Id` where it is sane, else one of ours. It stands in the answer,
//! in problems, in logs, and in the jobs and events that the request causes.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use uuid::Uuid;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 128;

/// The id, for whoever has the request at hand.
#[derive(Clone)]
pub(crate) struct RequestId(pub String);

pub(crate) async fn carry<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = sane(request.headers().get(&HEADER)).unwrap_or_else(|| Uuid::new_v4().to_string());
    request.extensions_mut().insert(RequestId(id.clone()));
    let value = HeaderValue::from_str(&id);
    let mut response = outbox::with_request_id(id, next.call(request)).await?;
    if let Ok(value) = value {
        response.headers_mut().insert(HEADER, value);
    }
    Ok(response)
}

/// What goes into logs must not be able to forge them.
fn sane(value: Option<&HeaderValue>) -> Option<String> {
    let text = value?.to_str().ok()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    ((1..=LONGEST).contains(&text.len()) && text.bytes().all(allowed)).then(|| text.to_owned())
}
