//! Smaller pictures from larger ones, by way of `fast_image_resize`.
//!
//! The filter is Lanczos3, as in most tools that make thumbnails: edges stay sharp. Nothing is transparent any more,
//! so there is nothing to multiply beforehand: mixing with white and resizing are both linear, in either order.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

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
    let source = ImageRef::new(from.width, from.height, pixels.rgb(), PixelType::U8x3);
    let source = source.map_err(ImageError::unmade)?;
    let mut target = Image::new(size.width, size.height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&source, &mut target, &options).map_err(ImageError::unmade)?;
    Pixels::new(size, target.into_vec())
}
