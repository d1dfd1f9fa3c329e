//! What can go wrong between people and the map.

use std::sync::Arc;

use accounts::AccountsError;
use catalog::CatalogError;
use eligibility_core::PlaceError;
use logistics::{LogisticsError, Unplaceable};

/// Why somebody or something cannot be placed.
#[derive(Debug, thiserror::Error)]
pub enum PlacementError {
    /// The address has no certain place.
    #[error(transparent)]
    Unplaceable(#[from] Unplaceable),
    /// The coordinates are no place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The geocoder gave no answer, to this caller or to another who asked the same.
    #[error(transparent)]
    Geocoding(Arc<LogisticsError>),
    /// Centers cannot be read.
    #[error(transparent)]
    Logistics(#[from] LogisticsError),
    /// People cannot be read or written.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// Shops cannot be written.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// There is no connection to the database.
    #[error(transparent)]
    Connection(#[from] db::DbError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}
