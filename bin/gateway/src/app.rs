//! The actix application: routes, limits, and the middleware in its order.

use std::fmt;
use std::future::ready;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Server, ServiceResponse};
use actix_web::middleware::{Compress, NormalizePath, TrailingSlash, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, PayloadConfig};
use actix_web::{App, HttpResponse, ResponseError};
use paperclip::actix::OpenApiExt;
use paperclip::actix::web::ServiceConfig;

use crate::connection::Timed;
use crate::middleware::in_flight::{self, InFlight};
use crate::middleware::{
    contract, cors, delivery, head, intake, metrics, origin, rate_limit, rejections, security_headers, trace,
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
    /// Threads that serve.
    pub workers: usize,
    /// Whether SIGINT and SIGTERM end it.
    pub signals: bool,
}

/// A server on `listener`; it serves once it is awaited or spawned. It stops accepting on SIGTERM and lets requests
/// finish for up to 20 s.
///
/// What `HttpServer` of actix-web would put together, on connections with deadlines.
pub(crate) fn serve(
    listener: TcpListener,
    state: AppState,
    routes: Routes,
    document: Arc<Document>,
    options: ServerOptions,
) -> std::io::Result<Server> {
    let http = state.settings.http;
    let workers = options.workers;
    let server = Server::build()
        .workers(workers)
        // Shared among the workers, rounded up.
        .max_concurrent_connections(http.max_connections.div_ceil(workers))
        .shutdown_timeout(20);
    let server = if options.signals { server } else { server.disable_signals() };
    let shutdown = server.graceful_shutdown_signal();
    // Streams have no end of their own that could be waited for.
    let (stopping, hub) = (shutdown.clone(), Arc::clone(&state.live));
    tokio::spawn(async move {
        stopping.notified().await;
        hub.close();
    });
    let in_flight = InFlight::new(http.max_in_flight);
    let server = server.listen("http", listener, move || {
        // Once on each worker's thread.
        db::keep_to_a_lane();
        let app = application(&state, &routes, &document, &in_flight);
        let shutdown = shutdown.clone();
        let service = HttpService::build()
            .keep_alive(http.idle_timeout)
            .client_request_timeout(http.head_timeout)
            // After an answer to a body that was not read: how long the rest of it is thrown away.
            .client_disconnect_timeout(Duration::from_secs(1))
            .graceful_shutdown_signal(move || {
                let shutdown = shutdown.clone();
                async move { shutdown.notified().await }
            })
            .on_connect_ext(|stream: &Timed<TcpStream>, extensions| stream.introduce(extensions))
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(move |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            // Without it, small answers would wait for one another's acknowledgement.
            let _ = stream.set_nodelay(true);
            ready(Ok::<_, DispatchError>((Timed::new(stream, &http), Protocol::Http1, peer)))
        })
        .and_then(service)
    })?;
    Ok(server.run())
}

fn application(
    state: &AppState,
    routes: &Routes,
    document: &Arc<Document>,
    in_flight: &InFlight,
) -> impl ServiceFactory<
    Request,
    Config = AppConfig,
    Response = ServiceResponse<impl MessageBody + use<>>,
    Error = actix_web::Error,
    InitError = (),
> + use<> {
    let routes = routes.clone();
    App::new()
        .wrap_api()
        .app_data(state.clone())
        .app_data(Arc::clone(document))
        .app_data(in_flight.clone())
        // What a handler reads has passed `intake`, which knows what each route may be sent.
        .app_data(PayloadConfig::new(intake::MOST))
        .configure(|config| routes.configure(config))
        .build()
        .configure(openapi::configure)
        .configure(metrics::configure)
        .configure(routes::live::configure_streams)
        .configure(routes::served::configure)
        .default_service(web::to(nothing_here))
        // The last one sees a request first.
        .wrap(from_fn(contract::check))
        .wrap(from_fn(in_flight::bound))
        .wrap(from_fn(intake::take_in))
        .wrap(from_fn(rate_limit::limit))
        .wrap(NormalizePath::new(TrailingSlash::Trim))
        .wrap(from_fn(head::answer_as_get))
        .wrap(Compress::default())
        .wrap(cors::policy(&state.settings, document))
        .wrap(from_fn(rejections::unify))
        .wrap(from_fn(security_headers::add))
        .wrap(from_fn(metrics::measure))
        .wrap(from_fn(trace::log))
        .wrap(from_fn(origin::carry))
        .wrap(from_fn(delivery::watch))
        .into_factory()
        .map_init_err(|_error| ())
}

async fn nothing_here() -> HttpResponse {
    Problem::new(ProblemKind::NotFound).detail("there is no such route").error_response()
}
