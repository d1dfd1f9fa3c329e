//! Which sizes are made of a picture.

use jpeg_encoder::{ColorType, SamplingFactor};
use media::{Limits, Picture, render, thumbnails};

use crate::files::{assert_near, jpeg, jpeg_of, quarters};
use crate::photo::photo;

fn size(picture: &Picture) -> (u32, u32) {
    (picture.width, picture.height)
}

#[track_caller]
fn assert_sizes(original: (u32, u32), master: (u32, u32), smaller: &[(u32, u32)]) {
    let rendered = render(&jpeg(original.0, original.1), &Limits::default()).unwrap();
    assert_eq!(size(&rendered.master), master);
    assert_eq!(rendered.thumbnails.iter().map(size).collect::<Vec<_>>(), smaller);
}

#[test]
fn a_large_picture_has_a_master_and_three_thumbnails() {
    assert_sizes((3200, 2400), (2560, 1920), &[(320, 240), (640, 480), (1280, 960)]);
    assert_sizes((1000, 3000), (853, 2560), &[(107, 320), (213, 640), (427, 1280)]);
}

#[test]
fn a_small_picture_is_never_made_larger() {
    assert_sizes((2000, 1000), (2000, 1000), &[(320, 160), (640, 320), (1280, 640)]);
    assert_sizes((1280, 960), (1280, 960), &[(320, 240), (640, 480), (1280, 960)]);
    assert_sizes((500, 250), (500, 250), &[(320, 160), (500, 250)]);
    assert_sizes((320, 240), (320, 240), &[(320, 240)]);
    assert_sizes((1, 1), (1, 1), &[(1, 1)]);
}

#[test]
fn a_line_stays_a_line() {
    assert_sizes((3000, 1), (2560, 1), &[(320, 1), (640, 1), (1280, 1)]);
}

#[test]
fn a_photograph_gets_smaller_from_size_to_size_and_keeps_its_colours() {
    let pixels = photo(1300, 975);
    let bytes = jpeg_of(&pixels, (1300, 975), ColorType::Rgb, |encoder| {
        encoder.set_quality(90);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
    });
    let rendered = render(&bytes, &Limits::default()).unwrap();
    let mut lengths: Vec<usize> = rendered.thumbnails.iter().map(|picture| picture.bytes.len()).collect();
    lengths.push(rendered.master.bytes.len());
    assert!(lengths.is_sorted() && lengths[0] < 40_000, "{lengths:?}");

    let mut sums = [0_usize; 3];
    for pixel in pixels.as_chunks::<3>().0 {
        sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += usize::from(*value));
    }
    let mean = sums.map(|sum| u8::try_from(sum / (1300 * 975)).unwrap());
    assert_near(&[rendered.average], &[mean]);
}

#[test]
fn a_picture_decoded_at_a_part_of_its_size_is_the_same_picture() {
    // A half, a quarter and an eighth, with sides that none of them divides; and progressive ones, too.
    for side in [1285, 2563, 5124, 10_245] {
        for progressive in [false, true] {
            let pixels = crate::files::scene(side, side / 40);
            let bytes = jpeg_of(&pixels, (side, side / 40), ColorType::Rgb, |encoder| {
                encoder.set_progressive(progressive);
            });
            for picture in thumbnails(&bytes, &Limits::default()).unwrap() {
                assert_near(&quarters(&picture), &crate::files::CORNERS);
            }
        }
    }
}

#[test]
fn the_placeholder_is_a_short_text_with_the_pictures_shape_and_colour() {
    let rendered = render(&jpeg(600, 300), &Limits::default()).unwrap();
    assert!(rendered.placeholder.len() <= 36, "{}", rendered.placeholder);
    let hash = crate::files::decoded_text(&rendered.placeholder);
    let shape = thumbhash::thumb_hash_to_approximate_aspect_ratio(&hash).unwrap();
    assert!((1.5..2.5).contains(&shape), "{shape}");
    let again = render(&jpeg(600, 300), &Limits::default()).unwrap();
    assert_eq!(again, rendered, "the same file makes the same pictures");
}

#[test]
fn thumbnails_are_made_anew_from_a_master() {
    let limits = Limits::default();
    let master = render(&jpeg(3000, 2000), &limits).unwrap().master;
    // The master is 2560 x 1707, a little higher than two thirds.
    let again = thumbnails(&master.bytes, &limits).unwrap();
    assert_eq!(again.iter().map(size).collect::<Vec<_>>(), [(320, 214), (640, 427), (1280, 854)]);
    assert_near(&quarters(&again[2]), &crate::files::CORNERS);
}
