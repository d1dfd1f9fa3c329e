//! WebP (RFC 9649), by way of `image-webp`: its chunks, and the pixels of the picture or of the first frame.

use std::io::{Cursor, ErrorKind};

use image_webp::{DecodingError, WebPDecoder};

use super::bytes::{little16, little24, little32};
use super::decode::Decoded;
use super::pixels::{Pixels, Size, flatten, index};
use super::{Format, Header, ImageError, Limits, Orientation, exif};

/// Where the first chunk stands: behind `RIFF`, the file's length and `WEBP`.
const FIRST: usize = 12;
/// What precedes a chunk's body: its name and length.
const NAMED: usize = 8;
/// What precedes the chunks of a frame: place, size, duration and flags.
const FRAME: usize = 16;
/// The most that metadata may be, in bytes.
const MOST_METADATA: usize = 4 * 1024 * 1024;

/// A chunk's name and what of its body is there.
struct Chunk<'a> {
    name: [u8; 4],
    body: &'a [u8],
}

/// The chunks that follow each other in `bytes`; the last may be cut off.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let name = *rest.first_chunk()?;
        let length = index(little32(rest, 4)?);
        let body = rest.get(NAMED..)?;
        let padded = length.saturating_add(length % 2);
        rest = body.get(padded..).unwrap_or_default();
        Some(Chunk { name, body: body.get(..length).unwrap_or(body) })
    })
}

/// The size in a chunk that begins a bitstream or the extended format; nothing where it is not all there.
fn size_of(chunk: &Chunk<'_>) -> Result<Option<Size>, ImageError> {
    let size = |width: Option<u32>, height: Option<u32>| Some(Size { width: width?, height: height? });
    match &chunk.name {
        // A key frame's tag, its start code, and twice 14 bits of size with 2 of scale (RFC 6386, 9.1).
        b"VP8 " => {
            if chunk.body.get(3..6).is_some_and(|code| code != b"\x9d\x01\x2a") {
                return Err(broken("its picture is no key frame"));
            }
            let length = |from| little16(chunk.body, from).map(|length| u32::from(length & 0x3fff));
            Ok(size(length(6), length(8)))
        }
        // A signature, and twice 14 bits of size less 1.
        b"VP8L" => {
            if chunk.body.first().is_some_and(|signature| *signature != 0x2f) {
                return Err(broken("its lossless picture lacks its signature"));
            }
            let bits = little32(chunk.body, 1);
            let length = |shift: u32| bits.map(|bits| ((bits >> shift) & 0x3fff) + 1);
            Ok(size(length(0), length(14)))
        }
        // Flags, and twice 24 bits of size less 1.
        b"VP8X" => {
            let length = |from| little24(chunk.body, from).map(|length| length + 1);
            Ok(size(length(4), length(7)))
        }
        _ => Err(broken("it does not begin with a picture")),
    }
}

/// The header of the WebP that begins so.
pub(super) fn header(head: &[u8]) -> Result<Option<Header>, ImageError> {
    let first = head.get(FIRST..).and_then(|bytes| chunks(bytes).next());
    let Some(size) = first.map(|chunk| size_of(&chunk)).transpose()?.flatten() else { return Ok(None) };
    let (width, height) = (size.width, size.height);
    Ok(Some(Header { format: Format::Webp, width, height, orientation: Orientation::default() }))
}

pub(super) fn decode(bytes: &[u8], size: Size, limits: &Limits) -> Result<Decoded, ImageError> {
    let length = index(little32(bytes, 4).unwrap_or_default());
    if bytes.len() < length.saturating_add(NAMED) {
        return Err(ImageError::Truncated);
    }
    check_bitstreams(bytes.get(FIRST..).unwrap_or_default(), size)?;
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(refused)?;
    if decoder.dimensions() != (size.width, size.height) {
        return Err(broken("it can be read as two pictures"));
    }
    // Planes of lightness and colour, four bytes a pixel of what is put out and, of a transparent one, as much again
    // of its opacity; an animation has a frame and a canvas of four beside what is put out.
    limits.check_memory(size.pixels() * if decoder.is_animated() { 16 } else { 11 })?;
    // Metadata that cannot be read is done without, as in the other formats.
    decoder.set_memory_limit(MOST_METADATA);
    let exif = decoder.exif_metadata().unwrap_or_default();
    let profile = decoder.icc_profile().unwrap_or_default();
    if decoder.is_animated() {
        decoder.set_background_color([u8::MAX; 4]).map_err(refused)?;
    }
    let bytes = decoder.output_buffer_size().ok_or_else(|| broken("it is too large"))?;
    let mut colours = vec![0; bytes];
    decoder.read_image(&mut colours).map_err(refused)?;
    let rgb = if decoder.has_alpha() { flatten(colours) } else { colours };
    Ok(Decoded {
        pixels: Pixels::new(size, rgb).map_err(broken)?,
        orientation: exif.map(|exif| exif::orientation(&exif)).unwrap_or_default(),
        profile,
    })
}

