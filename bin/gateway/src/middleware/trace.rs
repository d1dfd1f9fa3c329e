//! A span and one log line per request. No query, no address, no header: those may hold what is personal or secret.
//!
//! The span holds only what is known when it begins: adding to it later would render it anew for every request.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use outbox::Origin;
use tracing::Instrument;

pub(crate) async fn log<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let span = outbox::current_origin().map_or_else(
        || tracing::info_span!("request"),
        |Origin { request_id, trace }| {
            let (trace_id, span_id) = (trace.trace_id(), trace.span_id());
            tracing::info_span!("request", request_id, trace_id, span_id)
        },
    );
    async {
        let begun = Instant::now();
        let method = request.method().clone();
        let outcome = next.call(request).await;
        let (status, route) = match &outcome {
            Ok(response) => (response.status(), response.request().match_pattern()),
            Err(error) => (error.as_response_error().status_code(), None),
        };
        tracing::info!(
            http.method = method.as_str(),
            http.route = route.as_deref().unwrap_or("unmatched"),
            http.status_code = status.as_u16(),
            duration_ms = begun.elapsed().as_secs_f64() * 1000.0,
            "answered"
        );
        outcome
    }
    .instrument(span)
    .await
}
