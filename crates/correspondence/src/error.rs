//! What can go wrong between a fact and a message.

use accounts::AccountsError;
use catalog::CatalogError;
use logistics::LogisticsError;
use market::MarketError;
use notifications::NotificationsError;

/// Why somebody cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum CorrespondenceError {
    /// People cannot be read.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// Offerings cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Centers cannot be read.
    #[error(transparent)]
    Logistics(#[from] LogisticsError),
    /// Orders cannot be read.
    #[error(transparent)]
    Market(#[from] MarketError),
    /// Messages cannot be written.
    #[error(transparent)]
    Notifications(#[from] NotificationsError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}
