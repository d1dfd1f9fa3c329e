//! What development makes up: a database of its own and generated keys, all kept in the data folder.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use devstack::{Postgres, PostgresOptions};

use crate::settings::{Secret, Settings};

const DATABASE: &str = "silkcart";
/// Where the database is, in the data folder.
const POSTGRES: &str = "postgres";

/// The servers that were started because the settings name no others; dropping ends them.
#[derive(Debug)]
pub struct Embedded {
    postgres: Option<Postgres>,
}

impl Embedded {
    /// Ends them in order, and says when one did not end well.
    pub async fn stop(self) -> Result<()> {
        if let Some(postgres) = self.postgres {
            tokio::task::spawn_blocking(move || postgres.stop()).await??;
        }
        Ok(())
    }
}

/// Fills in what the settings leave out. In development the database is brought up to date as well; in production
/// that is the operator's step.
///
/// # Errors
/// In production something was left out (which reading the settings refuses already), or the data folder cannot be
/// used, or `PostgreSQL` does not start, or a migration fails.
pub async fn complete_and_migrate(settings: Settings) -> Result<(Settings, Embedded)> {
    let (settings, embedded) = complete(settings).await?;
    if let (false, Some(url)) = (settings.is_production(), &settings.database.url) {
        migrations::run(url.expose()).await?;
    }
    Ok((settings, embedded))
}

/// Fills in what the settings leave out.
///
/// # Errors
/// As for [`complete_and_migrate`].
pub async fn complete(settings: Settings) -> Result<(Settings, Embedded)> {
    tokio::task::spawn_blocking(move || fill_in(settings)).await?
}

fn fill_in(mut settings: Settings) -> Result<(Settings, Embedded)> {
    if settings.is_production() {
        anyhow::ensure!(settings.database.url.is_some(), "production makes nothing up: set DATABASE_URL");
        return Ok((settings, Embedded { postgres: None }));
    }
    let folder = settings.server.data_dir.clone();
    let postgres = match settings.database.url {
        Some(_) => None,
        None => Some(start_database(&folder, &mut settings)?),
    };
    let secrets = &mut settings.secrets;
    if secrets.jwt_private_key.is_none() {
        secrets.jwt_private_key = Some(kept(&folder, "jwt-private-key.pem", new_signing_key)?);
    }
    if secrets.cursor_secret.is_none() {
        secrets.cursor_secret = Some(kept(&folder, "cursor-secret", new_secret)?);
    }
    keep_token_secret(&mut settings)?;
    Ok((settings, Embedded { postgres }))
}

/// Processes of one data folder have to read each other's links.
fn keep_token_secret(settings: &mut Settings) -> Result<()> {
    if settings.secrets.token_secret.is_none() {
        settings.secrets.token_secret = Some(kept(&settings.server.data_dir, "token-secret", new_secret)?);
    }
    Ok(())
}

/// Takes the database of another process that has the data folder open, such as a gateway that serves from it, unless a
/// database is set or nobody has it open; in development, the secret that its links are made of as well.
///
/// # Errors
/// The data folder cannot be read.
pub fn join_running(settings: &mut Settings) -> Result<()> {
    if settings.database.url.is_none() {
        let data = settings.server.data_dir.join(POSTGRES);
        settings.database.url = Postgres::url_of_running(&data, DATABASE)?.map(Secret::new);
    }
    if !settings.is_production() {
        keep_token_secret(settings)?;
    }
    Ok(())
}

fn start_database(folder: &Path, settings: &mut Settings) -> Result<Postgres> {
    make_folder(folder)?;
    let postgres = Postgres::start(&PostgresOptions {
        data_dir: folder.join(POSTGRES),
        port: None,
        durable: true,
        // Beside the pool: the one that listens, and an operator's own.
        max_connections: u16::try_from(settings.database.max_connections + 20).unwrap_or(u16::MAX),
    })?;
    postgres.create_database_if_missing(DATABASE)?;
    settings.database.url = Some(Secret::new(postgres.url(DATABASE)));
    Ok(postgres)
}

/// The secret kept under `name`, made when there is none.
fn kept(folder: &Path, name: &str, make: impl FnOnce() -> Result<String>) -> Result<Secret> {
    make_folder(folder)?;
    let file = folder.join(name);
    if !file.exists() {
        let secret = make()?;
        // Written whole beside its place first: a process that is killed meanwhile leaves no half key.
        let fresh = folder.join(format!("{name}.{:016x}", rand::random::<u64>()));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut writer = options.open(&fresh).with_context(|| format!("cannot write {}", fresh.display()))?;
        writer.write_all(secret.as_bytes())?;
        writer.sync_all()?;
        // Not moved over what may be there by now: of two processes that begin at once, both keep the first one's.
        let linked = fs::hard_link(&fresh, &file);
        fs::remove_file(&fresh)?;
        if let Err(error) = linked
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(error).with_context(|| format!("cannot write {}", file.display()));
        }
    }
    let secret = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Secret::new(secret.trim()))
}

fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the data folder {}", folder.display()))
}

fn new_signing_key() -> Result<String> {
    Ok(accounts::generate_key_pem()?)
}

#[expect(clippy::unnecessary_wraps, reason = "one of the makers that `kept` takes")]
fn new_secret() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn all_who_begin_at_once_keep_the_same_secret() {
        let folder = tempfile::tempdir().unwrap();
        let keep = || kept(folder.path(), "secret", new_secret).unwrap().expose().to_owned();
        let kept: HashSet<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(keep)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(kept.len(), 1);
    }
}
