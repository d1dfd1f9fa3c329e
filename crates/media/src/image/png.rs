//! PNG (ISO/IEC 15948), by way of the `png` crate. Of an APNG it is the picture that everybody else shows.

use std::io::{Cursor, ErrorKind};

use png::{ColorType, Decoder, DecodingError, InterlaceInfo, Reader, Transformations};

use super::bytes::big32;
use super::decode::Decoded;
use super::pixels::{CHANNELS, Pixels, Size, index, on_white};
use super::{Format, Header, ImageError, Limits, Orientation, exif};

/// Where the first chunk's length, name, width and height stand: behind the eight bytes of the signature.
const LENGTH: usize = 8;
const NAME: usize = 12;
const WIDTH: usize = 16;
const HEIGHT: usize = 20;
/// What the decoder may take besides the picture, in bytes: a row or two, and what metadata inflates to. The picture's
/// own memory is ours.
const BESIDE: usize = 16 * 1024 * 1024;
/// The passes of an interlaced picture: the first column and row of each, and the steps between them (8.2).
const PASSES: [[u32; 4]; 7] =
    [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];

/// The header of the PNG that begins so.
pub(super) fn header(head: &[u8]) -> Result<Option<Header>, ImageError> {
    let Some(width) = big32(head, WIDTH) else { return Ok(None) };
    let Some(height) = big32(head, HEIGHT) else { return Ok(None) };
    if big32(head, LENGTH) != Some(13) || head.get(NAME..WIDTH) != Some(b"IHDR") {
        return Err(broken("it does not begin with its header"));
    }
    Ok(Some(Header { format: Format::Png, width, height, orientation: Orientation::default() }))
}

pub(super) fn decode(bytes: &[u8], size: Size, limits: &Limits) -> Result<Decoded, ImageError> {
    limits.check_memory(size.pixels() * 3)?;
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: BESIDE });
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(refused)?;
    let info = reader.info();
    if (info.width, info.height) != (size.width, size.height) {
        return Err(broken("it can be read as two pictures"));
    }
    // What stands behind the pixels is not read, so an orientation counts before them only.
    let orientation = info.exif_metadata.as_deref().map(exif::orientation).unwrap_or_default();
    let profile = info.icc_profile.as_deref().map(<[u8]>::to_vec);
    let pixels = read_rows(&mut reader, size)?;
    Ok(Decoded { pixels, orientation, profile })
}

/// Reads as many rows as the picture has, and not what the file may inflate to behind them: a crate's own way to read
/// a whole frame would go through all of it, and 25 MB can be 25 GB.
fn read_rows(reader: &mut Reader<Cursor<&[u8]>>, size: Size) -> Result<Pixels, ImageError> {
    let (colour, _) = reader.output_color_type();
    let longest = reader.output_line_size(size.width).ok_or_else(|| broken("its rows are too long"))?;
    let mut row = vec![0; longest];
    let mut pixels = Pixels::white(size)?;
    if !reader.info().interlaced {
        for target in pixels.rows_mut() {
            reader.read_row(&mut row).map_err(refused)?;
            write(colour, &row, target);
        }
        return Ok(pixels);
    }
    let stride = index(size.width) * CHANNELS;
    let mut colours = vec![0; stride];
    for _ in 0..interlaced_rows(size) {
        let place = reader.read_row(&mut row).map_err(refused)?;
        let Some(InterlaceInfo::Adam7(place)) = &place else { break };
        write(colour, &row, &mut colours);
        png::expand_interlaced_row(pixels.rgb_mut(), stride, &colours, place, 24);
    }
    Ok(pixels)
}

/// How many rows the passes of an interlaced picture have together; a pass without columns has none.
fn interlaced_rows(size: Size) -> u32 {
    let rows = |[column, row, across, down]: [u32; 4]| {
        let columns = size.width.saturating_sub(column).div_ceil(across);
        if columns == 0 { 0 } else { size.height.saturating_sub(row).div_ceil(down) }
    };
    PASSES.into_iter().map(rows).sum()
}

/// Writes a row of the decoder's, of 8 bits a sample, as red, green and blue before white.
fn write(colour: ColorType, row: &[u8], target: &mut [u8]) {
    let (target, _) = target.as_chunks_mut::<CHANNELS>();
    match colour {
        ColorType::Grayscale | ColorType::Indexed => {
            target.iter_mut().zip(row).for_each(|(target, grey)| *target = [*grey; CHANNELS]);
        }
        ColorType::GrayscaleAlpha => {
            let sources = row.as_chunks::<2>().0;
            for (target, [grey, opacity]) in target.iter_mut().zip(sources) {
                *target = [on_white(*grey, *opacity); CHANNELS];
            }
        }
        ColorType::Rgb => {
            let sources = row.as_chunks::<CHANNELS>().0;
            target.iter_mut().zip(sources).for_each(|(target, source)| *target = *source);
        }
        ColorType::Rgba => {
            let sources = row.as_chunks::<4>().0;
            for (target, [red, green, blue, opacity]) in target.iter_mut().zip(sources) {
                *target = [red, green, blue].map(|colour| on_white(*colour, *opacity));
            }
        }
    }
}

fn refused(error: DecodingError) -> ImageError {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => ImageError::Truncated,
        error => broken(error),
    }
}

fn broken(reason: impl std::fmt::Display) -> ImageError {
    ImageError::broken(Format::Png, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_an_interlaced_picture_are_those_of_its_passes() {
        let rows = |width, height| interlaced_rows(Size { width, height });
        assert_eq!(rows(1, 1), 1);
        assert_eq!(rows(8, 8), 1 + 1 + 1 + 2 + 2 + 4 + 4);
        // Without a second column there are no passes 2, 4 and 6.
        assert_eq!(rows(1, 8), 1 + 1 + 2 + 4);
        assert_eq!(rows(8, 1), 4);
    }

    #[test]
    fn another_first_chunk_is_broken() {
        let head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIDAT\0\0\0\x01\0\0\0\x01";
        assert!(matches!(header(head), Err(ImageError::Broken { .. })));
        assert_eq!(header(&head[..20]), Ok(None));
    }
}
