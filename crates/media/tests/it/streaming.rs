//! An upload is refused while it comes in, as early as can be.

use media::{Format, ImageError, Limits, Orientation, inspect, inspect_whole};

use crate::files::{
    ANIMATED_WEBP, LOSSY_WEBP, decoded_text, exif_segment, gif, jpeg, png, png_head, segment, webp,
    with_segments,
};

/// How many bytes of the file it takes to know the header.
#[track_caller]
fn needed(bytes: &[u8]) -> usize {
    let limits = Limits::default();
    let needed = (0..=bytes.len()).find(|end| inspect(&bytes[..*end], &limits).unwrap().is_some()).unwrap();
    let early = inspect(&bytes[..needed], &limits).unwrap();
    assert_eq!(early, inspect(bytes, &limits).unwrap(), "more of the file changes nothing");
    needed
}

#[test]
fn the_first_thirty_bytes_tell_the_size_but_for_a_jpeg() {
    assert_eq!(needed(&png(48, 32)), 24);
    assert_eq!(needed(&gif(48, 32)), 10);
    assert!(needed(&webp(48, 32)) <= 30);
    assert_eq!(needed(&decoded_text(LOSSY_WEBP)), 30);
    assert_eq!(needed(&decoded_text(ANIMATED_WEBP)), 30);
}

#[test]
fn a_jpeg_tells_its_size_behind_its_metadata() {
    let padding = segment(0xe2, &vec![7; 60_000]);
    let bytes = with_segments(&jpeg(48, 32), &[exif_segment(6), padding]);
    assert!((60_000..62_000).contains(&needed(&bytes)));
    let header = inspect_whole(&bytes, &Limits::default()).unwrap();
    assert_eq!((header.format, header.width, header.height), (Format::Jpeg, 48, 32));
    assert_eq!((header.orientation, header.shown()), (Orientation::TurnRight, (32, 48)));
}

#[test]
fn a_picture_of_fifty_thousand_squared_is_refused_by_its_header() {
    let bytes = [png_head(50_000, 50_000, false), vec![0; 4000]].concat();
    let too_long = Err(ImageError::TooLong { side: 50_000, limit: 16_384 });
    assert_eq!(inspect(&bytes[..23], &Limits::default()), Ok(None));
    assert_eq!(inspect(&bytes[..24], &Limits::default()), too_long);
    assert_eq!(media::render(&bytes, &Limits::default()), too_long.map(|_| unreachable!()));

    let any_side = Limits { side: u32::MAX, ..Limits::default() };
    let too_many = ImageError::TooManyPixels { width: 50_000, height: 50_000, limit: 50_000_000 };
    assert_eq!(inspect(&bytes[..24], &any_side), Err(too_many));
}

#[test]
fn a_picture_of_nothing_is_refused_by_its_header() {
    let limits = Limits::default();
    assert_eq!(inspect(&png_head(0, 7, false), &limits), Err(ImageError::NoPixels { width: 0, height: 7 }));
    assert_eq!(inspect(b"GIF89a\x05\0\0\0", &limits), Err(ImageError::NoPixels { width: 5, height: 0 }));
}

#[test]
fn more_bytes_than_may_be_are_refused_before_they_are_looked_at() {
    let limits = Limits { bytes: 100, ..Limits::default() };
    let bytes = png(48, 32);
    assert!(bytes.len() > 100);
    assert!(inspect(&bytes[..100], &limits).unwrap().is_some());
    assert_eq!(inspect(&bytes[..101], &limits), Err(ImageError::TooLarge { bytes: 101, limit: 100 }));
}
