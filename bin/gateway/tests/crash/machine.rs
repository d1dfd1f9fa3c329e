//! A machine with a database server and a gateway, each of which can be broken off at any moment.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use devstack::{Postgres, PostgresOptions};
use reqwest::Client;
use tempfile::TempDir;
use tokio::task::block_in_place;

pub const ADMIN: &str = "root@example.com";
pub const PASSWORD: &str = "a turnip for your thoughts";
const DATABASE: &str = "silkcart";

/// How soon a gateway answers after its start, and after its database has come back.
pub const READY_LIMIT: Duration = Duration::from_secs(5);

pub struct Machine {
    pub database: DatabaseServer,
    pub gateway: Gateway,
    /// Removed last.
    _folder: TempDir,
}

impl Machine {
    /// Everything up, the schema in place, and one admin. Unpaid orders last a minute.
    pub async fn start() -> Self {
        Self::start_through(async |url: &str| url.to_owned()).await
    }

    /// The same, with a gateway that reaches its database at the URL that `detour` makes of the real one.
    pub async fn start_through(detour: impl AsyncFnOnce(&str) -> String) -> Self {
        let folder = devstack::scratch_folder().unwrap();
        let database = DatabaseServer::start(&folder.path().join("data"));
        let url = detour(&database.url()).await;
        let settings = [
            ("SILKCART_ENV", "production".to_owned()),
            ("SILKCART_PUBLIC_URL", "https://market.example".to_owned()),
            ("DATABASE_URL", url),
            ("JWT_PRIVATE_KEY", accounts::generate_key_pem().unwrap()),
            ("CURSOR_SECRET", "the secret of the tests, long enough".to_owned()),
            ("TOKEN_SECRET", "another secret of the tests, long enough".to_owned()),
            ("MAIL_URL", format!("file://{}", folder.path().join("mail").display())),
            ("MAIL_FROM", "SilkCart <hello@market.example>".to_owned()),
            ("MEDIA_FOLDER", folder.path().join("media").display().to_string()),
            ("RATE_LIMIT_PER_MINUTE", "0".to_owned()),
            ("RATE_LIMIT_AUTH_PER_MINUTE", "0".to_owned()),
            ("ORDER_PAYMENT_MINUTES", "1".to_owned()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let mut gateway = Gateway::new(folder.path().join("gateway.log"), settings);
        gateway.run_to_its_end(&["migrate"]);
        gateway.run_to_its_end(&["superuser", "--email", ADMIN]);
        gateway.start();
        gateway.ready_within(READY_LIMIT).await;
        Self { database, gateway, _folder: folder }
    }
}

/// PostgreSQL with fsync, on one port however often it is started.
pub struct DatabaseServer {
    options: PostgresOptions,
    running: Option<Postgres>,
}

impl DatabaseServer {
    fn start(data: &Path) -> Self {
        let port = Some(quiet_port());
        let options = PostgresOptions { data_dir: data.to_owned(), port, durable: true, max_connections: 60 };
        let mut server = Self { options, running: None };
        server.come_back();
        block_in_place(|| server.running.as_ref().unwrap().create_database_if_missing(DATABASE)).unwrap();
        server
    }

    pub fn url(&self) -> String {
        self.running.as_ref().unwrap().url(DATABASE)
    }

    /// Breaks off in the middle of whatever is going on.
    pub fn crash(&mut self) {
        let running = self.running.take().expect("it runs");
        block_in_place(|| running.stop_immediately()).unwrap();
    }

    /// Starts, after a crash with recovery, and takes connections when this returns.
    pub fn come_back(&mut self) {
        self.running = Some(block_in_place(|| Postgres::start(&self.options)).unwrap());
    }
}

/// The real binary with settings of its own.
pub struct Gateway {
    pub base_url: String,
    log: PathBuf,
    settings: Vec<(String, String)>,
    child: Option<Child>,
    started: Instant,
    client: Client,
}

impl Gateway {
    pub fn new(log: PathBuf, mut settings: Vec<(String, String)>) -> Self {
        let bind = format!("127.0.0.1:{}", quiet_port());
        settings.push(("SILKCART_BIND".to_owned(), bind.clone()));
        Self {
            base_url: format!("http://{bind}"),
            log,
            settings,
            child: None,
            started: Instant::now(),
            client: Client::builder().timeout(Duration::from_secs(2)).build().unwrap(),
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
        let log = OpenOptions::new().append(true).create(true).open(&self.log).unwrap();
        command.args(args).env_clear().envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        command
    }

    /// A command that ends by itself.
    pub fn run_to_its_end(&self, args: &[&str]) {
        let mut command = self.command(args);
        let status =
            block_in_place(|| command.env("SILKCART_SUPERUSER_PASSWORD", PASSWORD).status()).unwrap();
        assert!(status.success(), "gateway {args:?}: {status}\n{}", self.log_tail());
    }

    pub fn start(&mut self) {
        self.start_with(&["serve"]);
    }

    pub fn start_with(&mut self, args: &[&str]) {
        assert!(self.child.is_none(), "it runs already");
        writeln!(OpenOptions::new().append(true).create(true).open(&self.log).unwrap(), "--- {args:?}")
            .unwrap();
        self.started = Instant::now();
        self.child = Some(self.command(args).spawn().unwrap());
    }

    /// SIGKILL: no destructor runs, no connection is closed in order.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// The status of an address that needs no token; none when nobody answers.
    pub async fn status(&self, path: &str) -> Option<u16> {
        self.client.get(self.url(path)).send().await.ok().map(|answer| answer.status().as_u16())
    }

    /// How long after its start it does its work, at most `limit`.
    pub async fn ready_within(&self, limit: Duration) -> Duration {
        self.ready_since(self.started, limit).await
    }

    /// How long after `begun` it does its work, at most `limit`.
    pub async fn ready_since(&self, begun: Instant, limit: Duration) -> Duration {
        self.answers_since("/health/ready", 200, begun, limit).await
    }

    pub async fn answers_since(&self, path: &str, status: u16, begun: Instant, limit: Duration) -> Duration {
        loop {
            let answer = self.status(path).await;
            let passed = begun.elapsed();
            if answer == Some(status) {
                assert!(passed <= limit, "{path} took {passed:?}\n{}", self.log_tail());
                return passed;
            }
            assert!(passed <= limit, "{path}: {answer:?} after {passed:?}\n{}", self.log_tail());
            // Another process tells nobody when it is ready.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// Forgets what was logged so far.
    pub fn clear_log(&self) {
        File::options().write(true).open(&self.log).unwrap().set_len(0).unwrap();
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("the end of the gateway's log:\n{}", self.log_tail());
        }
    }
}

/// A free port below those that the system gives to clients, so that none of theirs takes it between two starts.
pub fn quiet_port() -> u16 {
    loop {
        let port = rand::random_range(20_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
