//! One connection: TLS by the URL's `sslmode`, with the certificate always verified.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{Conn, DbError};

/// How long a server may take to accept a connection.
pub(crate) const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// How long data that was sent may go unacknowledged by the other host.
const ACKNOWLEDGEMENT_LIMIT: Duration = Duration::from_secs(10);
const KEEPALIVE_AFTER: Duration = Duration::from_secs(10);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(5);
const KEEPALIVE_TRIES: u32 = 3;

/// Carries bytes between a client and its server; ends with the connection.
pub(crate) type Transport = BoxFuture<'static, Result<(), tokio_postgres::Error>>;

/// Connects to the database at `url` (`postgres://user:password@host:port/name?sslmode=...`). No limits are set: a
/// statement may take as long as it likes.
pub async fn connect(url: &str) -> Result<Conn, DbError> {
    establish(url).await.map_err(DbError::Connect)
}

async fn establish(url: &str) -> Result<Conn, ConnectionError> {
    let config = config(url)?;
    if is_plain(&config) {
        let (client, connection) = config.connect(NoTls).await.map_err(|error| refused(&error))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    } else {
        let (client, connection) = config.connect(tls()?).await.map_err(|error| refused(&error))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
}

/// A client and its transport apart, so that whoever runs the transport can end it.
pub(crate) async fn dial(url: &str) -> Result<(Client, Transport), ConnectionError> {
    let config = config(url)?;
    if is_plain(&config) {
        let (client, connection) = config.connect(NoTls).await.map_err(|error| refused(&error))?;
        Ok((client, connection.boxed()))
    } else {
        let (client, connection) = config.connect(tls()?).await.map_err(|error| refused(&error))?;
        Ok((client, connection.boxed()))
    }
}

fn config(url: &str) -> Result<Config, ConnectionError> {
    let mut config = Config::from_str(url).map_err(|error| refused(&error))?;
    config.application_name("silkcart");
    // A host that is gone must be noticed within seconds, not after TCP's two hours.
    config.connect_timeout(CONNECT_LIMIT);
    config.tcp_user_timeout(ACKNOWLEDGEMENT_LIMIT);
    config.keepalives_idle(KEEPALIVE_AFTER);
    config.keepalives_interval(KEEPALIVE_EVERY);
    config.keepalives_retries(KEEPALIVE_TRIES);
    Ok(config)
}

fn is_plain(config: &Config) -> bool {
    config.get_ssl_mode() == SslMode::Disable
}

fn tls() -> Result<MakeRustlsConnect, ConnectionError> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectionError::BadConnection(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// The error with its causes: `tokio_postgres` says only "db error" by itself.
fn refused(error: &tokio_postgres::Error) -> ConnectionError {
    use std::error::Error;
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    ConnectionError::BadConnection(text)
}
