//! What is shown until a picture has come: a `ThumbHash`, and the mean colour.
//!
//! `ThumbHash` rather than `BlurHash`: in fewer bytes it keeps more detail, truer colours and the picture's shape, so
//! that a page can leave the right room. The crate is the format's author's own, of one file without dependencies; the
//! format is finished, and so is it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::pixels::{CHANNELS, Pixels, index};
use super::{ImageError, resize};

/// The longest side that a `ThumbHash` is made from, in pixels.
const SIDE: u32 = 100;

/// The picture's `ThumbHash` in base64.
pub(super) fn hash(pixels: &Pixels) -> Result<String, ImageError> {
    let small = resize::within(pixels.clone(), SIDE)?;
    let (colours, _) = small.rgb().as_chunks::<CHANNELS>();
    let opaque: Vec<u8> =
        colours.iter().flat_map(|[red, green, blue]| [*red, *green, *blue, u8::MAX]).collect();
    let size = small.size();
    Ok(STANDARD.encode(thumbhash::rgba_to_thumb_hash(index(size.width), index(size.height), &opaque)))
}

/// The mean of all pixels, each channel by itself.
pub(super) fn average(pixels: &Pixels) -> [u8; 3] {
    let (colours, _) = pixels.rgb().as_chunks::<CHANNELS>();
    let mut sums = [0_u64; CHANNELS];
    for colour in colours {
        for (sum, value) in sums.iter_mut().zip(colour) {
            *sum += u64::from(*value);
        }
    }
    let count = u64::try_from(colours.len()).unwrap_or(u64::MAX).max(1);
    sums.map(|sum| u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::pixels::Size;

    #[test]
    fn the_mean_is_rounded_to_the_nearest() {
        let two = Pixels::new(Size { width: 2, height: 1 }, vec![0, 10, 255, 1, 20, 255]).unwrap();
        assert_eq!(average(&two), [1, 15, 255]);
    }

    #[test]
    fn the_thinnest_line_has_a_hash() {
        for (width, height) in [(1, 1), (320, 1), (1, 320)] {
            let line = Pixels::white(Size { width, height }).unwrap();
            assert!(!hash(&line).unwrap().is_empty(), "{width} x {height}");
        }
    }
}
