//! Smaller pictures from larger ones, by way of `fast_image_resize`.
//!
//! The filter is Lanczos3, as in most tools that make thumbnails: edges stay sharp. Nothing is transparent any more,
//! so there is nothing to multiply beforehand: mixing with white and resizing are both linear, in either order.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::ImageError;
use super::pixels::{Pixels, Size};

/// The picture with a longer side of at most `side` pixels.
pub(super) fn within(pixels: Pixels, side: u32) -> Result<Pixels, ImageError> {
    let smaller = pixels.size().within(side);
    to(pixels, smaller)
}

/// The picture at that size.
pub(super) fn to(pixels: Pixels, size: Size) -> Result<Pixels, ImageError> {
    let from = pixels.size();
    if from == size {
        return Ok(pixels);
    }
    // Of this kind of pixel alone: the code for all kinds that the crate knows takes minutes to compile.
    let source = TypedImageRef::<U8x3>::from_buffer(from.width, from.height, pixels.rgb());
    let mut smaller = Pixels::white(size)?;
    let target = TypedImage::<U8x3>::from_buffer(size.width, size.height, smaller.rgb_mut());
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new()
        .resize_typed(
            &source.map_err(ImageError::unmade)?,
            &mut target.map_err(ImageError::unmade)?,
            &options,
        )
        .map_err(ImageError::unmade)?;
    Ok(smaller)
}
