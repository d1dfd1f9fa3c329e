//! Files to upload, made from pixels, and what can be seen in the pictures that come of them.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use media::Picture;

pub const RED: [u8; 3] = [220, 30, 20];
pub const GREEN: [u8; 3] = [20, 180, 40];
pub const BLUE: [u8; 3] = [20, 30, 220];
pub const WHITE: [u8; 3] = [255, 255, 255];
/// In the quarters of [`scene`], by rows.
pub const CORNERS: [[u8; 3]; 4] = [RED, GREEN, BLUE, WHITE];

/// A lossy WebP of 16 x 8, red on the left and blue on the right, made with libwebp; there is no encoder in Rust.
pub const LOSSY_WEBP: &str =
    "UklGRjoAAABXRUJQVlA4IC4AAACQAQCdASoQAAgAAoBCJaACdLoAA5gA/vB1//SX/xb/0HfEX3vP/sHPJ/0HOIAA";
/// The same with a left half that is transparent.
pub const TRANSPARENT_WEBP: &str = "UklGRmQAAABXRUJQVlA4WAoAAAAQAAAADwAABwAAQUxQSA8AAAABEBIQ/p+WRD0iJoA0fwAAVlA4IC4AAACQAQCdASoQAAgAAoBCJaACdLoAA5gA/vB1//SX/xb/0HfEX3vP/sHPJ/0HOIAA";
/// The same as the first frame of two.
pub const ANIMATED_WEBP: &str = "UklGRsYAAABXRUJQVlA4WAoAAAASAAAADwAABwAAQU5JTQYAAAD/////AABBTk1GUAAAAAAAAAAAAA8AAAcAAGQAAAJWUDggOAAAANABAJ0BKhAACAACgEIlsAJ0ZoD//gcgAP7wdf/0l/5az//nLMPorf7YRn/rje0y4//rjeHxAAAAQU5NRkIAAAAAAAAAAAAPAAAHAABkAAACQUxQSAoAAAABB1DAiAhERP8DVlA4IBgAAABQAQCdASoQAAgAAoBCJaQABHQAAORAAAA=";

pub fn decoded_text(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).unwrap()
}

/// Red, green, blue and white quarters; three bytes a pixel.
pub fn scene(width: u32, height: u32) -> Vec<u8> {
    let count = |length: u32| usize::try_from(length).unwrap();
    let row = |left: [u8; 3], right: [u8; 3]| {
        [left.repeat(count(width / 2)), right.repeat(count(width - width / 2))].concat()
    };
    let [top_left, top_right, bottom_left, bottom_right] = CORNERS;
    let top = row(top_left, top_right).repeat(count(height / 2));
    [top, row(bottom_left, bottom_right).repeat(count(height - height / 2))].concat()
}

/// A JPEG of these pixels at quality 95, with full colour unless `arrange` sets it otherwise.
pub fn jpeg_of(
    pixels: &[u8],
    (width, height): (u32, u32),
    kind: ColorType,
    arrange: impl FnOnce(&mut Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    arrange(&mut encoder);
    encoder.encode(pixels, width.try_into().unwrap(), height.try_into().unwrap(), kind).unwrap();
    bytes
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    jpeg_of(&scene(width, height), (width, height), ColorType::Rgb, |_| {})
}

/// A segment with its length, for a JPEG.
pub fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], body].concat()
}

/// The JPEG with more segments behind its start.
pub fn with_segments(jpeg: &[u8], segments: &[Vec<u8>]) -> Vec<u8> {
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat()
}

/// A PNG of these samples, with what `arrange` adds to its header.
pub fn png_of(
    samples: &[u8],
    (width, height): (u32, u32),
    colour: png::ColorType,
    depth: png::BitDepth,
    arrange: impl FnOnce(&mut png::Info<'_>),
) -> Vec<u8> {
    let mut info = png::Info::with_size(width, height);
    info.color_type = colour;
    info.bit_depth = depth;
    arrange(&mut info);
    let mut bytes = Vec::new();
    let mut writer = png::Encoder::with_info(&mut bytes, info).unwrap().write_header().unwrap();
    writer.write_image_data(samples).unwrap();
    writer.finish().unwrap();
    bytes
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    png_of(&scene(width, height), (width, height), png::ColorType::Rgb, png::BitDepth::Eight, |_| {})
}

/// A PNG's chunk with its length and checksum.
pub fn chunk(name: &[u8], body: &[u8]) -> Vec<u8> {
    let named = [name, body].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length[..], &named, &crc32fast::hash(&named).to_be_bytes()].concat()
}

/// What begins a PNG: 8 bits each of red, green and blue.
pub fn png_head(width: u32, height: u32, interlaced: bool) -> Vec<u8> {
    let header =
        [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, u8::from(interlaced)]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header)].concat()
}

