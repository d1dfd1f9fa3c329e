//! What cannot be done with a file, and what the object store does not do.

use gallery::GalleryError;
use media::{ImageError, MediaError};

use crate::extract::etag;
use crate::middleware::intake::too_large;
use crate::problem::{Problem, ProblemKind};

impl From<MediaError> for Problem {
    fn from(error: MediaError) -> Self {
        let refuse = |kind: ProblemKind| Self::new(kind).detail(error.to_string());
        match error {
            MediaError::Invalid(invalid) => invalid.into(),
            MediaError::Unusable(ImageError::TooLarge { limit, .. }) => too_large(limit),
            MediaError::Unusable(ImageError::UnsupportedType) | MediaError::OtherFormat { .. } => {
                refuse(ProblemKind::UnsupportedPicture)
            }
            MediaError::Unusable(ImageError::Broken { format, .. }) => {
                Self::new(ProblemKind::UnusablePicture).detail(format!("the {format} file is broken"))
            }
            MediaError::Unusable(_) => refuse(ProblemKind::UnusablePicture),
            MediaError::NotFound(what) => Self::not_found(what),
            MediaError::VersionMismatch { current } => Self::new(ProblemKind::PreconditionFailed)
                .detail(format!("the present version is {}", etag(current))),
            MediaError::TooManyLoose(_) => refuse(ProblemKind::TooManyLooseImages),
            MediaError::CannotPresign => refuse(ProblemKind::NoDirectUploads),
            MediaError::NotSent => refuse(ProblemKind::UploadNotSent),
            MediaError::OtherLength { .. } => refuse(ProblemKind::UploadMismatch),
            MediaError::AlreadyFinalized | MediaError::UploadExpired => refuse(ProblemKind::UploadOver),
            MediaError::TookTooLong => Self::new(ProblemKind::Busy),
            MediaError::Store(error) => {
                tracing::warn!(error = crate::problem::chain(&error), "the object store failed");
                Self::new(ProblemKind::Unavailable)
                    .detail("the store of pictures does not answer")
                    .retry_after(5)
            }
            MediaError::Io(error) => Self::internal(&error),
            MediaError::Connection(error) => error.into(),
            MediaError::Database(error) => error.into(),
        }
    }
}

impl From<GalleryError> for Problem {
    fn from(error: GalleryError) -> Self {
        match error {
            GalleryError::Accounts(error) => error.into(),
            GalleryError::Catalog(error) => error.into(),
            GalleryError::Media(error) => error.into(),
            GalleryError::Unwritable(error) => Self::internal(&error),
            GalleryError::Database(error) => error.into(),
        }
    }
}
