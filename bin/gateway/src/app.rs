//! The actix application: routes, limits, and the middleware in its order.

use std::fmt;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{Compress, NormalizePath, TrailingSlash, from_fn};
use actix_web::web::{self, PayloadConfig};
use actix_web::{App, HttpResponse, HttpServer, ResponseError};
use paperclip::actix::OpenApiExt;
use paperclip::actix::web::ServiceConfig;
use tracing_actix_web::TracingLogger;

use crate::extract::BODY_LIMIT;
use crate::middleware::{
    contract, cors, head, metrics, rate_limit, rejections, request_id, security_headers, trace,
};
use crate::openapi::{self, Document};
use crate::{AppState, Problem, ProblemKind, routes};

type Hook = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// The documented routes: the product's, and what a test adds to them.
#[derive(Clone, Default)]
pub struct Routes(Vec<Hook>);

impl Routes {
    /// Adds routes of `configure`'s.
    #[must_use]
    pub fn and(mut self, configure: impl Fn(&mut ServiceConfig) + Send + Sync + 'static) -> Self {
        self.0.push(Arc::new(configure));
        self
    }

    pub(crate) fn configure(&self, config: &mut ServiceConfig) {
        routes::configure(config);
        for hook in &self.0 {
            hook(config);
        }
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Routes").field(&self.0.len()).finish()
    }
}

/// How the server runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerOptions {
    /// Threads that serve; none for one per core.
    pub workers: Option<usize>,
    /// Whether SIGINT and SIGTERM end it.
    pub signals: bool,
}

/// A server on `listener`; it serves once it is awaited or spawned. It stops accepting on SIGTERM and lets requests
/// finish for up to 20 s.
pub(crate) fn serve(
    listener: TcpListener,
    state: AppState,
    routes: Routes,
    document: Arc<Document>,
    options: ServerOptions,
) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .wrap_api()
            .app_data(state.clone())
            .app_data(Arc::clone(&document))
            .app_data(PayloadConfig::new(BODY_LIMIT))
            .configure(|config| routes.configure(config))
            .build()
            .configure(openapi::configure)
            .configure(metrics::configure)
            .default_service(web::to(nothing_here))
            // The last one sees a request first.
            .wrap(from_fn(contract::check))
            .wrap(from_fn(rate_limit::limit))
            .wrap(NormalizePath::new(TrailingSlash::Trim))
            .wrap(from_fn(head::answer_as_get))
            .wrap(Compress::default())
            .wrap(cors::policy(&state.settings))
            .wrap(from_fn(rejections::unify))
            .wrap(from_fn(security_headers::add))
            .wrap(from_fn(metrics::measure))
            .wrap(TracingLogger::<trace::RequestSpan>::new())
            .wrap(from_fn(request_id::carry))
    });
    let server = server
        .listen(listener)?
        // Beyond the usual 60 s of proxies, which must not find a connection closed under them.
        .keep_alive(Duration::from_secs(75))
        .client_request_timeout(Duration::from_secs(10))
        .shutdown_timeout(20);
    let server = if let Some(workers) = options.workers { server.workers(workers) } else { server };
    let server = if options.signals { server } else { server.disable_signals() };
    Ok(server.run())
}

async fn nothing_here() -> HttpResponse {
    Problem::new(ProblemKind::NotFound).detail("there is no such address").error_response()
}
