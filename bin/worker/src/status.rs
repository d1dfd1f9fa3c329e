//! How the worker is: `/health`, `/health/ready` and `/metrics` on a port of its own.

use std::convert::Infallible;
use std::time::Duration;

use anyhow::{Context, Result};
use assembly::figures;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use outbox::Executor;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long an orchestrator waits to hear that the database does not answer.
const READINESS_LIMIT: Duration = Duration::from_secs(2);
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// Answers until `stop`.
pub(crate) async fn serve(listener: TcpListener, executor: Executor, stop: CancellationToken) {
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = stream else { continue };
        let executor = executor.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, executor.clone()));
            let mut connection = hyper::server::conn::http1::Builder::new();
            connection.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
            if let Err(error) = connection.serve_connection(TokioIo::new(stream), service).await {
                tracing::debug!(error = %error, "a connection ended badly");
            }
        });
    }
}

async fn answer(request: Request<Incoming>, executor: Executor) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().trim_end_matches('/');
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    Ok(match (is_read, path) {
        (true, "/health") => say(StatusCode::OK, JSON, r#"{"status":"ok"}"#),
        (true, "/health/ready") => match tell_backlog(&executor).await {
            Ok(()) => say(StatusCode::OK, JSON, r#"{"status":"ready"}"#),
            Err(error) => {
                tracing::debug!(error = format!("{error:#}"), "the worker is not ready");
                say(StatusCode::SERVICE_UNAVAILABLE, JSON, r#"{"status":"unavailable"}"#)
            }
        },
        (true, "/metrics") => {
            figures::set_pool(&executor.services().database);
            // While the database is away the figures stay as they were last known.
            if let Err(error) = tell_backlog(&executor).await {
                tracing::debug!(error = format!("{error:#}"), "the backlog is unknown");
            }
            say(StatusCode::OK, figures::CONTENT_TYPE, figures::render())
        }
        (true, _) => say(StatusCode::NOT_FOUND, TEXT, "there are /health, /health/ready and /metrics\n"),
        (false, _) => say(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET and HEAD are answered\n"),
    })
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

async fn tell_backlog(executor: &Executor) -> Result<()> {
    let services = executor.services();
    let read = async {
        let mut conn = services.database.conn().await?;
        anyhow::Ok(outbox::backlog(&mut conn, services.clock.now()).await?)
    };
    let backlog = timeout(READINESS_LIMIT, read).await.context("the database does not answer")??;
    figures::set_backlog(&backlog);
    Ok(())
}

fn say(status: StatusCode, content_type: &'static str, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
