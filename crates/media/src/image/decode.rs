//! From a file to pixels, whichever format it has; the formats' own modules do it.
//!
//! Owns the fence around the decoders. They are written in safe Rust (but for their SIMD), and are fed whatever
//! anybody on the internet sends: a mistake in one of them must cost that picture, not the thread that works on it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::pixels::{Pixels, Size};
use super::{Format, Header, ImageError, Limits, Orientation, gif, jpeg, png, webp};

/// What a decoder found.
#[derive(Debug)]
pub(super) struct Decoded {
    /// As they are stored, not turned.
    pub(super) pixels: Pixels,
    pub(super) orientation: Orientation,
    /// The ICC profile that says what the pixels' numbers mean.
    pub(super) profile: Option<Vec<u8>>,
}

/// Decodes the whole of `bytes`, whose header has been found within the limits.
pub(super) fn decode(bytes: &[u8], header: &Header, limits: &Limits) -> Result<Decoded, ImageError> {
    let size = Size { width: header.width, height: header.height };
    let decode = match header.format {
        Format::Jpeg => jpeg::decode,
        Format::Png => png::decode,
        Format::Webp => webp::decode,
        Format::Gif => gif::decode,
    };
    // Nothing that the closure touches outlives a panic: it borrows bytes that it does not change.
    catch_unwind(AssertUnwindSafe(|| decode(bytes, size, limits)))
        .unwrap_or_else(|_| Err(ImageError::broken(header.format, "the decoder panicked")))
}
