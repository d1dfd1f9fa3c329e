//! Mail from a content: text, HTML and the message around them.
//!
//! Owns how mail looks and which headers it has; what it says is `wording`'s, how it leaves is `delivery`'s.

mod mime;
mod page;
mod preview;
mod stationery;

pub use mime::Mail;
pub use page::Rendered;
pub use preview::{InApp, Preview, preview};
pub use stationery::{Stationery, StationerySettings};

pub(crate) use mime::Addressee;

/// Why a message cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The address is none that mail can be sent to.
    #[error("the address cannot be mailed to: {0}")]
    Address(#[from] lettre::address::AddressError),
    /// The message cannot be put together.
    #[error("the message cannot be put together: {0}")]
    Message(#[from] lettre::error::Error),
    /// A template failed.
    #[error("the template failed: {0}")]
    Template(#[from] askama::Error),
}
