//! A picture is shown upright however the camera was held.

use media::{Limits, Picture, render};

use crate::files::{
    BLUE, GREEN, RED, WHITE, assert_near, chunk, exif, exif_segment, jpeg, png, quarters, webp_of,
    with_chunks, with_segments,
};

/// What is seen in the quarters, by rows, of a picture that stores red, green, blue, white.
const SHOWN: [[[u8; 3]; 4]; 8] = [
    [RED, GREEN, BLUE, WHITE],
    [GREEN, RED, WHITE, BLUE],
    [WHITE, BLUE, GREEN, RED],
    [BLUE, WHITE, RED, GREEN],
    [RED, BLUE, GREEN, WHITE],
    [BLUE, RED, WHITE, GREEN],
    [WHITE, GREEN, BLUE, RED],
    [GREEN, WHITE, RED, BLUE],
];

#[track_caller]
fn assert_upright(bytes: &[u8], orientation: usize) {
    let rendered = render(bytes, &Limits::default()).unwrap();
    let expected = if orientation > 4 { (40, 60) } else { (60, 40) };
    let size = |picture: &Picture| (picture.width, picture.height);
    assert_eq!(rendered.original.shown(), expected);
    assert_eq!((rendered.original.width, rendered.original.height), (60, 40));
    for picture in rendered.thumbnails.iter().chain([&rendered.master]) {
        assert_eq!(size(picture), expected);
        assert_near(&quarters(picture), &SHOWN[orientation - 1]);
    }
}

#[test]
fn all_eight_ways_to_hold_a_camera_come_out_upright() {
    for (orientation, tag) in (1_usize..=8).zip(1_u16..) {
        assert_upright(&with_segments(&jpeg(60, 40), &[exif_segment(tag)]), orientation);
        assert_upright(&with_chunks(&png(60, 40), &[chunk(b"eXIf", &exif(tag))]), orientation);
        assert_upright(&webp_of(60, 40, |encoder| encoder.set_exif_metadata(exif(tag))), orientation);
    }
}

#[test]
fn an_orientation_that_is_none_turns_nothing() {
    for tag in [0, 9, 0xffff] {
        assert_upright(&with_segments(&jpeg(60, 40), &[exif_segment(tag)]), 1);
    }
    let broken = crate::files::segment(0xe1, b"Exif\0\0II*\0\xff\xff\xff\xff");
    assert_upright(&with_segments(&jpeg(60, 40), &[broken]), 1);
}
