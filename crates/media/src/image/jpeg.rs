//! JPEG (ITU-T T.81): its segments, and its pixels by way of `jpeg-decoder`.
//!
//! The picture is decoded at a half, a quarter or an eighth of its size where that is still enough: the cosines of a
//! block say what fewer pixels of it look like. The entropy code has to be read in full either way, so that of 12
//! million pixels half the size takes five eighths of the time; of memory it takes a quarter.
//!
//! `zune-jpeg`, which the `image` crate uses, is a fifth faster at the full size and cannot do that; and its 0.5.15
//! shows pictures wrongly that come in a scan for each component.

use std::io::ErrorKind;

use jpeg_decoder::{Decoder, Error, PixelFormat};

use super::bytes::big16;
use super::decode::Decoded;
use super::pixels::{CHANNELS, Pixels, Size};
use super::{Format, Header, ImageError, Limits, Orientation, exif};

const FILL: u8 = 0xff;
const START_OF_IMAGE: u8 = 0xd8;
const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;
const APP1: u8 = 0xe1;
/// A frame in Huffman code, of 8 bits: baseline, extended and progressive.
const BASELINE: u8 = 0xc0;
const EXTENDED: u8 = 0xc1;
const PROGRESSIVE: u8 = 0xc2;
/// How many scans a picture may come in. A progressive one has 10 from libjpeg and most others; each goes through the
/// whole picture, however few bytes it has, so thousands of them would take minutes.
const MOST_SCANS: usize = 32;

/// A marker and what belongs to it, without its length.
struct Segment<'a> {
    marker: u8,
    body: &'a [u8],
}

/// The segments of a file from its beginning. What is between them is passed over: entropy code and restarts behind
/// a scan's header, garbage elsewhere.
struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Segments<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next segment, or nothing where the bytes end before it does.
    fn next(&mut self) -> Result<Option<Segment<'a>>, ImageError> {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(fill) = rest.iter().position(|byte| *byte == FILL) else { return Ok(None) };
            let Some(more) = rest[fill..].iter().position(|byte| *byte != FILL) else { return Ok(None) };
            let (marker, start) = (rest[fill + more], self.at + fill + more + 1);
            match marker {
                // A byte of entropy code that looks like a marker, markers that stand alone, and restarts.
                0x00 | 0x01 | 0xd0..=START_OF_IMAGE => self.at = start,
                END_OF_IMAGE => {
                    self.at = start;
                    return Ok(Some(Segment { marker, body: &[] }));
                }
                _ => {
                    let Some(length) = big16(self.bytes, start).map(usize::from) else { return Ok(None) };
                    if length < 2 {
                        return Err(broken("a segment is shorter than its own length"));
                    }
                    let Some(body) = self.bytes.get(start + 2..start + length) else { return Ok(None) };
                    self.at = start + length;
                    return Ok(Some(Segment { marker, body }));
                }
            }
        }
    }
}

/// What a frame's header says (T.81, B.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frame {
    width: u16,
    height: u16,
    components: usize,
    progressive: bool,
}

impl Frame {
    /// The frame that a segment begins, if it begins one.
    fn read(segment: &Segment<'_>) -> Result<Option<Self>, ImageError> {
        let Segment { marker, body } = *segment;
        match marker {
            BASELINE | EXTENDED | PROGRESSIVE => {}
            // 0xc4, 0xc8 and 0xcc are no frames: Huffman tables, an extension's, and arithmetic conditioning.
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Err(broken("it is lossless, hierarchical or in arithmetic code"));
            }
            _ => return Ok(None),
        }
        let numbers = (body.first(), big16(body, 1), big16(body, 3), body.get(5));
        let (Some(8), Some(height), Some(width), Some(components @ (1 | 3 | 4))) = numbers else {
            return Err(broken("its frame is not of 8 bits in 1, 3 or 4 components"));
        };
        Ok(Some(Self {
            width,
            height,
            components: usize::from(*components),
            progressive: marker == PROGRESSIVE,
        }))
    }
}

/// The header of the JPEG that begins so.
pub(super) fn header(head: &[u8]) -> Result<Option<Header>, ImageError> {
    let mut segments = Segments::new(head);
    let mut orientation = Orientation::default();
    while let Some(segment) = segments.next()? {
        if segment.marker == APP1 && segment.body.starts_with(exif::PREFIX) {
            orientation = exif::orientation(segment.body);
        }
        if let Some(frame) = Frame::read(&segment)? {
            let (width, height) = (u32::from(frame.width), u32::from(frame.height));
            return Ok(Some(Header { format: Format::Jpeg, width, height, orientation }));
        }
        if matches!(segment.marker, START_OF_SCAN | END_OF_IMAGE) {
            return Err(broken("there is no frame before its scan"));
        }
    }
    Ok(None)
}

