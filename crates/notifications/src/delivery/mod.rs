//! How messages leave: by a mail server, or into a folder.
//!
//! Owns what a failure means for the next attempt. It does not own which message leaves when, nor how often it is
//! tried.

mod folder;
mod smtp;

use std::fmt;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use kernel::MessageId;

pub use folder::{FolderMailer, FolderSms};
pub use smtp::{SmtpMailer, SmtpSecurity, SmtpSettings};

use crate::Mail;

/// Whoever carries mail on.
pub trait Mailer: Send + Sync + fmt::Debug {
    /// Hands a mail over. It may come again with the same `Message-ID`, where we went away before we knew that it was
    /// taken.
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), DeliveryError>>;
}

/// Whoever carries text messages on.
pub trait Sms: Send + Sync + fmt::Debug {
    /// Hands a text message over. It may come again with the same id.
    fn send<'a>(&'a self, message: &'a TextMessage) -> BoxFuture<'a, Result<(), DeliveryError>>;
}

/// A text message, ready to leave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextMessage {
    /// Its id with us.
    pub id: MessageId,
    /// When it was written.
    pub written_at: DateTime<Utc>,
    /// The telephone number, as its owner typed it.
    pub to: String,
    /// What it says, on one line.
    pub text: String,
}

/// Why a message did not leave.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It never will: the recipient or the message is refused.
    #[error("refused: {0}")]
    Refused(String),
    /// It may at the next attempt.
    #[error("not delivered: {0}")]
    Failed(String),
}
