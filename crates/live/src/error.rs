//! What can go wrong while following the feed.

use accounts::AccountsError;
use catalog::CatalogError;
use logistics::LogisticsError;
use market::MarketError;
use notifications::NotificationsError;

/// Why the feed could not be followed. It can be tried again: nothing is skipped.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// From the accounts.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// From the catalog.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// From logistics.
    #[error(transparent)]
    Logistics(#[from] LogisticsError),
    /// From the market.
    #[error(transparent)]
    Market(#[from] MarketError),
    /// From the notifications.
    #[error(transparent)]
    Notifications(#[from] NotificationsError),
    /// No connection to the database.
    #[error(transparent)]
    Connection(#[from] db::DbError),
    /// A query failed.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}
