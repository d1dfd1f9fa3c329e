//! Objects on a server that speaks S3.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use s3::creds::Credentials;
use s3::error::S3Error;
use s3::{Bucket, Region};
use tokio::io::{AsyncRead, AsyncReadExt};
use url::Url;

use super::{Content, Object, ObjectKey, ObjectStore, StoreError};

/// As much of an object as is in memory at once: the least that S3 takes for a part.
const PART: usize = 5 * 1024 * 1024;
/// How long one request may take, the bytes of its part included.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Where the bucket is, and who we are there.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Settings {
    /// The server's address, such as `https://s3.example.org`.
    pub endpoint: Url,
    /// The bucket. It exists already and is not public.
    pub bucket: String,
    /// The region, as the server names it.
    pub region: String,
    /// The key's name.
    pub access_key: String,
    /// The key.
    pub secret_key: String,
    /// Whether the bucket's name stands in the path rather than in the host.
    pub path_style: bool,
}

impl fmt::Debug for S3Settings {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3Settings({} at {})", self.bucket, self.endpoint)
    }
}

/// Objects in a bucket.
#[derive(Clone)]
pub struct S3Store {
    bucket: Box<Bucket>,
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3Store({})", self.bucket.name())
    }
}

impl S3Store {
    /// In this bucket. Asks the server nothing yet.
    pub fn new(settings: &S3Settings) -> Result<Self, StoreError> {
        let region = Region::Custom {
            region: settings.region.clone(),
            endpoint: settings.endpoint.as_str().trim_end_matches('/').to_owned(),
        };
        let (access, secret) = (Some(settings.access_key.as_str()), Some(settings.secret_key.as_str()));
        let credentials = Credentials::new(access, secret, None, None, None).map_err(S3Error::from);
        let bucket = credentials.and_then(|credentials| Bucket::new(&settings.bucket, region, credentials));
        let mut bucket = bucket.map_err(failed)?;
        bucket.set_request_timeout(Some(TIMEOUT));
        if settings.path_style {
            bucket.set_path_style();
        }
        Ok(Self { bucket })
    }

    async fn write(&self, key: &ObjectKey, content: Content<'_>) -> Result<(), StoreError> {
        let Content { reader, length, media_type } = content;
        let first = part_of(reader).await?;
        if first.len() < PART {
            expect_length(length, first.len() as u64)?;
            let put = self.bucket.put_object_with_content_type(key.as_str(), &first, media_type);
            return put.await.map(drop).map_err(failed);
        }
        let begun = self.bucket.initiate_multipart_upload(key.as_str(), media_type).await.map_err(failed)?;
        let sent = self.write_parts(key, &begun.upload_id, first, reader, length, media_type).await;
        if sent.is_err() {
            // Where this fails too, the parts are swept up later.
            let _ = self.bucket.abort_upload(key.as_str(), &begun.upload_id).await;
        }
        sent
    }

    /// One after the other, so that a single part is in memory.
    async fn write_parts(
        &self,
        key: &ObjectKey,
        upload: &str,
        first: Vec<u8>,
        reader: &mut (dyn AsyncRead + Send + Unpin),
        length: u64,
        media_type: &str,
    ) -> Result<(), StoreError> {
        let (mut parts, mut came, mut part) = (Vec::new(), 0, first);
        while !part.is_empty() {
            came += part.len() as u64;
            if came > length {
                break;
            }
            let number = u32::try_from(parts.len() + 1).unwrap_or(u32::MAX);
            let sent = self.bucket.put_multipart_chunk(part, key.as_str(), number, upload, media_type);
            parts.push(sent.await.map_err(failed)?);
            part = part_of(reader).await?;
        }
        expect_length(length, came)?;
        self.bucket.complete_multipart_upload(key.as_str(), upload, parts).await.map_err(failed)?;
        Ok(())
    }

