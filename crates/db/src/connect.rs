//! One connection: TLS by the URL's `sslmode`, with the certificate always verified.

use std::str::FromStr;
use std::sync::Arc;

use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{Conn, DbError};

/// Connects to the database at `url` (`postgres://user:password@host:port/name?sslmode=...`).
pub async fn connect(url: &str) -> Result<Conn, DbError> {
    establish(url).await.map_err(DbError::Connect)
}

pub(crate) async fn establish(url: &str) -> Result<Conn, ConnectionError> {
    let refused = |error: tokio_postgres::Error| ConnectionError::BadConnection(describe(&error));
    let mut config = tokio_postgres::Config::from_str(url).map_err(refused)?;
    config.application_name("silkcart");
    // A server that is gone must be noticed within seconds, not after TCP's two hours.
    config.connect_timeout(std::time::Duration::from_secs(5));
    config.keepalives_idle(std::time::Duration::from_secs(30));
    if config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(refused)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    } else {
        let (client, connection) = config.connect(tls()?).await.map_err(refused)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
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
fn describe(error: &tokio_postgres::Error) -> String {
    use std::error::Error;
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
