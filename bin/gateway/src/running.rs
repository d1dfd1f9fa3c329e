//! Starting the gateway in this process, and stopping it in order: first requests, then jobs.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use anyhow::{Context, Result};
use db::{Database, PoolSettings};
use kernel::{Clock, CursorKey, SystemClock};
use outbox::{Registry, Runner, Services};
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::{self, Routes, ServerOptions};
use crate::extract::{NoTokens, TokenVerifier};
use crate::middleware::RateLimits;
use crate::openapi::Document;
use crate::settings::Settings;
use crate::state::{AppState, Parts};

/// What to start, and with which parts.
#[derive(Debug)]
pub struct StartOptions {
    /// Complete settings: see [`embedded::complete`](crate::embedded::complete).
    pub settings: Settings,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Reads access tokens.
    pub verifier: Arc<dyn TokenVerifier>,
    /// What the job runner knows to do.
    pub registry: Registry,
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
            clock: Arc::new(SystemClock),
            verifier: Arc::new(NoTokens),
            registry: Registry::default(),
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
    stop_jobs: CancellationToken,
}

/// Starts the gateway. The database must be migrated and may be down: requests then answer 503. Needs a
/// multi-threaded tokio runtime.
///
/// # Errors
/// The settings lack what [`embedded::complete`](crate::embedded::complete) would have filled in, or the address is
/// in use.
pub async fn start(options: StartOptions) -> Result<Running> {
    let settings = Arc::new(options.settings);
    let listener = match options.listener {
        Some(listener) => listener,
        None => tokio::net::TcpListener::bind(settings.server.bind)
            .await
            .and_then(tokio::net::TcpListener::into_std)
            .with_context(|| format!("cannot listen on {}", settings.server.bind))?,
    };
    let base_url = format!("http://{}", listener.local_addr()?);
    let url = settings.database.url.as_ref().context("no database is set")?;
    let pool = PoolSettings {
        max_connections: settings.database.max_connections,
        ..PoolSettings::new(url.expose())
    };
    let database = Database::open(&pool)?;
    let services = Services { database: database.clone(), clock: Arc::clone(&options.clock) };
    let runner = Runner::new(options.registry, services);
    let state = AppState::new(Parts {
        database,
        clock: options.clock,
        cursors: cursor_key(&settings)?,
        runner: runner.clone(),
        verifier: options.verifier,
        limits: RateLimits::new(settings.rate_limits),
        settings,
    });
    let document = Arc::new(Document::of(&options.routes, &state.settings));
    let server_options = ServerOptions { workers: options.workers, signals: options.signals };
    let server = app::serve(listener, state.clone(), options.routes, document, server_options)?;
    let stop_jobs = CancellationToken::new();
    let jobs = options.run_jobs.then(|| tokio::spawn(runner.run(stop_jobs.clone())));
    Ok(Running { base_url, state, handle: server.handle(), server: tokio::spawn(server), jobs, stop_jobs })
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
        Ok(outcome?)
    }
}

/// The key is the secret's digest, so that a secret of any length serves.
fn cursor_key(settings: &Settings) -> Result<CursorKey> {
    let secret = settings.secrets.cursor_secret.as_ref().context("no cursor secret is set")?;
    Ok(CursorKey::new(Sha256::digest(secret.expose().as_bytes()).into()))
}
