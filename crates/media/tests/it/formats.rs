//! What every format and way of storing colours comes to.

use jpeg_encoder::{ColorType, SamplingFactor};
use media::{Format, ImageError, Limits, Rendered, render};

use crate::files::{
    ANIMATED_WEBP, BLUE, CORNERS, LOSSY_WEBP, RED, TRANSPARENT_WEBP, WHITE, assert_near, chunk, decoded_text,
    gif, gif_of, indexed, jpeg, jpeg_of, png, png_of, quarters, scene, seen, segment, webp, with_chunks,
    with_segments,
};

const SIZE: (u32, u32) = (48, 32);

#[track_caller]
fn rendered(bytes: &[u8]) -> Rendered {
    render(bytes, &Limits::default()).unwrap()
}

/// The four quarters as the master and the only thumbnail show them.
#[track_caller]
fn assert_shows(bytes: &[u8], expected: [[u8; 3]; 4]) {
    let rendered = rendered(bytes);
    assert_eq!((rendered.master.width, rendered.master.height), SIZE);
    assert_near(&quarters(&rendered.master), &expected);
    assert_eq!(rendered.thumbnails.len(), 1);
    assert_near(&quarters(&rendered.thumbnails[0]), &expected);
}

#[test]
fn every_format_shows_the_same_picture() {
    let files = [(jpeg(48, 32), Format::Jpeg), (png(48, 32), Format::Png)];
    let others = [(webp(48, 32), Format::Webp), (gif(48, 32), Format::Gif)];
    for (bytes, format) in files.into_iter().chain(others) {
        assert_eq!(rendered(&bytes).original.format, format);
        assert_shows(&bytes, CORNERS);
    }
}

#[test]
fn a_jpeg_may_be_progressive_subsampled_and_have_restarts() {
    let scene = scene(48, 32);
    for factor in [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_1_2, SamplingFactor::F_2_2]
    {
        for progressive in [false, true] {
            let bytes = jpeg_of(&scene, SIZE, ColorType::Rgb, |encoder| {
                encoder.set_sampling_factor(factor);
                encoder.set_progressive(progressive);
                encoder.set_restart_interval(2);
            });
            assert_shows(&bytes, CORNERS);
        }
    }
}

#[test]
fn a_jpeg_may_have_a_scan_for_each_component() {
    // So it comes out of this encoder with tables of its own.
    let bytes = jpeg_of(&scene(48, 32), SIZE, ColorType::Rgb, |encoder| {
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.set_optimized_huffman_tables(true);
    });
    assert_eq!(bytes.windows(2).filter(|pair| *pair == [0xff, 0xda]).count(), 3);
    assert_shows(&bytes, CORNERS);
}

#[test]
fn a_grey_jpeg_is_grey() {
    let grey: Vec<u8> = scene(48, 32).as_chunks::<3>().0.iter().map(|[red, ..]| *red).collect();
    let expected = CORNERS.map(|[red, ..]| [red; 3]);
    for progressive in [false, true] {
        let bytes = jpeg_of(&grey, SIZE, ColorType::Luma, |encoder| encoder.set_progressive(progressive));
        assert_shows(&bytes, expected);
    }
}

#[test]
fn the_four_inks_of_a_jpeg_become_colours() {
    // No black: each ink is what its colour lacks. The encoder writes them as Adobe does, the wrong way round.
    let inks: Vec<u8> = scene(48, 32)
        .as_chunks::<3>()
        .0
        .iter()
        .flat_map(|[red, green, blue]| [255 - red, 255 - green, 255 - blue, 0])
        .collect();
    for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        assert_shows(&jpeg_of(&inks, SIZE, kind, |_| {}), CORNERS);
    }
}

#[test]
fn a_png_may_be_grey_or_have_a_palette_sixteen_bits_or_passes() {
    let scene = scene(48, 32);
    let grey: Vec<u8> = scene.as_chunks::<3>().0.iter().map(|[red, ..]| *red).collect();
    let reds = CORNERS.map(|[red, ..]| [red; 3]);
    assert_shows(&png_of(&grey, SIZE, png::ColorType::Grayscale, png::BitDepth::Eight, |_| {}), reds);

    let wide: Vec<u8> = scene.iter().flat_map(|value| [*value, 0x7f]).collect();
    assert_shows(&png_of(&wide, SIZE, png::ColorType::Rgb, png::BitDepth::Sixteen, |_| {}), CORNERS);

    let (indices, palette) = indexed(48, 32);
    let with_palette = |info: &mut png::Info<'_>| info.palette = Some(palette.clone().into());
    assert_shows(
        &png_of(&indices, SIZE, png::ColorType::Indexed, png::BitDepth::Eight, with_palette),
        CORNERS,
    );
    // Two bits an index: four of them in a byte.
    let packed: Vec<u8> =
        indices.as_chunks::<4>().0.iter().map(|[a, b, c, d]| (a << 6) | (b << 4) | (c << 2) | d).collect();
    let with_palette = |info: &mut png::Info<'_>| info.palette = Some(palette.clone().into());
    assert_shows(&png_of(&packed, SIZE, png::ColorType::Indexed, png::BitDepth::Two, with_palette), CORNERS);
}

#[test]
fn an_interlaced_png_has_every_pixel_in_its_place() {
    // Seven passes over 48 x 32, each row with its filter byte; the last pass is every second row.
    let scene = scene(48, 32);
    let mut rows = Vec::new();
    for [x0, y0, dx, dy] in
        [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]]
    {
        for y in (y0..32_usize).step_by(dy) {
            rows.push(0);
            for x in (x0..48_usize).step_by(dx) {
                rows.extend_from_slice(&scene[(y * 48 + x) * 3..][..3]);
            }
        }
    }
    let head = crate::files::png_head(48, 32, true);
    let bytes = [head, chunk(b"IDAT", &crate::files::zlib(&rows)), chunk(b"IEND", b"")].concat();
    assert_shows(&bytes, CORNERS);
    let (plain, interlaced) = (rendered(&png(48, 32)), rendered(&bytes));
    assert_eq!(interlaced.master, plain.master);
}

