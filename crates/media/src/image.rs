//! A picture, from the bytes of a file to what is shown of it.
//!
//! Owns the way through: the file is recognised by its first bytes and measured by its header, decoded once, made
//! smaller from size to size, and each size is encoded anew. What is put out knows nothing of the file but its
//! pixels, so that neither the place where it was taken nor a second file hidden in the first can come along.
//!
//! Colours are 8 bits of red, green and blue in sRGB. A colour profile that describes RGB by a matrix and curves, as
//! those of cameras and telephones do, is applied; one of CMYK, of grey or by tables is not, and its numbers are
//! taken as they are. Transparency is shown on white, an animation by its first frame.
//!
//! It owns neither where the bytes come from nor where the pictures go, and decides nothing about who may see them.

mod bytes;
mod colour;
mod decode;
mod encode;
mod error;
mod exif;
mod format;
mod gif;
mod header;
mod jpeg;
mod limits;
mod pixels;
mod placeholder;
mod png;
mod resize;
mod webp;

use std::fmt;

use pixels::{Pixels, Size};

pub use encode::MEDIA_TYPE;
pub use error::ImageError;
pub use exif::Orientation;
pub use format::Format;
pub use header::{Header, inspect, inspect_whole};
pub use limits::Limits;

/// The longer side of a master in pixels, unless the original is smaller: twice a wide page's 1280, for screens with
/// two pixels to the point.
pub const MASTER_SIDE: u32 = 2560;
/// The longer sides of the thumbnails in pixels, from the smallest: in a list, on a page, and large.
pub const THUMBNAIL_SIDES: [u32; 3] = [320, 640, 1280];

/// A JPEG of one size.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels, as it is looked at.
    pub width: u32,
    /// In pixels, as it is looked at.
    pub height: u32,
    /// The file, of type [`MEDIA_TYPE`].
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Picture {
    /// Says how long the file is, and not what is in it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Picture({}x{}, {} bytes)", self.width, self.height, self.bytes.len())
    }
}

/// Everything that is shown of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// What the file was.
    pub original: Header,
    /// The picture to make others from: its longer side is [`MASTER_SIDE`], or the original's if that is less.
    pub master: Picture,
    /// From the smallest: one for each of [`THUMBNAIL_SIDES`], but none larger than the original. Where the original
    /// is smaller than some of them, those become a single one of its own size. There is always at least one.
    pub thumbnails: Vec<Picture>,
    /// What to show until a picture is there: a `ThumbHash` in base64 with padding, at most 36 characters.
    pub placeholder: String,
    /// The mean colour: red, green and blue in sRGB.
    pub average: [u8; 3],
}

/// Makes everything that is shown from the whole bytes of a file.
///
/// Takes tenths of a second, and at worst [`Limits::memory`] and a few seconds: not for a thread that has to answer
/// others. A large JPEG is decoded on a thread for each of its components beside the caller's.
pub fn render(bytes: &[u8], limits: &Limits) -> Result<Rendered, ImageError> {
    let (original, base) = read(bytes, limits, MASTER_SIDE)?;
    let master = encode::master(&base)?;
    let (thumbnails, smallest) = cascade(base)?;
    let (placeholder, average) = (placeholder::hash(&smallest)?, placeholder::average(&smallest));
    Ok(Rendered { original, master, thumbnails, placeholder, average })
}

/// Makes the thumbnails alone, as [`Rendered::thumbnails`]: when they are to be made once more, from a master.
pub fn thumbnails(bytes: &[u8], limits: &Limits) -> Result<Vec<Picture>, ImageError> {
    let (_, base) = read(bytes, limits, largest_thumbnail())?;
    Ok(cascade(base)?.0)
}

/// The picture upright, in sRGB, and with a longer side of at most `side` pixels.
fn read(bytes: &[u8], limits: &Limits, side: u32) -> Result<(Header, Pixels), ImageError> {
    let header = inspect_whole(bytes, limits)?;
    let wanted = Size { width: header.width, height: header.height }.within(side);
    let decoded = decode::decode(bytes, &header, wanted, limits)?;
    // Made smaller first: turning and converting then cost by what is shown, not by what was uploaded.
    let small = resize::to(decoded.pixels, wanted)?;
    let converted = colour::to_srgb(small, decoded.profile.as_deref());
    let original = Header { orientation: decoded.orientation, ..header };
    Ok((original, converted.upright(decoded.orientation)))
}

/// The thumbnails from the smallest, each made from the next larger, and the pixels of the smallest.
fn cascade(base: Pixels) -> Result<(Vec<Picture>, Pixels), ImageError> {
    let whole = base.size();
    let mut pictures = Vec::with_capacity(THUMBNAIL_SIDES.len());
    let mut current = base;
    for side in thumbnail_sides(whole.longer()).into_iter().rev() {
        // Of the whole picture's shape, lest roundings add up from step to step.
        current = resize::to(current, whole.within(side))?;
        pictures.push(encode::thumbnail(&current)?);
    }
    pictures.reverse();
    Ok((pictures, current))
}

/// The thumbnails' longer sides, from the smallest, for a picture with this longer side.
pub(crate) fn thumbnail_sides(longer: u32) -> Vec<u32> {
    let mut sides: Vec<u32> = THUMBNAIL_SIDES.iter().map(|side| longer.min(*side)).collect();
    sides.dedup();
    sides
}

fn largest_thumbnail() -> u32 {
    THUMBNAIL_SIDES.into_iter().max().unwrap_or(MASTER_SIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_thumbnail_is_larger_than_the_original_and_none_is_there_twice() {
        assert_eq!(thumbnail_sides(4000), [320, 640, 1280]);
        assert_eq!(thumbnail_sides(1280), [320, 640, 1280]);
        assert_eq!(thumbnail_sides(1279), [320, 640, 1279]);
        assert_eq!(thumbnail_sides(500), [320, 500]);
        assert_eq!(thumbnail_sides(320), [320]);
        assert_eq!(thumbnail_sides(1), [1]);
    }

    #[test]
    fn a_picture_is_described_without_its_bytes() {
        let picture = Picture { width: 4, height: 3, bytes: vec![0; 700] };
        assert_eq!(format!("{picture:?}"), "Picture(4x3, 700 bytes)");
    }
}
