//! Figures for Prometheus at `/metrics`: requests and their durations by method, route and status, and the pool.

use std::sync::OnceLock;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpResponse};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::AppState;

/// Upper bounds in seconds: most answers take milliseconds, and a statement is given up after 10 s.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// One recorder for the process: the `metrics` crate knows no other kind.
fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let installed = RECORDER.get_or_init(|| {
        let duration = Matcher::Full("http_request_duration_seconds".to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(duration, &BUCKETS).ok()?;
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).ok().map(|()| handle)
    });
    installed.as_ref()
}

pub(crate) fn configure(config: &mut ServiceConfig) {
    recorder();
    config.service(web::resource("/metrics").route(web::get().to(render)));
}

async fn render(state: AppState) -> HttpResponse {
    let (used, held) = state.database.usage();
    let figure = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    metrics::gauge!("db_pool_connections_used").set(figure(used));
    metrics::gauge!("db_pool_connections_held").set(figure(held));
    metrics::counter!("db_statements_total").absolute(state.database.statements());
    let text = recorder().map(PrometheusHandle::render).unwrap_or_default();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text)
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
