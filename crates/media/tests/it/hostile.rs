//! Files that were made to cost more than they show.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::write::DeflateEncoder;
use flate2::{Compression, FlushCompress};
use media::{Format, ImageError, Limits, Rendered, inspect_whole, render};

use crate::files::{chunk, gif_of, jpeg, png, png_head, riff, scene, segment, webp, with_chunks, zlib};

/// Renders, and fails if that takes longer than a bomb should.
#[track_caller]
fn quickly(bytes: &[u8]) -> Result<Rendered, ImageError> {
    let begun = Instant::now();
    let rendered = render(bytes, &Limits::default());
    // Generous, since tests share their machine: what is not stopped takes tens of seconds.
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    rendered
}

#[track_caller]
fn assert_broken(rendered: &Result<Rendered, ImageError>, expected: Format) {
    assert!(
        matches!(rendered, Err(ImageError::Broken { format, .. }) if *format == expected),
        "{rendered:?}"
    );
}

/// A stream that inflates to `megabytes` of zeros behind `begin`, in a thousandth of it: the same block over and over.
fn zeros(begin: &[u8], megabytes: usize) -> Vec<u8> {
    let mut compress = flate2::Compress::new(Compression::best(), false);
    let mut block = Vec::with_capacity(8192);
    compress.compress_vec(&vec![0; 1 << 20], &mut block, FlushCompress::Full).unwrap();
    let mut encoder = DeflateEncoder::new(b"\x78\x01".to_vec(), Compression::fast());
    encoder.write_all(begin).unwrap();
    encoder.flush().unwrap();
    let mut stream = encoder.get_ref().clone();
    for _ in 0..megabytes {
        stream.extend_from_slice(&block);
    }
    stream
}

#[test]
fn a_png_that_inflates_beyond_its_size_costs_what_its_size_does() {
    let row = [&[0][..], &[90; 8 * 3]].concat();
    for interlaced in [false, true] {
        // The rows of the passes are shorter: they are all of the zeros.
        let begin = if interlaced { Vec::new() } else { row.repeat(8) };
        let data = chunk(b"IDAT", &zeros(&begin, 15_000));
        assert!(data.len() < 25_000_000);
        let bytes = [png_head(8, 8, interlaced), data, chunk(b"IEND", b"")].concat();
        assert_eq!(quickly(&bytes).unwrap().master.width, 8);
    }
}

#[test]
fn metadata_that_inflates_without_end_is_left_out() {
    let bomb = zeros(b"", 4000);
    for (name, begin) in [(b"iCCP", &b"p\0\0"[..]), (b"zTXt", b"c\0\0"), (b"iTXt", b"c\0\x01\0\0\0")] {
        let bytes = with_chunks(&png(8, 8), &[chunk(name, &[begin, &bomb].concat())]);
        assert_eq!(quickly(&bytes).unwrap().master.width, 8);
    }
}

#[test]
fn a_png_with_too_little_data_is_refused() {
    let rows = zlib(&[0; 1000]);
    let bytes = [png_head(4000, 4000, false), chunk(b"IDAT", &rows), chunk(b"IEND", b"")].concat();
    let refused = quickly(&bytes);
    assert!(matches!(refused, Err(ImageError::Broken { .. } | ImageError::Truncated)), "{refused:?}");
}

