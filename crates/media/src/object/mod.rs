//! Where the bytes are: a store of objects under keys that are made here and nowhere else.
//!
//! Owns the keys, what a store can do, and the two that there are. A key is never somebody's text: it is made of an id,
//! or of a hash and the name of a size, so that nobody can name a file that is not a picture's.

mod folder;
mod s3;

use std::fmt;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use kernel::{PictureId, UploadId};
use tokio::io::AsyncRead;
use url::Url;

use crate::{PictureHash, SizeName};

pub use folder::FolderStore;
pub use s3::{S3Settings, S3Store};

/// The name of an object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// A picture as it was uploaded. It has what a camera wrote into it, and is shown to nobody.
    #[must_use]
    pub fn original(picture: PictureId) -> Self {
        Self(format!("originals/{picture}"))
    }

    /// Where somebody may send a file by themselves.
    #[must_use]
    pub fn upload(upload: UploadId) -> Self {
        Self(format!("uploads/{upload}"))
    }

    /// What is shown of a picture. It never changes.
    #[must_use]
    pub fn shown(hash: &PictureHash, size: &SizeName) -> Self {
        Self(format!("pictures/{hash}/{}", size.as_str()))
    }

    /// One that was written down before.
    pub(crate) fn kept(text: String) -> Self {
        Self(text)
    }

    /// The text: segments of letters, digits, hyphens and dots, with slashes between them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Bytes on their way.
pub type Reader = Pin<Box<dyn AsyncRead + Send>>;

/// What becomes an object.
pub struct Content<'a> {
    /// The bytes.
    pub reader: &'a mut (dyn AsyncRead + Send + Unpin),
    /// How many there are.
    pub length: u64,
    /// Their media type.
    pub media_type: &'a str,
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes of {})", self.length, self.media_type)
    }
}

/// An object that was found.
pub struct Object {
    /// How many bytes it has.
    pub length: u64,
    /// The bytes, as they come.
    pub reader: Reader,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({} bytes)", self.length)
    }
}

/// Why an object could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such object.
    #[error("there is no object {0}")]
    NotFound(ObjectKey),
    /// Another number of bytes came than was announced.
    #[error("{came} bytes came instead of {announced}")]
    WrongLength {
        /// As it was said before.
        announced: u64,
        /// As it was.
        came: u64,
    },
    /// The folder failed.
    #[error("the folder of objects failed: {0}")]
    Io(#[from] std::io::Error),
    /// The server of objects failed, or refused.
    #[error("the object store failed: {0}")]
    Remote(String),
}

/// A store of objects. None of its operations holds a whole object in memory.
pub trait ObjectStore: Send + Sync + fmt::Debug {
    /// Stores an object. It is there whole or not at all, and takes the place of one with the same key.
    fn put<'a>(&'a self, key: &'a ObjectKey, content: Content<'a>) -> BoxFuture<'a, Result<(), StoreError>>;

    /// An object, to be read as it comes.
    fn get<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Object, StoreError>>;

    /// How many bytes an object has.
    fn length<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<u64, StoreError>>;

    /// Removes an object; one that is not there is no error.
    fn delete<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<(), StoreError>>;

    /// An address to which whoever has it may send this object, and nothing else, for a while: with PUT and exactly
    /// these headers. None where the store is no server.
    fn presign_put<'a>(
        &'a self,
        key: &'a ObjectKey,
        valid_for: Duration,
        length: u64,
        media_type: &'a str,
    ) -> BoxFuture<'a, Result<Option<Url>, StoreError>>;

    /// Removes what was begun before an instant and never became an object; says how much that was.
    fn sweep(&self, before: SystemTime) -> BoxFuture<'_, Result<usize, StoreError>>;
}
