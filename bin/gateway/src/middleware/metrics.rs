//! Figures for Prometheus at `/metrics`: requests and their durations by method, route and status, the pool, and what
//! waits to be done.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpResponse};
use assembly::figures;

use crate::AppState;
use crate::live::follow;

pub(crate) fn configure(config: &mut ServiceConfig) {
    figures::keep();
    config.service(web::resource("/metrics").route(web::get().to(render)));
}

async fn render(state: AppState) -> HttpResponse {
    figures::set_pool(&state.database);
    follow::set_figures(&state.live);
    if let Ok(backlog) = state.backlog().await {
        figures::set_backlog(&backlog);
    }
    HttpResponse::Ok().content_type(figures::CONTENT_TYPE).body(figures::render())
}

pub(crate) async fn measure<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let begun = Instant::now();
    let method = request.method().as_str().to_owned();
    let response = next.call(request).await?;
    // The pattern, never the path: a label must have few values.
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let status = response.status().as_u16().to_string();
    metrics::counter!("http_requests_total", "method" => method.clone(), "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("http_request_duration_seconds", "method" => method, "route" => route)
        .record(begun.elapsed().as_secs_f64());
    Ok(response)
}