#[test]
fn a_webp_whose_picture_is_larger_than_it_says_is_refused() {
    let canvas = |flags: u8| [flags, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let side = 0x3fff_u16.to_le_bytes();
    let lossy = [&b"\x30\x01\0\x9d\x01\x2a"[..], &side, &side, &[0; 64]].concat();
    let lossless = [&b"\x2f\xff\xff\xff\x0f"[..], &[0; 64]].concat();
    for (name, body) in [(b"VP8 ", &lossy[..]), (b"VP8L", &lossless)] {
        assert_broken(&quickly(&riff(&[(b"VP8X", &canvas(0)), (name, body)])), Format::Webp);
        let inner = riff(&[(name, body)]);
        let frame = [&[0; 16][..], &inner[12..]].concat();
        let animated = riff(&[(b"VP8X", &canvas(2)), (b"ANIM", &[0; 6]), (b"ANMF", &frame)]);
        assert_broken(&quickly(&animated), Format::Webp);
    }
    // A frame larger than the whole, of a size that fits its picture.
    let inner = riff(&[(b"VP8 ", &lossy)]);
    let frame = [&[0; 6][..], &[0xfe, 0x3f, 0, 0xfe, 0x3f, 0], &[0; 4], &inner[12..]].concat();
    let animated = riff(&[(b"VP8X", &canvas(2)), (b"ANIM", &[0; 6]), (b"ANMF", &frame)]);
    assert_broken(&quickly(&animated), Format::Webp);
}

#[test]
fn a_gif_whose_frame_is_larger_than_may_be_is_refused() {
    let frame = gif::Frame { width: 1, height: 1, buffer: vec![0].into(), ..gif::Frame::default() };
    let mut bytes = gif_of((1, 1), &[0; 6], &[frame]);
    let descriptor = bytes.iter().rposition(|byte| *byte == b',').unwrap();
    bytes[descriptor + 5..descriptor + 9].fill(0xff);
    assert_eq!(quickly(&bytes), Err(ImageError::TooLong { side: 65_535, limit: 16_384 }));
    // Within the limits, with the data of a single pixel.
    bytes[descriptor + 5..descriptor + 9].copy_from_slice(&[0x88, 0x13, 0x88, 0x13]);
    let refused = quickly(&bytes);
    assert!(matches!(refused, Err(ImageError::Broken { .. } | ImageError::Truncated)), "{refused:?}");
}

#[test]
fn a_jpeg_of_a_hundred_thousand_scans_is_refused() {
    let progressive =
        crate::files::jpeg_of(&scene(64, 64), (64, 64), jpeg_encoder::ColorType::Rgb, |encoder| {
            encoder.set_progressive(true);
        });
    assert!(quickly(&progressive).is_ok());
    let (begin, end) = progressive.split_at(progressive.len() - 2);
    // A refinement of one component that says nothing.
    let scan = [segment(0xda, &[1, 0, 0, 1, 63, 0]), vec![0]].concat();
    assert_broken(&quickly(&[begin, &scan.repeat(100_000), end].concat()), Format::Jpeg);
    // A baseline picture in scans of one component each is gone through as often.
    let bytes = jpeg(64, 64);
    let start = bytes.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let (head, _) = bytes.split_at(start);
    let scan = [segment(0xda, &[1, 0, 0, 0, 63, 0]), vec![0]].concat();
    assert_broken(&quickly(&[head, &scan.repeat(100_000), b"\xff\xd9"].concat()), Format::Jpeg);
}

#[test]
fn what_decoding_would_take_is_counted_before() {
    // 48 million pixels of an animation: a frame, a canvas and a result.
    let size = |side: u32| (side - 1).to_le_bytes();
    let canvas = [&[2, 0, 0, 0][..], &size(8000)[..3], &size(6000)[..3]].concat();
    let picture = [&b"\x30\x01\0\x9d\x01\x2a"[..], &[0x40, 0x1f, 0x70, 0x17], &[0; 64]].concat();
    let inner = riff(&[(b"VP8 ", &picture)]);
    let frame = [&[0; 6][..], &size(8000)[..3], &size(6000)[..3], &[0; 4], &inner[12..]].concat();
    let bytes = riff(&[(b"VP8X", &canvas), (b"ANIM", &[0; 6]), (b"ANMF", &frame)]);
    assert_eq!(inspect_whole(&bytes, &Limits::default()).unwrap().width, 8000);
    let limit = Limits::default().memory;
    assert_eq!(quickly(&bytes), Err(ImageError::TooMuchMemory { bytes: 768_000_000, limit }));
}

#[test]
fn a_file_that_ends_early_is_truncated_in_every_format() {
    for bytes in [jpeg(64, 48), png(64, 48), webp(64, 48), crate::files::gif(64, 48)] {
        let half = &bytes[..bytes.len() * 3 / 4];
        assert_eq!(quickly(half), Err(ImageError::Truncated), "{}", String::from_utf8_lossy(&bytes[..4]));
    }
}
