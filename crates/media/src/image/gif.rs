//! GIF (`CompuServe`, `GIF89a`), by way of the `gif` crate: the first frame, where it lies on the logical screen.

use std::io::ErrorKind;
use std::num::NonZeroU64;

use gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, MemoryLimit};

use super::bytes::little16;
use super::decode::Decoded;
use super::pixels::{CHANNELS, Pixels, Size};
use super::{Format, Header, ImageError, Limits, Orientation};

/// The header of the GIF that begins so: its logical screen.
pub(super) fn header(head: &[u8]) -> Option<Header> {
    let (width, height) = (u32::from(little16(head, 6)?), u32::from(little16(head, 8)?));
    Some(Header { format: Format::Gif, width, height, orientation: Orientation::default() })
}

pub(super) fn decode(bytes: &[u8], size: Size, limits: &Limits) -> Result<Decoded, ImageError> {
    limits.check_memory(size.pixels() * 3)?;
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options
        .set_memory_limit(NonZeroU64::new(limits.memory).map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes));
    let mut decoder = options.read_info(bytes).map_err(refused)?;
    let frame = Frame::next(&mut decoder)?;
    // A frame may reach beyond the screen, and is decoded in full all the same.
    limits.check_size(u32::from(frame.width), u32::from(frame.height))?;
    limits.check_memory(size.pixels() * 3 + u64::from(frame.width) * u64::from(frame.height))?;
    let mut indices = vec![0; usize::from(frame.width) * usize::from(frame.height)];
    decoder.read_into_buffer(&mut indices).map_err(refused)?;
    let mut pixels = Pixels::white(size)?;
    frame.draw(&indices, &mut pixels);
    Ok(Decoded { pixels, orientation: Orientation::default(), profile: None })
}

/// Where a frame lies, and what its indices stand for.
struct Frame {
    left: u16,
    top: u16,
    width: u16,
    height: u16,
    palette: Vec<[u8; CHANNELS]>,
    transparent: Option<u8>,
}

impl Frame {
    fn next(decoder: &mut Decoder<&[u8]>) -> Result<Self, ImageError> {
        let frame = decoder.next_frame_info().map_err(refused)?.ok_or_else(|| broken("it has no frame"))?;
        let (left, top, width, height) = (frame.left, frame.top, frame.width, frame.height);
        let transparent = frame.transparent;
        let palette = decoder.palette().map_err(refused)?.as_chunks().0.to_vec();
        Ok(Self { left, top, width, height, palette, transparent })
    }

    /// Draws what of the frame lies on the picture. An index that no colour belongs to is left out, as browsers do.
    fn draw(&self, indices: &[u8], pixels: &mut Pixels) {
        let rows = indices.chunks_exact(usize::from(self.width).max(1));
        for (target, row) in pixels.rows_mut().skip(usize::from(self.top)).zip(rows) {
            let target = target.as_chunks_mut::<CHANNELS>().0.iter_mut().skip(usize::from(self.left));
            for (pixel, index) in target.zip(row).filter(|(_, index)| Some(**index) != self.transparent) {
                if let Some(colour) = self.palette.get(usize::from(*index)) {
                    *pixel = *colour;
                }
            }
        }
    }
}

fn refused(error: DecodingError) -> ImageError {
    match error {
        DecodingError::UnexpectedEof => ImageError::Truncated,
        DecodingError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => ImageError::Truncated,
        error => broken(error),
    }
}

fn broken(reason: impl std::fmt::Display) -> ImageError {
    ImageError::broken(Format::Gif, reason)
}
