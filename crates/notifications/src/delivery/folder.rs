//! Messages as files in a folder: for development, and for whoever carries them on by other means.
//!
//! A file appears under its name when it is complete. Names begin with the time at which the message was written, so
//! that they sort, and end with the message's id: one that is sent again takes the place of the first.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use futures_util::future::{BoxFuture, FutureExt};
use kernel::MessageId;

use super::{DeliveryError, Mailer, Sms, TextMessage};
use crate::Mail;

/// Writes mail as `.eml` files, which mail programs open.
#[derive(Clone, Debug)]
pub struct FolderMailer {
    folder: PathBuf,
}

/// Writes text messages as `.txt` files.
#[derive(Clone, Debug)]
pub struct FolderSms {
    folder: PathBuf,
}

impl FolderMailer {
    /// A mailer that writes into `folder`, which is made where there is none.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl FolderSms {
    /// One that writes into `folder`, which is made where there is none.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl Mailer for FolderMailer {
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), DeliveryError>> {
        let name = name(mail.written_at, mail.id, "eml");
        put(self.folder.clone(), name, mail.bytes().to_vec()).boxed()
    }
}

impl Sms for FolderSms {
    fn send<'a>(&'a self, message: &'a TextMessage) -> BoxFuture<'a, Result<(), DeliveryError>> {
        let name = name(message.written_at, message.id, "txt");
        let text = format!("To: {}\n\n{}\n", message.to, message.text);
        put(self.folder.clone(), name, text.into_bytes()).boxed()
    }
}

fn name(written_at: DateTime<Utc>, id: MessageId, extension: &str) -> String {
    format!("{}-{id}.{extension}", written_at.format("%Y%m%dT%H%M%S%.6fZ"))
}

async fn put(folder: PathBuf, name: String, bytes: Vec<u8>) -> Result<(), DeliveryError> {
    let written = tokio::task::spawn_blocking(move || write(&folder, &name, &bytes)).await;
    let failed = |reason: String| DeliveryError::Failed(reason);
    written.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
}

/// Writes beside the name first, so that nobody finds half a message under it.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let draft = folder.join(format!(".{name}.draft"));
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(draft, folder.join(name))
}
