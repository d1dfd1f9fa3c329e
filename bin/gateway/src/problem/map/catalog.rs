//! The catalog's errors.

use catalog::{CatalogError, NotPublishable};

use crate::extract::etag;
use crate::problem::{Problem, ProblemKind};

impl From<CatalogError> for Problem {
    fn from(error: CatalogError) -> Self {
        let refuse = |kind: ProblemKind| Self::new(kind).detail(error.to_string());
        match error {
            CatalogError::Invalid(invalid) => invalid.into(),
            CatalogError::NotFound(what) => Self::not_found(what),
            CatalogError::VersionMismatch { current } => Self::new(ProblemKind::PreconditionFailed)
                .detail(format!("the present version is {}", etag(current))),
            CatalogError::NotAVendor => refuse(ProblemKind::NotAVendor),
            CatalogError::NotAGardener => refuse(ProblemKind::NotAGardener),
            CatalogError::NotPublishable(NotPublishable::NotLocated) => refuse(ProblemKind::NotLocated),
            CatalogError::NotPublishable(NotPublishable::OutOfReach) => refuse(ProblemKind::OutOfReach),
            CatalogError::SkuTaken => {
                refuse(ProblemKind::SkuTaken).field("/sku", "not_allowed", "is another product's")
            }
            CatalogError::CategorySlugTaken => {
                refuse(ProblemKind::CategorySlugTaken).field("/slug", "not_allowed", "is another category's")
            }
            CatalogError::CategoryInUse => refuse(ProblemKind::CategoryInUse),
            CatalogError::PlantInUse => refuse(ProblemKind::PlantInUse),
            CatalogError::AlreadyReported => refuse(ProblemKind::AlreadyReported),
            CatalogError::ReportDecided => refuse(ProblemKind::ReportDecided),
            CatalogError::Stock(error) => error.into(),
            CatalogError::Database(error) => error.into(),
        }
    }
}