/// The PNG with more chunks behind its header.
pub fn with_chunks(png: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    [&png[..33], &chunks.concat(), &png[33..]].concat()
}

pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The four quarters by index, and what the indices stand for.
pub fn indexed(width: u16, height: u16) -> (Vec<u8>, Vec<u8>) {
    let quarter = |x, y| u8::from(y >= height / 2) * 2 + u8::from(x >= width / 2);
    ((0..height).flat_map(|y| (0..width).map(move |x| quarter(x, y))).collect(), CORNERS.concat())
}

/// A GIF of these frames on a screen of that size.
pub fn gif_of((width, height): (u16, u16), palette: &[u8], frames: &[gif::Frame<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, width, height, palette).unwrap();
    for frame in frames {
        encoder.write_frame(frame).unwrap();
    }
    drop(encoder);
    bytes
}

pub fn gif(width: u16, height: u16) -> Vec<u8> {
    let (indices, palette) = indexed(width, height);
    let frame = gif::Frame { width, height, buffer: indices.into(), ..gif::Frame::default() };
    gif_of((width, height), &palette, &[frame])
}

/// A lossless WebP, with what `arrange` adds to it.
pub fn webp_of(
    width: u32,
    height: u32,
    arrange: impl FnOnce(&mut image_webp::WebPEncoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut bytes);
    arrange(&mut encoder);
    encoder.encode(&scene(width, height), width, height, image_webp::ColorType::Rgb8).unwrap();
    bytes
}

pub fn webp(width: u32, height: u32) -> Vec<u8> {
    webp_of(width, height, |_| {})
}

/// A WebP of these chunks, each with its name.
pub fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (name, content) in chunks {
        body.extend_from_slice(*name);
        body.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
        body.extend_from_slice(content);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    [b"RIFF", &u32::try_from(body.len()).unwrap().to_le_bytes()[..], &body].concat()
}

/// The Exif of a telephone, without its prefix: an orientation, a description, and the place of the picture.
pub fn exif(orientation: u16) -> Vec<u8> {
    const DESCRIPTION: &[u8] = b"GPS 40.2171 N 74.7429 W, secret garden\0";
    let entry = |tag: u16, kind: u16, count: usize, value: [u8; 4]| {
        let count = u32::try_from(count).unwrap().to_be_bytes();
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count, &value].concat()
    };
    let [high, low] = orientation.to_be_bytes();
    // The directory begins at 8, has two bytes of count, three entries of 12 and four bytes for the next directory.
    let gps: u32 = 8 + 2 + 3 * 12 + 4;
    let text = gps + 2 + 12 + 4;
    [
        b"MM\0*\0\0\0\x08\0\x03".to_vec(),
        entry(0x010e, 2, DESCRIPTION.len(), text.to_be_bytes()),
        entry(0x0112, 3, 1, [high, low, 0, 0]),
        entry(0x8825, 4, 1, gps.to_be_bytes()),
        vec![0; 4],
        b"\0\x01".to_vec(),
        entry(0x0001, 2, 2, *b"N\0\0\0"),
        vec![0; 4],
        DESCRIPTION.to_vec(),
    ]
    .concat()
}

/// Exif as a JPEG has it.
pub fn exif_segment(orientation: u16) -> Vec<u8> {
    segment(0xe1, &[b"Exif\0\0", &exif(orientation)[..]].concat())
}

/// What is seen at a place, given in hundredths of the width and height.
pub fn seen(picture: &Picture, across: u32, down: u32) -> [u8; 3] {
    let mut decoder = jpeg_decoder::Decoder::new(&picture.bytes[..]);
    let pixels = decoder.decode().unwrap();
    let info = decoder.info().unwrap();
    assert_eq!((u32::from(info.width), u32::from(info.height)), (picture.width, picture.height));
    let (x, y) = (picture.width * across / 100, picture.height * down / 100);
    let at = usize::try_from(y * picture.width + x).unwrap() * 3;
    pixels[at..at + 3].try_into().unwrap()
}

/// What is seen in the four quarters, by rows.
pub fn quarters(picture: &Picture) -> [[u8; 3]; 4] {
    [(25, 25), (75, 25), (25, 75), (75, 75)].map(|(across, down)| seen(picture, across, down))
}

/// Fails unless the colours are the same to the eye: being encoded twice costs a few steps.
#[track_caller]
pub fn assert_near(found: &[[u8; 3]], expected: &[[u8; 3]]) {
    let far = |(found, expected): (&u8, &u8)| found.abs_diff(*expected) > 12;
    let differs = found.as_flattened().iter().zip(expected.as_flattened()).any(far);
    assert!(!differs && found.len() == expected.len(), "{found:?} is not {expected:?}");
}
