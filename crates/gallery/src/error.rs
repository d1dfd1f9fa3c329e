//! What can be wrong with putting a picture somewhere.

use accounts::AccountsError;
use catalog::CatalogError;
use media::MediaError;

/// Why a use case was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum GalleryError {
    /// People or shops cannot be read, or there is no such shop.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The offering or the plant is not there, or not the caller's.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The images are not the caller's, or cannot be put there.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// What is shown cannot be written down.
    #[error("what is shown cannot be written down: {0}")]
    Unwritable(#[from] serde_json::Error),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}
