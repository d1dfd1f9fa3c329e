//! What can be wrong with a request to the catalog.

use kernel::{FieldError, Invalid, InvalidCode};
use reservations::ReservationError;

use crate::NotPublishable;

/// What can be wrong with a request to the catalog.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Fields are refused.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It does not exist, or is not the caller's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Somebody has changed it since the caller read it.
    #[error("it has been changed; its version is {current}")]
    VersionMismatch {
        /// The version it has now.
        current: i32,
    },
    /// The caller has no shop.
    #[error("only a vendor has offerings; open a shop first")]
    NotAVendor,
    /// Only gardeners have plants and listings.
    #[error("only a gardener has plants and listings")]
    NotAGardener,
    /// It may not go on sale.
    #[error(transparent)]
    NotPublishable(#[from] NotPublishable),
    /// The vendor already uses the SKU for something else.
    #[error("another of your products has this SKU")]
    SkuTaken,
    /// Another category has the slug.
    #[error("another category has this slug")]
    CategorySlugTaken,
    /// The category has offerings or categories below it.
    #[error("the category is in use")]
    CategoryInUse,
    /// The plant still has listings.
    #[error("the plant still has listings; remove them first")]
    PlantInUse,
    /// The reporter has an open report on the same subject.
    #[error("you have already reported this")]
    AlreadyReported,
    /// The report has been decided before.
    #[error("the report has been decided already")]
    ReportDecided,
    /// Stock could not be set.
    #[error(transparent)]
    Stock(#[from] ReservationError),
    /// The database failed.
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for CatalogError {
    /// Names the rule that was breached, where it is one of the catalog's.
    fn from(error: diesel::result::Error) -> Self {
        match db::violated_constraint(&error) {
            Some("products_sku") => Self::SkuTaken,
            Some("categories_slug") => Self::CategorySlugTaken,
            Some("offerings_category" | "categories_parent") => Self::CategoryInUse,
            Some("reports_once") => Self::AlreadyReported,
            _ => Self::Database(error),
        }
    }
}

impl CatalogError {
    /// What it means that a row could not be written which names a category in `field`.
    pub(crate) fn of_writing(field: &'static str) -> impl Fn(diesel::result::Error) -> Self {
        move |error| match db::violated_constraint(&error) {
            Some("offerings_category" | "categories_parent") => {
                FieldError::new(InvalidCode::Unknown, "there is no such category").at(field).into()
            }
            _ => error.into(),
        }
    }
}
