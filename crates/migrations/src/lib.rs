//! The ordered SQL migrations of `/migrations`, embedded, and how they run.
//!
//! Its own crate so that editing a migration rebuilds the binaries that run them and nothing else.

use diesel_async::AsyncMigrationHarness;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// The migrations could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection to the database.
    #[error("the database cannot be reached")]
    Connect(#[from] db::DbError),
    /// A migration failed; the ones before it stay applied.
    #[error("a migration failed: {0}")]
    Run(Box<dyn std::error::Error + Send + Sync>),
}

/// Brings the database at `url` up to date and returns the versions that were applied.
///
/// Must run on a multi-threaded tokio runtime: the harness blocks in place.
pub async fn run(url: &str) -> Result<Vec<String>, MigrateError> {
    let conn = db::connect(url).await?;
    let mut harness = AsyncMigrationHarness::new(conn);
    let applied = harness.run_pending_migrations(MIGRATIONS).map_err(MigrateError::Run)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}