#[test]
fn what_is_transparent_is_seen_on_white() {
    let colours = scene(48, 32);
    let left = |pixel: usize| pixel % 48 < 24;
    let rgba: Vec<u8> = colours
        .as_chunks::<3>()
        .0
        .iter()
        .enumerate()
        .flat_map(|(pixel, [red, green, blue])| [*red, *green, *blue, if left(pixel) { 0 } else { 255 }])
        .collect();
    let expected = [WHITE, CORNERS[1], WHITE, WHITE];
    assert_shows(&png_of(&rgba, SIZE, png::ColorType::Rgba, png::BitDepth::Eight, |_| {}), expected);

    let grey: Vec<u8> = (0..48 * 32).flat_map(|pixel| [100, if left(pixel) { 128 } else { 255 }]).collect();
    let (half, whole) = ([177; 3], [100; 3]);
    let bytes = png_of(&grey, SIZE, png::ColorType::GrayscaleAlpha, png::BitDepth::Eight, |_| {});
    assert_shows(&bytes, [half, whole, half, whole]);

    // One colour of the palette is no colour: the blue of the third quarter.
    let (indices, palette) = indexed(48, 32);
    let bytes = png_of(&indices, SIZE, png::ColorType::Indexed, png::BitDepth::Eight, |info| {
        info.palette = Some(palette.clone().into());
        info.trns = Some(vec![255, 255, 0].into());
    });
    assert_shows(&bytes, [CORNERS[0], CORNERS[1], WHITE, WHITE]);

    let (indices, palette) = indexed(48, 32);
    let frame = gif::Frame {
        width: 48,
        height: 32,
        buffer: indices.into(),
        transparent: Some(2),
        ..gif::Frame::default()
    };
    assert_shows(&gif_of((48, 32), &palette, &[frame]), [CORNERS[0], CORNERS[1], WHITE, WHITE]);

    let transparent = rendered(&decoded_text(TRANSPARENT_WEBP)).master;
    assert_near(&[seen(&transparent, 20, 50), seen(&transparent, 80, 50)], &[WHITE, BLUE]);
}

#[test]
fn a_lossy_webp_is_read_and_an_animated_one_by_its_first_frame() {
    for text in [LOSSY_WEBP, ANIMATED_WEBP] {
        let picture = rendered(&decoded_text(text)).master;
        assert_eq!((picture.width, picture.height), (16, 8));
        assert_near(&[seen(&picture, 20, 50), seen(&picture, 80, 50)], &[RED, BLUE]);
    }
}

#[test]
fn an_animated_gif_shows_its_first_frame_where_it_lies() {
    let frame = |left, top, index, width, height| gif::Frame {
        left,
        top,
        width,
        height,
        buffer: vec![index; usize::from(width) * usize::from(height)].into(),
        ..gif::Frame::default()
    };
    let palette = CORNERS.concat();
    let bytes = gif_of((48, 32), &palette, &[frame(24, 0, 0, 24, 16), frame(0, 0, 2, 48, 32)]);
    assert_shows(&bytes, [WHITE, RED, WHITE, WHITE]);
    // A frame that reaches beyond the screen is cut off there.
    let bytes = gif_of((48, 32), &palette, &[frame(24, 16, 0, 100, 100)]);
    assert_shows(&bytes, [WHITE, WHITE, WHITE, RED]);
}

#[test]
fn a_profile_says_what_the_colours_are() {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let green = [120, 200, 80];
    let pixels = [green; 48 * 32].concat();
    let segment = segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", &profile[..]].concat());
    let jpeg = with_segments(&jpeg_of(&pixels, SIZE, ColorType::Rgb, |_| {}), &[segment]);
    let plain = png_of(&pixels, SIZE, png::ColorType::Rgb, png::BitDepth::Eight, |_| {});
    let iccp = chunk(b"iCCP", &[b"p3\0\0", &crate::files::zlib(&profile)[..]].concat());
    let png = with_chunks(&plain, &[iccp]);
    let webp = {
        let mut bytes = Vec::new();
        let mut encoder = image_webp::WebPEncoder::new(&mut bytes);
        encoder.set_icc_profile(profile);
        encoder.encode(&pixels, 48, 32, image_webp::ColorType::Rgb8).unwrap();
        bytes
    };
    assert_near(&[rendered(&plain).average], &[green]);
    // The same numbers in Display P3 are a stronger green: 94, 203, 68 in sRGB.
    for (name, bytes) in [("JPEG", jpeg), ("PNG", png), ("WebP", webp)] {
        let average = rendered(&bytes).average;
        assert!(average[0] < 110 && average[1] > 198 && average[2] < 78, "{name}: {average:?}");
    }
}

#[test]
fn what_is_no_picture_is_refused_by_what_it_is() {
    let limits = Limits::default();
    let others: [&[u8]; 6] = [
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
        b"<html><body>picture.jpg</body></html>",
        b"%PDF-1.7\n%picture",
        b"PK\x03\x04picture.png",
        b"BM\x36\0\0\0\0\0\0\0",
        b"\0\0\0\x1cftypavif\0\0\0\0avifmif1",
    ];
    for bytes in others {
        assert_eq!(render(bytes, &limits), Err(ImageError::UnsupportedType));
    }
    assert_eq!(render(b"", &limits), Err(ImageError::Empty));
    assert_eq!(render(b"\xff\xd8", &limits), Err(ImageError::Truncated));
}
