//! Decoded pixels: 8 bits each of red, green and blue, row by row from the top. How they are turned upright, and how
//! what is transparent becomes opaque.

use super::{ImageError, Orientation};

/// Bytes a pixel.
pub(super) const CHANNELS: usize = 3;
/// How many pixels a side of the squares has in which a picture is turned: two of them fit a core's nearest cache.
const TILE: usize = 32;

/// Width and height in pixels, neither of them 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Size {
    pub(super) fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    pub(super) fn longer(self) -> u32 {
        self.width.max(self.height)
    }

    /// The size of the same shape whose longer side is `side`, or this one if it is not longer.
    pub(super) fn within(self, side: u32) -> Self {
        let longer = self.longer();
        if longer <= side {
            return self;
        }
        // Rounded to the nearest; a line stays a line.
        let scale = |length: u32| {
            let scaled = (u64::from(length) * u64::from(side) + u64::from(longer) / 2) / u64::from(longer);
            u32::try_from(scaled).unwrap_or(side).max(1)
        };
        Self { width: scale(self.width), height: scale(self.height) }
    }
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pixels {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Pixels {
    /// A picture of `size`, if `rgb` has as many bytes as that takes.
    pub(super) fn new(size: Size, rgb: Vec<u8>) -> Result<Self, ImageError> {
        if Some(rgb.len()) != bytes(size) {
            return Err(ImageError::unmade(format_args!("{} bytes are not {size:?}", rgb.len())));
        }
        Ok(Self { width: size.width, height: size.height, rgb })
    }

    /// A white picture.
    pub(super) fn white(size: Size) -> Result<Self, ImageError> {
        let length = bytes(size).ok_or_else(|| ImageError::unmade("more bytes than can be addressed"))?;
        Self::new(size, vec![u8::MAX; length])
    }

    pub(super) fn size(&self) -> Size {
        Size { width: self.width, height: self.height }
    }

    pub(super) fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    pub(super) fn rgb_mut(&mut self) -> &mut [u8] {
        &mut self.rgb
    }

    /// The rows from the top, as bytes.
    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        let row = index(self.width) * CHANNELS;
        self.rgb.chunks_exact_mut(row)
    }

    /// The picture turned as `orientation` asks.
    pub(super) fn upright(self, orientation: Orientation) -> Self {
        if orientation == Orientation::Upright {
            return self;
        }
        let (columns, rows) = (index(self.width), index(self.height));
        let size = if orientation.swaps_sides() {
            Size { width: self.height, height: self.width }
        } else {
            self.size()
        };
        // Where the pixel of a column and row of the result comes from.
        let (last_column, last_row) = (columns - 1, rows - 1);
        let from = |column: usize, row: usize| match orientation {
            Orientation::Upright => (column, row),
            Orientation::Mirror => (last_column - column, row),
            Orientation::TurnOver => (last_column - column, last_row - row),
            Orientation::MirrorUpsideDown => (column, last_row - row),
            Orientation::Transpose => (row, column),
            Orientation::TurnRight => (row, last_row - column),
            Orientation::Transverse => (last_column - row, last_row - column),
            Orientation::TurnLeft => (last_column - row, column),
        };
        let (width, height) = (index(size.width), index(size.height));
        let mut turned = vec![0; self.rgb.len()];
        let (source, _) = self.rgb.as_chunks::<CHANNELS>();
        let (target, _) = turned.as_chunks_mut::<CHANNELS>();
        // In squares, so that rows that are read as columns are still in the cache when their neighbours are read.
        for top in (0..height).step_by(TILE) {
            for left in (0..width).step_by(TILE) {
                for row in top..height.min(top + TILE) {
                    for column in left..width.min(left + TILE) {
                        let (source_column, source_row) = from(column, row);
                        target[row * width + column] = source[source_row * columns + source_column];
                    }
                }
            }
        }
        Self { width: size.width, height: size.height, rgb: turned }
    }
}

/// How many bytes a picture of this size has.
fn bytes(size: Size) -> Option<usize> {
    index(size.width).checked_mul(index(size.height))?.checked_mul(CHANNELS)
}

