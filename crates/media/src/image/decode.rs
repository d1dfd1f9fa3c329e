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
    /// As they are stored, not turned; perhaps fewer than the file has, but not fewer than are wanted.
    pub(super) pixels: Pixels,
    pub(super) orientation: Orientation,
    /// The ICC profile that says what the pixels' numbers mean.
    pub(super) profile: Option<Vec<u8>>,
}

/// Decodes the whole of `bytes`, whose header has been found within the limits, to make a picture of the `wanted` size
/// from it, which is of the same shape and not larger.
pub(super) fn decode(
    bytes: &[u8],
    header: &Header,
    wanted: Size,
    limits: &Limits,
) -> Result<Decoded, ImageError> {
    let size = Size { width: header.width, height: header.height };
    fenced(header.format, || match header.format {
        Format::Jpeg => jpeg::decode(bytes, size, wanted, limits),
        Format::Png => png::decode(bytes, size, limits),
        Format::Webp => webp::decode(bytes, size, limits),
        Format::Gif => gif::decode(bytes, size, limits),
    })
}

/// What `decode` finds, or that the file is broken if it panics.
fn fenced(
    format: Format,
    decode: impl FnOnce() -> Result<Decoded, ImageError>,
) -> Result<Decoded, ImageError> {
    // Nothing that a decoder has changed outlives its panic: it borrows bytes to read, and owns what it makes of them.
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(ImageError::broken(format, "the decoder panicked")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_panics_costs_its_picture() {
        let refused = fenced(Format::Gif, || panic!("a mistake of a decoder's, made for this test"));
        assert!(matches!(refused, Err(ImageError::Broken { format: Format::Gif, .. })), "{refused:?}");
    }
}
