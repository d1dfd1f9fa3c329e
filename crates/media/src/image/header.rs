//! What a file says about its picture before anything of it is decoded.

use super::{Format, ImageError, Limits, Orientation, gif, jpeg, png, webp};

/// What a file says about its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What kind of file it is.
    pub format: Format,
    /// In pixels, as they are stored. Of an animation, it is that of the whole, not of a frame.
    pub width: u32,
    /// In pixels, as they are stored.
    pub height: u32,
    /// How the picture has to be turned to be looked at. [`inspect`] knows it of a JPEG alone, since PNG and WebP may
    /// tell it after the pixels; [`render`](super::render) knows it of all.
    pub orientation: Orientation,
}

impl Header {
    /// Width and height as the picture is looked at, in pixels.
    #[must_use]
    pub fn shown(&self) -> (u32, u32) {
        if self.orientation.swaps_sides() { (self.height, self.width) } else { (self.width, self.height) }
    }
}

/// Reads the header from the beginning of a file, as far as it has come. `Ok(None)` asks for more of it; an error
/// will not be undone by whatever follows, so the upload can be refused at once.
///
/// Costs next to nothing and allocates nothing for pictures that are within the limits. PNG, WebP and GIF show their
/// size within 30 bytes. A JPEG has it behind the metadata, which may be megabytes; nothing is kept between calls, so
/// call again when the bytes have doubled rather than for each that comes.
pub fn inspect(head: &[u8], limits: &Limits) -> Result<Option<Header>, ImageError> {
    limits.check_bytes(head)?;
    let Some(format) = Format::recognise(head)? else { return Ok(None) };
    let header = match format {
        Format::Jpeg => jpeg::header(head)?,
        Format::Png => png::header(head)?,
        Format::Webp => webp::header(head)?,
        Format::Gif => gif::header(head),
    };
    if let Some(header) = &header {
        limits.check_size(header.width, header.height)?;
    }
    Ok(header)
}

/// Reads the header of a file that has come to its end: what [`inspect`] would wait for is missing.
pub fn inspect_whole(bytes: &[u8], limits: &Limits) -> Result<Header, ImageError> {
    if bytes.is_empty() {
        return Err(ImageError::Empty);
    }
    inspect(bytes, limits)?.ok_or(ImageError::Truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_on_its_side_is_looked_at_with_its_sides_swapped() {
        let header =
            Header { format: Format::Jpeg, width: 4, height: 3, orientation: Orientation::TurnRight };
        assert_eq!(header.shown(), (3, 4));
        assert_eq!(Header { orientation: Orientation::TurnOver, ..header }.shown(), (4, 3));
    }

    #[test]
    fn nothing_yet_may_become_a_picture_but_nothing_at_all_is_none() {
        let limits = Limits::default();
        assert_eq!(inspect(b"", &limits), Ok(None));
        assert_eq!(inspect_whole(b"", &limits), Err(ImageError::Empty));
        assert_eq!(inspect_whole(b"GIF89a", &limits), Err(ImageError::Truncated));
    }
}
