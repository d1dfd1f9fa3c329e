//! JPEG (ITU-T T.81): its segments, and its pixels by way of `zune-jpeg`.
//!
//! All pixels are decoded, also where a smaller picture would do. Decoding at a half or a quarter of the size saves
//! little: most of the time goes into the entropy code, which has to be read in full either way (of 12 million pixels
//! at quality 90, 56 ms are 52 at half the size in the one pure decoder that can), and a master needs more than half
//! of what most cameras make.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::bytes::big16;
use super::decode::Decoded;
use super::pixels::{Pixels, Size, index};
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
/// How many scans a picture may come in. Encoders make 10, and tools that try for the smallest file some 20; each
/// goes through the whole picture, however few bytes it has, so thousands of them would take minutes.
const MOST_SCANS: usize = 64;

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

pub(super) fn decode(bytes: &[u8], size: Size, limits: &Limits) -> Result<Decoded, ImageError> {
    let (frame, buffered) = read_scans(bytes)?;
    // Three bytes of colour; and where the picture comes in several scans, two of each component in between.
    let each = if buffered { 3 + 2 * u64::try_from(frame.components).unwrap_or(4) } else { 3 };
    limits.check_memory(size.width, size.height, each)?;

    let options = DecoderOptions::default()
        .set_max_width(index(limits.side))
        .set_max_height(index(limits.side))
        .jpeg_set_max_scans(MOST_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(broken)?;
    let agrees = decoder.info().is_some_and(|info| {
        let found = Size { width: u32::from(info.width), height: u32::from(info.height) };
        found == size && usize::from(info.components) == frame.components
    });
    if !agrees {
        return Err(broken("it can be read as two pictures"));
    }
    let rgb = decoder.decode().map_err(broken)?;
    Ok(Decoded {
        pixels: Pixels::new(size, rgb).map_err(broken)?,
        orientation: decoder.exif().map(|tiff| exif::orientation(tiff)).unwrap_or_default(),
        profile: decoder.icc_profile(),
    })
}

/// The frame, and whether all of it has to be kept until the last scan. Finds out before anything is decoded that
/// the picture does not come to its end, or comes in too many scans.
fn read_scans(bytes: &[u8]) -> Result<(Frame, bool), ImageError> {
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
        return if ends { Ok((frame, false)) } else { Err(ImageError::Truncated) };
    }
    let mut scans = 1;
    while let Some(segment) = segments.next()? {
        match segment.marker {
            END_OF_IMAGE => return Ok((frame, true)),
            START_OF_SCAN => scans += 1,
            _ => {}
        }
        if scans > MOST_SCANS {
            return Err(broken(format_args!("it comes in more than {MOST_SCANS} scans")));
        }
    }
    Err(ImageError::Truncated)
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
        for (place, byte) in [(17, 0xc9), (17, 0xc3), (20, 12), (25, 2), (25, 0)] {
            let mut head = HEAD.to_vec();
            head[place] = byte;
            assert!(matches!(header(&head), Err(ImageError::Broken { .. })), "{byte:#x} at {place}");
        }
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