/// A side as a number of things in memory.
pub(super) fn index(side: u32) -> usize {
    // Nothing that this runs on has an address space of less than 32 bits.
    usize::try_from(side).unwrap_or(usize::MAX)
}

/// `colour` at an opacity of 0 to 255, seen before white.
pub(super) fn on_white(colour: u8, opacity: u8) -> u8 {
    let mixed = u32::from(colour) * u32::from(opacity) + 255 * (255 - u32::from(opacity));
    u8::try_from((mixed + 127) / 255).unwrap_or(u8::MAX)
}

/// Red, green, blue and opacity, made red, green and blue before white where they are.
pub(super) fn flatten(mut rgba: Vec<u8>) -> Vec<u8> {
    let pixels = rgba.len() / 4;
    for pixel in 0..pixels {
        let [red, green, blue, opacity] = [0, 1, 2, 3].map(|channel| rgba[pixel * 4 + channel]);
        let opaque = [red, green, blue].map(|colour| on_white(colour, opacity));
        rgba[pixel * CHANNELS..][..CHANNELS].copy_from_slice(&opaque);
    }
    rgba.truncate(pixels * CHANNELS);
    rgba
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rows of three: 1 2 3, 4 5 6.
    fn numbered() -> Pixels {
        Pixels::new(Size { width: 3, height: 2 }, (1..=6).flat_map(|number| [number; 3]).collect()).unwrap()
    }

    #[test]
    fn every_orientation_puts_every_pixel_in_its_place() {
        let turned = |orientation| {
            let turned = numbered().upright(orientation);
            (turned.width, turned.rgb.iter().step_by(3).copied().collect::<Vec<_>>())
        };
        assert_eq!(turned(Orientation::Upright), (3, vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(turned(Orientation::Mirror), (3, vec![3, 2, 1, 6, 5, 4]));
        assert_eq!(turned(Orientation::TurnOver), (3, vec![6, 5, 4, 3, 2, 1]));
        assert_eq!(turned(Orientation::MirrorUpsideDown), (3, vec![4, 5, 6, 1, 2, 3]));
        assert_eq!(turned(Orientation::Transpose), (2, vec![1, 4, 2, 5, 3, 6]));
        assert_eq!(turned(Orientation::TurnRight), (2, vec![4, 1, 5, 2, 6, 3]));
        assert_eq!(turned(Orientation::Transverse), (2, vec![6, 3, 5, 2, 4, 1]));
        assert_eq!(turned(Orientation::TurnLeft), (2, vec![3, 6, 2, 5, 1, 4]));
    }

    #[test]
    fn turning_right_and_left_again_changes_nothing_across_tiles() {
        let size = Size { width: 71, height: 45 };
        let rgb = (0..71 * 45 * 3).map(|number| u8::try_from(number % 251).unwrap()).collect();
        let picture = Pixels::new(size, rgb).unwrap();
        let turned = picture.clone().upright(Orientation::TurnRight).upright(Orientation::TurnLeft);
        assert_eq!(turned, picture);
    }

    #[test]
    fn a_size_keeps_its_shape_and_never_vanishes() {
        let size = |width, height| Size { width, height };
        assert_eq!(size(4000, 3000).within(1280), size(1280, 960));
        assert_eq!(size(3000, 4000).within(320), size(240, 320));
        assert_eq!(size(1000, 999).within(500), size(500, 500));
        assert_eq!(size(16_384, 1).within(320), size(320, 1));
        assert_eq!(size(200, 100).within(320), size(200, 100));
    }

    #[test]
    fn what_is_transparent_is_white_and_what_is_opaque_stays() {
        assert_eq!(flatten(vec![10, 20, 30, 255, 10, 20, 30, 0]), [10, 20, 30, 255, 255, 255]);
        assert_eq!(on_white(0, 128), 127);
        assert_eq!(on_white(255, 77), 255);
    }

    #[test]
    fn a_picture_has_the_bytes_of_its_size() {
        assert!(Pixels::new(Size { width: 2, height: 2 }, vec![0; 11]).is_err());
    }
}
