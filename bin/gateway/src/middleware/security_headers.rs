//! Headers that keep a browser from doing with an answer what it is not meant for.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;

use crate::AppState;

const ALWAYS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Read by scripts only as CORS allows, and as nothing else by anybody.
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    // A page of ours brings its own; JSON needs nothing.
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

/// What a request carries that is answered for one person. No cache keeps the answer, not even the browser's: the next
/// one to sit there is somebody else. Refusals are kept by nobody either.
const PERSONAL: [&str; 3] = ["authorization", "x-cart-token", "x-order-token"];

pub(crate) async fn add<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let personal = PERSONAL.iter().any(|name| request.headers().contains_key(*name));
    let mut response = next.call(request).await?;
    let refused = response.status().is_client_error() || response.status().is_server_error();
    let production = AppState::of(response.request()).is_some_and(|state| state.settings.is_production());
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    let public =
        headers.get(header::CACHE_CONTROL).is_some_and(|value| value.as_bytes().starts_with(b"public"));
    if refused || (personal && !public) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if production {
        // Two years, as the preload list asks.
        let value = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    Ok(response)
}