    async fn length_of(&self, key: &ObjectKey) -> Result<u64, StoreError> {
        let (about, _status) = self.bucket.head_object(key.as_str()).await.map_err(missing(key))?;
        let length = about.content_length.and_then(|length| u64::try_from(length).ok());
        length.ok_or_else(|| StoreError::Remote(format!("the length of {key} is not told")))
    }

    async fn presign(
        &self,
        key: &ObjectKey,
        valid_for: Duration,
        length: u64,
        media_type: &str,
    ) -> Result<Url, StoreError> {
        let mut headers = http::HeaderMap::new();
        headers.insert(http::header::CONTENT_LENGTH, http::HeaderValue::from(length));
        let media_type = http::HeaderValue::from_str(media_type).map_err(remote)?;
        headers.insert(http::header::CONTENT_TYPE, media_type);
        let seconds = u32::try_from(valid_for.as_secs()).unwrap_or(u32::MAX);
        let url = self.bucket.presign_put(key.as_str(), seconds, Some(headers), None::<HashMap<_, _>>);
        Url::parse(&url.await.map_err(failed)?).map_err(remote)
    }

    async fn abort_old(&self, before: SystemTime) -> Result<usize, StoreError> {
        let lists = self.bucket.list_multiparts_uploads(Some("originals/"), None).await.map_err(failed)?;
        let mut swept = 0;
        for upload in lists.into_iter().flat_map(|list| list.uploads) {
            let begun = chrono::DateTime::parse_from_rfc3339(&upload.initiated).map(SystemTime::from);
            if begun.is_ok_and(|begun| begun < before) {
                self.bucket.abort_upload(&upload.key, &upload.id).await.map_err(failed)?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

/// The next part; shorter than [`PART`] where the bytes end.
async fn part_of(reader: &mut (dyn AsyncRead + Send + Unpin)) -> Result<Vec<u8>, StoreError> {
    let mut part = Vec::with_capacity(PART);
    reader.take(PART as u64).read_to_end(&mut part).await?;
    Ok(part)
}

fn expect_length(announced: u64, came: u64) -> Result<(), StoreError> {
    if came == announced { Ok(()) } else { Err(StoreError::WrongLength { announced, came }) }
}

fn remote(error: impl fmt::Display) -> StoreError {
    StoreError::Remote(error.to_string())
}

fn failed(error: S3Error) -> StoreError {
    match error {
        // What a server says is as long as it likes.
        S3Error::HttpFailWithBody(status, body) => {
            StoreError::Remote(format!("{status}: {}", body.chars().take(300).collect::<String>()))
        }
        other => remote(other),
    }
}

fn missing(key: &ObjectKey) -> impl FnOnce(S3Error) -> StoreError + '_ {
    |error| match error {
        S3Error::HttpFailWithBody(404, _) => StoreError::NotFound(key.clone()),
        other => failed(other),
    }
}

impl ObjectStore for S3Store {
    fn put<'a>(&'a self, key: &'a ObjectKey, content: Content<'a>) -> BoxFuture<'a, Result<(), StoreError>> {
        self.write(key, content).boxed()
    }

    fn get<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Object, StoreError>> {
        async move {
            let length = self.length_of(key).await?;
            let stream = self.bucket.get_object_stream(key.as_str()).await.map_err(missing(key))?;
            Ok(Object { length, reader: Box::pin(stream) })
        }
        .boxed()
    }

    fn length<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.length_of(key).boxed()
    }

    fn delete<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            match self.bucket.delete_object(key.as_str()).await {
                // Some servers say so, others do not.
                Ok(_) | Err(S3Error::HttpFailWithBody(404, _)) => Ok(()),
                Err(error) => Err(failed(error)),
            }
        }
        .boxed()
    }

    fn presign_put<'a>(
        &'a self,
        key: &'a ObjectKey,
        valid_for: Duration,
        length: u64,
        media_type: &'a str,
    ) -> BoxFuture<'a, Result<Option<Url>, StoreError>> {
        async move { self.presign(key, valid_for, length, media_type).await.map(Some) }.boxed()
    }

    fn sweep(&self, before: SystemTime) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.abort_old(before).boxed()
    }
}
