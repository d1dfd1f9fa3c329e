//! Settings: read once from the environment, checked all together, one struct per section.
//!
//! [`KEYS`] is the one list of what can be set; `/.env.example` is rendered from it. Nothing else in the product reads
//! an environment variable.

mod keys;
mod mail;
mod media;
mod network;
mod read;
mod secret;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ::media::S3Settings;
use notifications::SmtpSettings;
use url::Url;

pub use keys::{KEYS, Key, Required, render_env_example};
pub use network::Network;
pub use secret::Secret;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where and for whom the gateway serves.
    pub server: ServerSettings,
    /// What clients' connections may take.
    pub http: HttpSettings,
    /// The database.
    pub database: DatabaseSettings,
    /// Keys that nobody else may know.
    pub secrets: SecretSettings,
    /// How mail leaves, and who it is from.
    pub mail: MailSettings,
    /// Where pictures are.
    pub media: MediaSettings,
    /// How addresses become coordinates.
    pub geocoding: GeocodingSettings,
    /// How much of what happens is written, and how.
    pub log: LogSettings,
    /// How often a caller may call.
    pub rate_limits: RateLimitSettings,
    /// The message broker; none where the gateway does the jobs itself.
    pub broker: Option<BrokerSettings>,
    /// What a worker does.
    pub worker: WorkerSettings,
    /// Rules of the market that an operator may tune.
    pub orders: OrderSettings,
}

/// What the process is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Environment {
    /// One machine: whatever is missing is started or made up.
    Development,
    /// Nothing is made up: the process refuses to start with anything missing.
    Production,
}

/// Where and for whom the gateway serves.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// What the process is for.
    pub environment: Environment,
    /// The address to listen on.
    pub bind: SocketAddr,
    /// The address that callers use.
    pub public_url: Url,
    /// Where the frontend's pages are, to which the links in messages lead.
    pub pages_url: Url,
    /// Where the process keeps what it makes up.
    pub data_dir: PathBuf,
    /// Whether demonstration data is offered.
    pub demo: bool,
    /// Origins whose pages may call the API. Empty: none in production, any on this machine in development.
    pub cors_allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
}

/// What clients' connections may take.
#[derive(Clone, Copy, Debug)]
pub struct HttpSettings {
    /// The most connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// The most requests worked on at once; more are refused.
    pub max_in_flight: usize,
    /// How long a request's head may take to arrive.
    pub head_timeout: Duration,
    /// How long a request's body may take to arrive.
    pub body_timeout: Duration,
    /// How long a client may take to take in an answer.
    pub send_timeout: Duration,
    /// How long a connection may be idle.
    pub idle_timeout: Duration,
}

/// The database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// `postgres://...`; none starts an embedded server.
    pub url: Option<Secret>,
    /// The most connections held at once.
    pub max_connections: usize,
}

/// Keys that nobody else may know; in development they are made up and kept in the data folder.
#[derive(Clone, Debug)]
pub struct SecretSettings {
    /// Ed25519, PKCS#8 in PEM: signs access tokens.
    pub jwt_private_key: Option<Secret>,
    /// At least 32 characters: signs page cursors.
    pub cursor_secret: Option<Secret>,
    /// At least 32 characters: what the links in messages are made of.
    pub token_secret: Option<Secret>,
}

/// How mail leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MailRoute {
    /// By a mail server.
    Smtp(SmtpSettings),
    /// As files in a folder, for whoever carries them on.
    Folder(PathBuf),
}

/// How mail leaves, and who it is from.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// How it leaves; none for a folder in the data folder.
    pub route: Option<MailRoute>,
    /// The name it comes from; may be empty.
    pub from_name: String,
    /// The address it comes from.
    pub from_address: String,
    /// Where answers go, if not there.
    pub reply_to: Option<String>,
}

/// Where pictures are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MediaPlace {
    /// In an object store.
    S3(S3Settings),
    /// In a folder of this machine.
    Folder(PathBuf),
}

/// Where pictures are.
#[derive(Clone, Debug)]
pub struct MediaSettings {
    /// Where they are kept.
    pub place: MediaPlace,
    /// Where they are fetched: `/media/...` below it.
    pub url: Url,
}

/// Who turns addresses into coordinates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GeocodingProvider {
    /// Built in: centroids of US ZIP codes.
    Gazetteer,
    /// A server that speaks Nominatim's API.
    Nominatim,
    /// Google's geocoding API.
    Google,
}

/// How addresses become coordinates.
#[derive(Clone, Debug)]
pub struct GeocodingSettings {
    /// Who does it.
    pub provider: GeocodingProvider,
    /// The provider's key.
    pub api_key: Option<Secret>,
    /// The provider's address, where it is not the usual one.
    pub url: Option<Url>,
}

/// How a log line is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// How much of what happens is written, and how.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// How.
    pub format: LogFormat,
    /// `tracing`'s filter directives.
    pub filter: String,
}

/// How often a caller may call, per process; 0 switches a limit off.
#[derive(Clone, Copy, Debug)]
pub struct RateLimitSettings {
    /// Requests a minute.
    pub per_minute: u32,
    /// Requests a minute to the routes where guessing pays: login, registration, refresh, change of password, links by
    /// mail; and to guests' checkouts.
    pub auth_per_minute: u32,
}

/// The message broker.
#[derive(Clone, Debug)]
pub struct BrokerSettings {
    /// `amqp://...`
    pub url: Secret,
    /// What the names of our queues begin with.
    pub namespace: String,
}

/// What a worker does.
#[derive(Clone, Copy, Debug)]
pub struct WorkerSettings {
    /// Where it tells how it is.
    pub bind: SocketAddr,
    /// The most jobs at once.
    pub jobs_at_once: u16,
}

/// Rules of the market that an operator may tune.
#[derive(Clone, Copy, Debug)]
pub struct OrderSettings {
    /// How long an unpaid order keeps what it holds.
    pub payment_window: Duration,
}

/// Every setting that is missing or wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettingsError {
    /// One line each: the key and what is wrong with it.
    pub problems: Vec<String>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the settings cannot be used:")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for SettingsError {}

impl Settings {
    /// Whether nothing may be made up.
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.server.environment == Environment::Production
    }
}
