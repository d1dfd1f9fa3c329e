//! Pictures as they are put out: baseline JPEG with nothing in it but pixels, by way of `jpeg-encoder`.
//!
//! JPEG, since everything shows it, and since it is encoded several times as fast as WebP or AVIF are.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::pixels::Pixels;
use super::{ImageError, Picture};

/// The media type of every picture that is put out.
pub const MEDIA_TYPE: &str = "image/jpeg";

/// On the scale of the Independent JPEG Group, 1 to 100. Others are made from a master, so it loses less.
const MASTER_QUALITY: u8 = 85;
/// What `sharp` and most others take for pictures on pages.
const THUMBNAIL_QUALITY: u8 = 80;

pub(super) fn master(pixels: &Pixels) -> Result<Picture, ImageError> {
    encode(pixels, MASTER_QUALITY)
}

pub(super) fn thumbnail(pixels: &Pixels) -> Result<Picture, ImageError> {
    encode(pixels, THUMBNAIL_QUALITY)
}

fn encode(pixels: &Pixels, quality: u8) -> Result<Picture, ImageError> {
    let size = pixels.size();
    let length = |length: u32| u16::try_from(length).map_err(ImageError::unmade);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    // Half as many colours as lights in either direction. The tables stay the standard's: made for the picture they
    // would save 4 % of the bytes, but the crate then writes each component as a scan of its own, which viewers must
    // hold in memory until the last, and which some of them show wrongly.
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder
        .encode(pixels.rgb(), length(size.width)?, length(size.height)?, ColorType::Rgb)
        .map_err(ImageError::unmade)?;
    Ok(Picture { width: size.width, height: size.height, bytes })
}
