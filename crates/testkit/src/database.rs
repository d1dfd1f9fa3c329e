//! A database of one's own per test, copied from a template that was migrated once.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use db::{Conn, Database, PoolSettings};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use uuid::Uuid;

const ADMIN_URL: &str = "SILKCART_TEST_DATABASE_URL";
const AMQP_URL: &str = "SILKCART_TEST_AMQP_URL";
const PYTHON: &str = "SILKCART_TEST_PYTHON";
const WEB: &str = "SILKCART_TEST_WEB";
/// Serializes the making of the template among test processes.
const TEMPLATE_LOCK: i64 = 0x5117_CA27;

/// A fresh, migrated, empty database.
#[derive(Debug)]
pub struct TestDatabase {
    /// A pool of up to 16 connections.
    pub database: Database,
    /// `postgres://...` of the same database.
    pub url: String,
}

impl TestDatabase {
    /// Makes the database. Needs a multi-threaded runtime: migrations block in place.
    pub async fn create() -> Self {
        Self::with_connections(16).await
    }

    /// Makes the database with a pool of up to `connections` connections.
    pub async fn with_connections(connections: usize) -> Self {
        let mut admin = db::connect(&admin_url()).await.expect("the test server answers");
        let template = template(&mut admin).await;
        let name = format!("test_{}", Uuid::new_v4().simple());
        admin.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await.unwrap();
        let url = with_database(&admin_url(), &name);
        let settings = PoolSettings {
            max_connections: connections,
            // A race of hundreds of requests must end in answers, not in a full queue.
            wait: std::time::Duration::from_secs(20),
            ..PoolSettings::new(&url)
        };
        Self { database: Database::open(&settings).unwrap(), url }
    }

    /// A connection from the pool.
    pub async fn conn(&self) -> db::PooledConn {
        self.database.conn().await.expect("a connection is free")
    }
}

impl Drop for TestDatabase {
    /// Removes the database, so that a long run does not fill the disk.
    fn drop(&mut self) {
        let Some((_, name)) = self.url.rsplit_once('/') else { return };
        let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        // A thread of its own: the test's runtime may be shutting down. Whatever fails here, the test
        // has had its say.
        let removal = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut admin = db::connect(&admin_url()).await.map_err(std::io::Error::other)?;
                admin.batch_execute(&statement).await.map_err(std::io::Error::other)
            })
        });
        drop(removal.join());
    }
}

/// The URL of the test server's database `postgres`.
///
/// # Panics
/// When the tests were not started by `cargo xtask test`, which runs the server.
#[must_use]
pub fn admin_url() -> String {
    setting(ADMIN_URL)
}

/// The URL of the test broker's virtual host `/`, in which a test names its queues so that no other has them.
///
/// # Panics
/// When the tests were not started by `cargo xtask test`, which runs the broker.
#[must_use]
pub fn amqp_url() -> String {
    setting(AMQP_URL)
}

/// The Python interpreter that has the packages of `tools/python-requirements.txt`.
///
/// # Panics
/// When the tests were not started by `cargo xtask test`, which installs them.
#[must_use]
pub fn python() -> PathBuf {
    setting(PYTHON).into()
}

/// The folder that has `node` and, in `node_modules`, the packages of `tools/web`.
///
/// # Panics
/// When the tests were not started by `cargo xtask test`, which installs them.
#[must_use]
pub fn web() -> PathBuf {
    setting(WEB).into()
}

fn setting(key: &str) -> String {
    match std::env::var_os(key) {
        Some(value) => value.into_string().expect("the setting is text"),
        None => panic!("{key} is not set: run the tests with `cargo xtask test`"),
    }
}

async fn template(admin: &mut Conn) -> String {
    let name = format!("template_{:016x}", migrations_hash());
    diesel::sql_query(format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).execute(admin).await.unwrap();
    let exists = diesel::sql_query(format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"));
    if exists.execute(admin).await.unwrap() == 0 {
        let draft = format!("draft_{}", Uuid::new_v4().simple());
        admin.batch_execute(&format!("CREATE DATABASE {draft}")).await.unwrap();
        migrations::run(&with_database(&admin_url(), &draft)).await.expect("the migrations apply");
        let finish = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{draft}'; \
             ALTER DATABASE {draft} RENAME TO {name}"
        );
        for statement in finish.split("; ") {
            admin.batch_execute(statement).await.unwrap();
        }
    }
    diesel::sql_query(format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).execute(admin).await.unwrap();
    name
}

/// A number that changes when a migration does.
fn migrations_hash() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut files: Vec<PathBuf> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().path().join("up.sql")).collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        (file.to_string_lossy().into_owned(), std::fs::read(&file).unwrap_or_default()).hash(&mut hasher);
    }
    hasher.finish()
}

fn with_database(url: &str, name: &str) -> String {
    let (server, _) = url.rsplit_once('/').expect("the URL ends in a database");
    format!("{server}/{name}")
}
