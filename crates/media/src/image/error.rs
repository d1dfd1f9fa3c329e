//! Why a file is not taken for a picture.

use std::fmt;

use thiserror::Error;

use super::Format;

/// Why a file is not taken for a picture. All but [`ImageError::Unmade`] are the file's fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImageError {
    /// There is not a single byte.
    #[error("the file is empty")]
    Empty,
    /// It begins like none of the formats that are taken, whatever its name or its sender call it.
    #[error("the file is neither a JPEG, a PNG, a WebP nor a GIF picture")]
    UnsupportedType,
    /// It begins well and ends too early.
    #[error("the file ends before its picture does")]
    Truncated,
    /// It contradicts its format, or uses a part of it that browsers do not show either, such as a JPEG in
    /// arithmetic code. The reason is for whoever looks into it, not for the uploader.
    #[error("the {format} file is broken: {reason}")]
    Broken {
        /// What the file began as.
        format: Format,
        /// What is wrong, in a decoder's words.
        reason: String,
    },
    /// More bytes than [`Limits::bytes`](super::Limits::bytes).
    #[error("a file of {bytes} bytes is larger than {limit}")]
    TooLarge {
        /// How many there are, or as far as they have been received.
        bytes: u64,
        /// How many there may be.
        limit: u64,
    },
    /// A width or height of 0.
    #[error("a picture of {width} x {height} pixels shows nothing")]
    NoPixels {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// A side longer than [`Limits::side`](super::Limits::side).
    #[error("a side of {side} pixels is longer than {limit}")]
    TooLong {
        /// The longer side in pixels.
        side: u32,
        /// How long it may be.
        limit: u32,
    },
    /// More pixels than [`Limits::pixels`](super::Limits::pixels).
    #[error("{width} x {height} are more than {limit} pixels")]
    TooManyPixels {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// How many pixels there may be in all.
        limit: u64,
    },
    /// Decoding would take more than [`Limits::memory`](super::Limits::memory): of two pictures of one size, an
    /// animation or a progressive JPEG takes several times what a plain one does.
    #[error("decoding would take {bytes} bytes of memory, more than {limit}")]
    TooMuchMemory {
        /// How many it would take.
        bytes: u64,
        /// How many it may take.
        limit: u64,
    },
    /// The file was decoded and still could not be shown: a fault of ours.
    #[error("the picture could not be made: {reason}")]
    Unmade {
        /// What went wrong, in an encoder's words.
        reason: String,
    },
}

impl ImageError {
    pub(super) fn broken(format: Format, reason: impl fmt::Display) -> Self {
        Self::Broken { format, reason: reason.to_string() }
    }

    pub(super) fn unmade(reason: impl fmt::Display) -> Self {
        Self::Unmade { reason: reason.to_string() }
    }
}
