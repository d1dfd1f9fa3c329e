//! Which kind of file it is, by its first bytes alone: names and content types are whatever the sender likes.

use std::fmt;

use super::ImageError;

/// A kind of file that is taken for a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// ITU-T T.81, as JFIF or Exif wrap it.
    Jpeg,
    /// ISO/IEC 15948, APNG among it.
    Png,
    /// RFC 9649.
    Webp,
    /// That of `CompuServe`, `GIF87a` and `GIF89a`.
    Gif,
}

impl Format {
    /// The media type of such files, for whoever stores the original.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// The format of what begins so, or nothing while it can still be several things.
    pub(super) fn recognise(head: &[u8]) -> Result<Option<Self>, ImageError> {
        let mut undecided = false;
        for (format, magic) in MAGICS {
            if magic
                .iter()
                .zip(head)
                .all(|(expected, byte)| expected.is_none_or(|expected| expected == *byte))
            {
                if head.len() >= magic.len() {
                    return Ok(Some(*format));
                }
                undecided = true;
            }
        }
        if undecided { Ok(None) } else { Err(ImageError::UnsupportedType) }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Webp => "WebP",
            Self::Gif => "GIF",
        })
    }
}

/// The first bytes of each format; `None` is any byte.
const MAGICS: &[(Format, &[Option<u8>])] = &[
    (Format::Jpeg, &exactly(*b"\xff\xd8\xff")),
    (Format::Png, &exactly(*b"\x89PNG\r\n\x1a\n")),
    (Format::Gif, &exactly(*b"GIF87a")),
    (Format::Gif, &exactly(*b"GIF89a")),
    (Format::Webp, &RIFF_WEBP),
];

/// `RIFF`, the length of the file, `WEBP`.
const RIFF_WEBP: [Option<u8>; 12] = [
    Some(b'R'),
    Some(b'I'),
    Some(b'F'),
    Some(b'F'),
    None,
    None,
    None,
    None,
    Some(b'W'),
    Some(b'E'),
    Some(b'B'),
    Some(b'P'),
];

const fn exactly<const LENGTH: usize>(bytes: [u8; LENGTH]) -> [Option<u8>; LENGTH] {
    let mut magic = [None; LENGTH];
    let mut index = 0;
    while index < LENGTH {
        magic[index] = Some(bytes[index]);
        index += 1;
    }
    magic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_formats_are_known_by_their_first_bytes() {
        assert_eq!(Format::recognise(b"\xff\xd8\xff\xe0"), Ok(Some(Format::Jpeg)));
        assert_eq!(Format::recognise(b"\x89PNG\r\n\x1a\n"), Ok(Some(Format::Png)));
        assert_eq!(Format::recognise(b"RIFF\x24\0\0\0WEBPVP8 "), Ok(Some(Format::Webp)));
        assert_eq!(Format::recognise(b"GIF87a"), Ok(Some(Format::Gif)));
        assert_eq!(Format::recognise(b"GIF89a..."), Ok(Some(Format::Gif)));
    }

    #[test]
    fn what_may_still_become_a_picture_is_waited_for() {
        for head in [&b""[..], b"\xff", b"\xff\xd8", b"\x89PNG\r\n\x1a", b"RI", b"RIFF\0\0\0\0WEB", b"GIF8"] {
            assert_eq!(Format::recognise(head), Ok(None), "{head:?}");
        }
    }

    #[test]
    fn everything_else_is_refused_at_its_first_strange_byte() {
        let others: [&[u8]; 16] = [
            b"<svg xmlns=\"http://www.w3.org/2000/svg\">",
            b"<?xml version=\"1.0\"?><svg/>",
            b"<!DOCTYPE html>",
            b"%PDF-1.7",
            b"PK\x03\x04",
            b"BM\x36\0\0\0",
            b"II*\0\x08\0\0\0",
            b"MM\0*\0\0\0\x08",
            b"\0\0\x01\0",
            b"\0\0\0\x20ftypavif",
            b"\0\0\0\x18ftypheic",
            b"RIFF\x24\0\0\0WAVEfmt ",
            b"GIF88a",
            b"\x89PNG\n\x1a\n",
            b" \xff\xd8\xff",
            b"\xff\xd8\x00",
        ];
        for head in others {
            assert_eq!(Format::recognise(head), Err(ImageError::UnsupportedType), "{head:?}");
        }
    }
}