/// Refuses a file whose picture or first frame has another size than the container told: the decoder finds out only
/// when it has decoded it, and 16,383 x 16,383 pixels fit into a file that calls itself 1 x 1.
fn check_bitstreams(bytes: &[u8], whole: Size) -> Result<(), ImageError> {
    let mut frames = 0;
    for chunk in chunks(bytes) {
        match &chunk.name {
            b"VP8 " | b"VP8L" => check_bitstream(&chunk, whole)?,
            // Of the frames, none but the first is decoded.
            b"ANMF" if frames == 0 => {
                frames += 1;
                let side = |from| little24(chunk.body, from).map(|side| side + 1);
                let (Some(width), Some(height)) = (side(6), side(9)) else {
                    return Err(ImageError::Truncated);
                };
                if width > whole.width || height > whole.height {
                    return Err(broken("a frame is larger than the whole"));
                }
                // The decoder goes by the chunks' lengths and not by the frame's.
                let start = chunk.body.get(FRAME..).unwrap_or_default();
                for part in chunks(start).filter(|part| matches!(&part.name, b"VP8 " | b"VP8L")) {
                    check_bitstream(&part, Size { width, height })?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_bitstream(chunk: &Chunk<'_>, expected: Size) -> Result<(), ImageError> {
    match size_of(chunk)? {
        Some(size) if size == expected => Ok(()),
        Some(_) => Err(broken("its picture has another size than it says")),
        None => Err(ImageError::Truncated),
    }
}

fn refused(error: DecodingError) -> ImageError {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => ImageError::Truncated,
        error => broken(error),
    }
}

fn broken(reason: impl std::fmt::Display) -> ImageError {
    ImageError::broken(Format::Webp, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_in(head: &[u8]) -> Result<Option<(u32, u32)>, ImageError> {
        header(head).map(|header| header.map(|header| (header.width, header.height)))
    }

    #[test]
    fn the_size_stands_in_each_kind_of_first_chunk() {
        let lossy = b"RIFF\xff\0\0\0WEBPVP8 \x16\0\0\0\x30\x01\0\x9d\x01\x2a\x03\x40\x02\0";
        assert_eq!(size_in(lossy), Ok(Some((3, 2))));
        // 14 bits of width - 1 = 2, then 14 of height - 1 = 1.
        let lossless = b"RIFF\xff\0\0\0WEBPVP8L\x16\0\0\0\x2f\x02\x40\0\0";
        assert_eq!(size_in(lossless), Ok(Some((3, 2))));
        let extended = b"RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x02\0\0\x01\0\0";
        assert_eq!(size_in(extended), Ok(Some((3, 2))));
        for whole in [&lossy[..], lossless, extended] {
            for end in 12..whole.len() {
                assert_eq!(size_in(&whole[..end]), Ok(None), "{end} bytes");
            }
        }
    }

    #[test]
    fn other_first_chunks_and_signatures_are_broken() {
        for head in [
            &b"RIFF\xff\0\0\0WEBPEXIF\x16\0\0\0"[..],
            b"RIFF\xff\0\0\0WEBPVP8L\x16\0\0\0\x2e",
            b"RIFF\xff\0\0\0WEBPVP8 \x16\0\0\0\x30\x01\0\x9d\x01\x2b",
        ] {
            assert!(matches!(size_in(head), Err(ImageError::Broken { .. })), "{head:?}");
        }
    }
}
