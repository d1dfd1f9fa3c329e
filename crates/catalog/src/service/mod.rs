//! What can be asked of the catalog. Every function works in the caller's transaction.

pub(crate) mod browse;
pub(crate) mod bulk;
pub(crate) mod categories;
pub(crate) mod offerings;
pub(crate) mod plants;
pub(crate) mod reports;
pub(crate) mod sellers;

use crate::{CatalogError, Seller};

/// Refuses a change by somebody who has not seen the latest version.
pub(crate) fn expect_version(expected: i32, current: i32) -> Result<(), CatalogError> {
    if expected == current { Ok(()) } else { Err(CatalogError::VersionMismatch { current }) }
}

/// Refuses what only a gardener may do.
pub(crate) fn expect_gardener(seller: &Seller) -> Result<(), CatalogError> {
    if seller.kind == "gardener" { Ok(()) } else { Err(CatalogError::NotAGardener) }
}