/// Decodes the picture at the smallest of its own size and a half, a quarter or an eighth of it that is not smaller
/// than `wanted`.
pub(super) fn decode(bytes: &[u8], size: Size, wanted: Size, limits: &Limits) -> Result<Decoded, ImageError> {
    let frame = check_scans(bytes)?;
    let mut decoder = Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(usize::try_from(limits.memory).unwrap_or(usize::MAX));
    decoder.read_info().map_err(refused)?;
    let agrees = decoder.info().is_some_and(|info| {
        let found = Size { width: u32::from(info.width), height: u32::from(info.height) };
        found == size && info.pixel_format.pixel_bytes() == frame.components
    });
    if !agrees {
        return Err(broken("it can be read as two pictures"));
    }
    let length = |length: u32| u16::try_from(length).unwrap_or(u16::MAX);
    let (width, height) = decoder.scale(length(wanted.width), length(wanted.height)).map_err(refused)?;
    let scaled = Size { width: u32::from(width), height: u32::from(height) };
    // Two bytes of each component's cosines, which are held at once if the picture is progressive or the thread that
    // reads them is ahead of those that make pixels. Of the smaller picture each component, both together, and red,
    // green and blue.
    let components = u64::try_from(frame.components).unwrap_or(u64::MAX);
    limits.check_memory(size.pixels() * 2 * components + scaled.pixels() * (2 * components + 3))?;

    let samples = decoder.decode().map_err(refused)?;
    let rgb = match decoder.info().map(|info| info.pixel_format) {
        Some(PixelFormat::RGB24) => samples,
        Some(PixelFormat::L8) => samples.iter().flat_map(|grey| [*grey; CHANNELS]).collect(),
        Some(PixelFormat::CMYK32) => print(samples),
        Some(PixelFormat::L16) | None => return Err(broken("it has 16 bits")),
    };
    Ok(Decoded {
        pixels: Pixels::new(scaled, rgb).map_err(broken)?,
        orientation: decoder.exif_data().map(exif::orientation).unwrap_or_default(),
        profile: decoder.icc_profile(),
    })
}

/// Cyan, magenta, yellow and black made red, green and blue: each ink lets through what it does not cover.
fn print(mut inks: Vec<u8>) -> Vec<u8> {
    let pixels = inks.len() / 4;
    for pixel in 0..pixels {
        let [cyan, magenta, yellow, black] = [0, 1, 2, 3].map(|ink| inks[pixel * 4 + ink]);
        let light = [cyan, magenta, yellow].map(|ink| through(ink, black));
        inks[pixel * CHANNELS..][..CHANNELS].copy_from_slice(&light);
    }
    inks.truncate(pixels * CHANNELS);
    inks
}

/// What comes through two inks, of 255.
fn through(ink: u8, black: u8) -> u8 {
    let light = u32::from(255 - ink) * u32::from(255 - black);
    u8::try_from((light + 127) / 255).unwrap_or(u8::MAX)
}

/// The frame of a file that comes to its end, in not too many scans: found out before anything is decoded.
fn check_scans(bytes: &[u8]) -> Result<Frame, ImageError> {
    let mut segments = Segments::new(bytes);
    let mut frame = None;
    let scan = loop {
        let segment = segments.next()?.ok_or(ImageError::Truncated)?;
        if segment.marker == START_OF_SCAN {
            break segment;
        }
        if let Some(found) = Frame::read(&segment)? {
            frame.get_or_insert(found);
        }
    };
    let frame = frame.ok_or_else(|| broken("there is no frame before its scan"))?;
    let has_all = scan.body.first().is_some_and(|components| usize::from(*components) == frame.components);
    if has_all && !frame.progressive {
        // One scan: the end is all there is to look for. It is at the end of the file, but for what cameras append.
        let code = bytes.get(segments.at..).unwrap_or_default();
        let ends = code.windows(2).rev().any(|pair| *pair == [FILL, END_OF_IMAGE]);
        return if ends { Ok(frame) } else { Err(ImageError::Truncated) };
    }
    let mut scans = 1;
    while let Some(segment) = segments.next()? {
        match segment.marker {
            END_OF_IMAGE => return Ok(frame),
            START_OF_SCAN => scans += 1,
            _ => {}
        }
        if scans > MOST_SCANS {
            return Err(broken(format_args!("it comes in more than {MOST_SCANS} scans")));
        }
    }
    Err(ImageError::Truncated)
}

fn refused(error: Error) -> ImageError {
    match error {
        Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => ImageError::Truncated,
        error => broken(error),
    }
}

fn broken(reason: impl std::fmt::Display) -> ImageError {
    ImageError::broken(Format::Jpeg, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A start, Exif, garbage and fill bytes, and a frame of 3 x 2.
    const HEAD: &[u8] = b"\xff\xd8\xff\xe1\0\x08Exif\0\0--\xff\xff\xc0\0\x0b\x08\0\x02\0\x03\x01\x01\x11\0";

    #[test]
    fn the_size_is_waited_for_and_found() {
        for end in 0..HEAD.len() {
            assert_eq!(header(&HEAD[..end]), Ok(None), "{end} bytes");
        }
        let found = header(HEAD).unwrap().map(|header| (header.width, header.height));
        assert_eq!(found, Some((3, 2)));
    }

    #[test]
    fn frames_that_no_browser_shows_are_refused_by_their_header() {
        for (place, byte) in [(16, 0xc9), (16, 0xc3), (19, 12), (24, 2), (24, 0)] {
            let mut head = HEAD.to_vec();
            head[place] = byte;
            assert!(matches!(header(&head), Err(ImageError::Broken { .. })), "{byte:#x} at {place}");
        }
    }

    #[test]
    fn inks_cover_the_light() {
        assert_eq!(
            print(vec![0, 255, 55, 0, 0, 0, 0, 255, 0, 100, 255, 51]),
            [255, 0, 200, 0, 0, 0, 204, 124, 0]
        );
    }

    #[test]
    fn a_segment_shorter_than_its_length_is_broken() {
        assert!(matches!(header(b"\xff\xd8\xff\xe0\0\x01"), Err(ImageError::Broken { .. })));
    }

    #[test]
    fn a_scan_without_a_frame_is_broken() {
        assert!(matches!(header(b"\xff\xd8\xff\xda\0\x02"), Err(ImageError::Broken { .. })));
        assert!(matches!(header(b"\xff\xd8\xff\xd9"), Err(ImageError::Broken { .. })));
    }
}
