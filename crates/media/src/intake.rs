//! A file as it comes in: counted, hashed and looked at chunk by chunk, so that what cannot become a picture is refused
//! before the rest of it is sent, and never more than a little of it is in memory.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::{fmt, fs};

use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::{Format, Header, ImageError, Limits, MediaError, PictureHash, inspect, inspect_whole};

/// How much of a file's beginning is kept to find its header there. A JPEG may have megabytes before it; such a one is
/// looked at once it is whole.
const HEAD: usize = 256 * 1024;

/// A file that is coming in.
pub struct Intake {
    limits: Limits,
    /// Has no name, so that it is gone with this process, however that ends.
    file: File,
    hasher: Sha256,
    bytes: u64,
    /// Its beginning, until the header was found in it.
    head: Vec<u8>,
    header: Option<Header>,
    /// How long the beginning shall be before it is looked at again.
    look_at: usize,
}

/// A file that has come in whole, and whose header is that of a picture.
pub struct Received {
    pub(crate) file: File,
    /// Of its bytes.
    pub hash: PictureHash,
    /// How many bytes it has.
    pub bytes: u64,
    /// What it says of its picture.
    pub header: Header,
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Intake({} bytes so far)", self.bytes)
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received({} of {} bytes, {})", self.header.format, self.bytes, self.hash)
    }
}

impl Intake {
    /// Makes the file, in this folder, which is made as well.
    pub async fn begin(limits: Limits, folder: &Path) -> Result<Self, MediaError> {
        let folder = folder.to_owned();
        let make = move || {
            fs::create_dir_all(&folder)?;
            tempfile::tempfile_in(folder)
        };
        let file = tokio::task::spawn_blocking(make).await.map_err(std::io::Error::other)?;
        Ok(Self {
            limits,
            file: File::from_std(file?),
            hasher: Sha256::new(),
            bytes: 0,
            head: Vec::new(),
            header: None,
            look_at: 1,
        })
    }

    /// How much has come.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes in what has come.
    ///
    /// # Errors
    /// Whatever follows, this does not become a picture that is taken.
    pub async fn take(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        self.bytes += chunk.len() as u64;
        if self.bytes > self.limits.bytes {
            return Err(ImageError::TooLarge { bytes: self.bytes, limit: self.limits.bytes }.into());
        }
        if self.header.is_none() && self.head.len() < HEAD {
            let room = HEAD - self.head.len();
            self.head.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if self.head.len() >= self.look_at {
                self.header = inspect(&self.head, &self.limits)?;
                self.look_at = (self.head.len() * 2).min(HEAD);
            }
        }
        if self.header.is_some() {
            self.head = Vec::new();
        }
        self.hasher.update(chunk);
        Ok(self.file.write_all(chunk).await?)
    }

    /// The file, whole.
    ///
    /// # Errors
    /// It is no picture after all.
    pub async fn finish(mut self) -> Result<Received, MediaError> {
        self.file.flush().await?;
        let header = match self.header {
            Some(header) => header,
            None if self.bytes <= self.head.len() as u64 => inspect_whole(&self.head, &self.limits)?,
            None => {
                let (mut file, limits) = (self.file.try_clone().await?.into_std().await, self.limits);
                let look = move || {
                    let mut bytes = Vec::new();
                    file.seek(SeekFrom::Start(0))?;
                    file.read_to_end(&mut bytes)?;
                    Ok::<_, std::io::Error>(inspect_whole(&bytes, &limits))
                };
                tokio::task::spawn_blocking(look).await.map_err(std::io::Error::other)???
            }
        };
        self.file.seek(SeekFrom::Start(0)).await?;
        Ok(Received { file: self.file, hash: PictureHash::finish(self.hasher), bytes: self.bytes, header })
    }
}

impl Received {
    /// Refuses a file that is another kind of picture than its sender says. A media type that is none of a picture's
    /// says nothing.
    pub fn expect_media_type(&self, said: &str) -> Result<(), MediaError> {
        let found = self.header.format;
        match Format::of_media_type(said) {
            Some(format) if format != found => Err(MediaError::OtherFormat { said: said.to_owned(), found }),
            _ => Ok(()),
        }
    }
}
