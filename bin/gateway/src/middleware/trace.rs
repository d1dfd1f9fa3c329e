//! A span and one log line per request. No query, no address, no header: those may hold what is personal or secret.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::RootSpanBuilder;

use super::request_id::RequestId;

/// Builds the span that everything a request causes is logged within.
pub(crate) struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
        tracing::info_span!(
            "request",
            request_id = id.unwrap_or_default(),
            http.method = %request.method(),
            http.route = Empty,
            http.status_code = Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (status, route) = match outcome {
            Ok(response) => (response.status(), response.request().match_pattern()),
            Err(error) => (error.as_response_error().status_code(), None),
        };
        span.record("http.status_code", status.as_u16());
        span.record("http.route", route.as_deref().unwrap_or("unmatched"));
        span.in_scope(|| tracing::info!("answered"));
    }
}
