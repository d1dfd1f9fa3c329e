//! What can be wrong with a picture, or with what somebody wants to do with it.

use kernel::Invalid;

use crate::{Format, ImageError, StoreError};

/// Why a use case was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// Fields are refused.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The file is not taken for a picture.
    #[error(transparent)]
    Unusable(#[from] ImageError),
    /// The file is another kind of picture than its sender says.
    #[error("the file is said to be {said} and is {found}")]
    OtherFormat {
        /// The media type that came with it.
        said: String,
        /// What it is.
        found: Format,
    },
    /// It does not exist, or is not the caller's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Somebody has changed it since the caller read it.
    #[error("it has been changed; its version is {current}")]
    VersionMismatch {
        /// The version it has now.
        current: i32,
    },
    /// So many images are attached to nothing that no more are taken.
    #[error("{0} of your images are attached to nothing; attach or delete some first")]
    TooManyLoose(i64),
    /// Files cannot be sent to the store directly.
    #[error("this installation takes no files at another address; send them to POST /api/v1/images")]
    CannotPresign,
    /// The file of an upload was not sent.
    #[error("the file has not been sent")]
    NotSent,
    /// Another number of bytes was sent than was announced.
    #[error("the file has {came} bytes instead of {announced}")]
    OtherLength {
        /// As the upload was granted for.
        announced: u64,
        /// As it was sent.
        came: u64,
    },
    /// The upload was finalized before.
    #[error("the upload was finalized before")]
    AlreadyFinalized,
    /// The time of the upload is over.
    #[error("the upload has expired")]
    UploadExpired,
    /// What was begun took so long that it was cleaned up.
    #[error("the upload took too long")]
    TookTooLong,
    /// The temporary file failed.
    #[error("the temporary file failed: {0}")]
    Io(#[from] std::io::Error),
    /// The object store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no connection to the database.
    #[error(transparent)]
    Connection(#[from] db::DbError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}
