//! Objects as files below a folder: for one machine.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;
use uuid::Uuid;

use super::{Content, Object, ObjectKey, ObjectStore, StoreError};

/// Where files are written before they have their name: in the same file system, so that they only change it.
const PARTS: &str = ".parts";

/// Objects as files below a folder, which is made when the first one is stored.
#[derive(Clone, Debug)]
pub struct FolderStore {
    root: PathBuf,
}

impl FolderStore {
    /// Below this folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// A key has no segment that leads elsewhere, see [`ObjectKey`].
    fn path(&self, key: &ObjectKey) -> PathBuf {
        self.root.join(key.as_str())
    }

    async fn write(&self, key: &ObjectKey, content: Content<'_>) -> Result<(), StoreError> {
        let parts = self.root.join(PARTS);
        fs::create_dir_all(&parts).await?;
        let part = parts.join(Uuid::new_v4().to_string());
        let written = self.write_to(&part, key, content).await;
        if written.is_err() {
            // What remains is swept up later.
            let _ = fs::remove_file(&part).await;
        }
        written
    }

    async fn write_to(&self, part: &Path, key: &ObjectKey, content: Content<'_>) -> Result<(), StoreError> {
        let mut file = File::create_new(part).await?;
        // One byte more would show that there is more than was announced.
        let mut bounded = content.reader.take(content.length + 1);
        let came = tokio::io::copy(&mut bounded, &mut file).await?;
        if came != content.length {
            return Err(StoreError::WrongLength { announced: content.length, came });
        }
        file.flush().await?;
        file.sync_all().await?;
        drop(file);
        let path = self.path(key);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).await?;
        }
        Ok(fs::rename(part, path).await?)
    }

    async fn sweep_parts(&self, before: SystemTime) -> Result<usize, StoreError> {
        let mut entries = match fs::read_dir(self.root.join(PARTS)).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let mut swept = 0;
        while let Some(entry) = entries.next_entry().await? {
            // One that has got its name meanwhile is none any more.
            let Ok(about) = entry.metadata().await else { continue };
            if about.is_file() && about.modified()? < before && fs::remove_file(entry.path()).await.is_ok() {
                swept += 1;
            }
        }
        Ok(swept)
    }
}

fn missing(key: &ObjectKey) -> impl FnOnce(Error) -> StoreError + '_ {
    |error| match error.kind() {
        ErrorKind::NotFound => StoreError::NotFound(key.clone()),
        _ => error.into(),
    }
}

impl ObjectStore for FolderStore {
    fn put<'a>(&'a self, key: &'a ObjectKey, content: Content<'a>) -> BoxFuture<'a, Result<(), StoreError>> {
        self.write(key, content).boxed()
    }

    fn get<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Object, StoreError>> {
        async move {
            let file = File::open(self.path(key)).await.map_err(missing(key))?;
            let length = file.metadata().await?.len();
            Ok(Object { length, reader: Box::pin(file) })
        }
        .boxed()
    }

    fn length<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<u64, StoreError>> {
        async move { Ok(fs::metadata(self.path(key)).await.map_err(missing(key))?.len()) }.boxed()
    }

    fn delete<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            match fs::remove_file(self.path(key)).await {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            }
        }
        .boxed()
    }

    fn presign_put<'a>(
        &'a self,
        _key: &'a ObjectKey,
        _valid_for: Duration,
        _length: u64,
        _media_type: &'a str,
    ) -> BoxFuture<'a, Result<Option<Url>, StoreError>> {
        async { Ok(None) }.boxed()
    }

    fn sweep(&self, before: SystemTime) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.sweep_parts(before).boxed()
    }
}
