//! Starting the gateway in this process, and stopping it in order: first requests, then jobs.

use std::net::TcpListener;
use std::sync::Arc;

use accounts::Hasher;
use actix_web::dev::ServerHandle;
use anyhow::{Context, Result};
use assembly::Post;
use assembly::settings::Settings;
use broker::Broker;
use db::{Database, PoolSettings};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{Clock, CursorKey, SystemClock};
use logistics::{CenterIndex, Geocoder};
use outbox::{Registry, Runner, Services};
use placement::Visitors;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::{self, Routes, ServerOptions};
use crate::extract::TokenVerifier;
use crate::live::follow;
use crate::middleware::RateLimits;
use crate::openapi::Document;
use crate::state::{AppState, Parts};
use crate::tokens::{TokenReader, token_signer};

/// How many files are taken in at once: each has a connection of its client's, and a place on the disk.
const UPLOADS_AT_ONCE: usize = 32;

/// Parts that a test puts in place of the product's own.
#[derive(Debug)]
pub struct GivenParts {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Reads access tokens; none for the one that wrote them.
    pub verifier: Option<Arc<dyn TokenVerifier>>,
    /// Finds addresses on the map; none for the one in the settings.
    pub geocoder: Option<Arc<dyn Geocoder>>,
    /// What the job runner knows to do besides the product's own work.
    pub registry: Registry,
}

impl Default for GivenParts {
    fn default() -> Self {
        let registry = Registry::default();
        Self { clock: Arc::new(SystemClock), verifier: None, geocoder: None, registry }
    }
}

/// What to start, and with which parts.
#[derive(Debug)]
pub struct StartOptions {
    /// Complete settings: see [`assembly::complete`].
    pub settings: Settings,
    /// What stands in for the product's own parts.
    pub parts: GivenParts,
    /// The documented routes.
    pub routes: Routes,
    /// Where to listen; none takes the settings' address.
    pub listener: Option<TcpListener>,
    /// Threads that serve; none for one per core.
    pub workers: Option<usize>,
    /// Whether SIGINT and SIGTERM end the server.
    pub signals: bool,
    /// Whether jobs run by themselves; a test drains them instead.
    pub run_jobs: bool,
}

impl StartOptions {
    /// The product as it runs in earnest.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            parts: GivenParts::default(),
            routes: Routes::default(),
            listener: None,
            workers: None,
            signals: true,
            run_jobs: true,
        }
    }
}

/// A running gateway. Dropping it does not stop it: call [`stop`](Self::stop) or [`wait`](Self::wait).
#[derive(Debug)]
pub struct Running {
    /// Where it answers, without a trailing slash: `http://127.0.0.1:<port>`.
    pub base_url: String,
    /// Its parts.
    pub state: AppState,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
    jobs: Option<JoinHandle<()>>,
    live: JoinHandle<()>,
    stop_jobs: CancellationToken,
}

/// The application's parts, ready to serve with so many threads, or with none to be worked with by a command.
///
/// # Errors
/// The settings lack what [`assembly::complete`] would have filled in.
pub fn assemble(settings: Settings, parts: GivenParts, workers: usize) -> Result<AppState> {
    let settings = Arc::new(settings);
    let url = settings.database.url.as_ref().context("no database is set")?;
    let pool = PoolSettings {
        max_connections: settings.database.max_connections,
        lanes: workers + 1,
        ..PoolSettings::new(url.expose())
    };
    let database = Database::open(&pool)?;
    let services = Services { database: database.clone(), clock: Arc::clone(&parts.clock) };
    let signer = Arc::new(token_signer(&settings)?);
    let geocoder = match parts.geocoder {
        Some(geocoder) => geocoder,
        None => assembly::geocoder(&settings, &parts.clock)?,
    };
    let centers = Arc::new(CenterIndex::new());
    let mut registry = parts.registry;
    let post = Post::of(&settings)?;
    let media = assembly::media(&settings)?;
    assembly::register_work(&mut registry, &geocoder, &centers, &post, &media);
    Ok(AppState::new(Parts {
        database,
        clock: parts.clock,
        cursors: cursor_key(&settings)?,
        runner: Runner::new(registry, services),
        verifier: parts.verifier.unwrap_or_else(|| Arc::new(TokenReader::new(Arc::clone(&signer))) as _),
        signer,
        hasher: Hasher::new()?,
        link_keys: post.keys,
        pages: post.pages,
        visitors: Visitors::new(Arc::clone(&geocoder), Arc::clone(&centers)),
        geocoder,
        centers,
        live: Arc::default(),
        media,
        uploads: Arc::new(Semaphore::new(UPLOADS_AT_ONCE)),
        limits: RateLimits::new(settings.rate_limits),
        settings,
    }))
}

/// Starts the gateway. The database must be migrated and may be down: requests then answer 503. Needs a
/// multi-threaded tokio runtime.
///
/// # Errors
/// The settings lack what [`assembly::complete`] would have filled in, or the address is
/// in use.
pub async fn start(options: StartOptions) -> Result<Running> {
    let bind = options.settings.server.bind;
    let listener = match options.listener {
        Some(listener) => listener,
        None => tokio::net::TcpListener::bind(bind)
            .await
            .and_then(tokio::net::TcpListener::into_std)
            .with_context(|| format!("cannot listen on {bind}"))?,
    };
    let base_url = format!("http://{}", listener.local_addr()?);
    let workers = options.workers.unwrap_or_else(cores);
    let state = assemble(options.settings, options.parts, workers)?;
    let document = Arc::new(Document::of(&options.routes, &state.settings));
    let server_options = ServerOptions { workers, signals: options.signals };
    let server = app::serve(listener, state.clone(), options.routes, document, server_options)?;
    let stop_jobs = CancellationToken::new();
    let jobs = options.run_jobs.then(|| tokio::spawn(work(&state, stop_jobs.clone())));
    let broker = match &state.settings.broker {
        Some(chosen) => Some(Broker::at(chosen.url.expose(), &chosen.namespace, "silkcart gateway")?),
        None => None,
    };
    let live = tokio::spawn(follow::run(state.clone(), broker, stop_jobs.clone()));
    let handle = server.handle();
    Ok(Running { base_url, state, handle, server: tokio::spawn(server), jobs, live, stop_jobs })
}

/// Does the jobs or, where workers do them, passes on to them that there are some.
fn work(state: &AppState, stop: CancellationToken) -> BoxFuture<'static, ()> {
    let runner = state.runner.clone();
    match state.settings.broker {
        None => runner.run(stop).boxed(),
        Some(_) => runner.waker().clone().pass_on(state.database.clone(), stop).boxed(),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Running {
    /// Lets requests finish, then jobs.
    pub async fn stop(self) -> Result<()> {
        self.handle.stop(true).await;
        self.wait().await
    }

    /// Waits until a signal ends the server, then lets jobs finish.
    pub async fn wait(self) -> Result<()> {
        let outcome = self.server.await.context("the server panicked")?;
        self.stop_jobs.cancel();
        if let Some(jobs) = self.jobs {
            jobs.await.context("the job runner panicked")?;
        }
        self.live.await.context("the follower of the feed panicked")?;
        Ok(outcome?)
    }
}

/// The key is the secret's digest, so that a secret of any length serves.
fn cursor_key(settings: &Settings) -> Result<CursorKey> {
    let secret = settings.secrets.cursor_secret.as_ref().context("no cursor secret is set")?;
    Ok(CursorKey::new(Sha256::digest(secret.expose().as_bytes()).into()))
}
