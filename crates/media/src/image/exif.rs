//! How a picture has to be turned, and where Exif says so. Nothing else of Exif is read.

use super::bytes::{big16, big32, little16, little32};

/// The Orientation tag (CIPA DC-008, "Exif", 4.6.5.1.6): what to do to the stored pixels so that up is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Orientation {
    /// 1: nothing. Also where no Exif is, or it says nothing sensible.
    #[default]
    Upright,
    /// 2: swap left and right.
    Mirror,
    /// 3: turn by 180 degrees.
    TurnOver,
    /// 4: swap top and bottom.
    MirrorUpsideDown,
    /// 5: swap rows and columns.
    Transpose,
    /// 6: turn clockwise by 90 degrees; a telephone held upright.
    TurnRight,
    /// 7: swap rows and columns along the other diagonal.
    Transverse,
    /// 8: turn counterclockwise by 90 degrees.
    TurnLeft,
}

impl Orientation {
    /// Whether what was the width becomes the height.
    #[must_use]
    pub fn swaps_sides(self) -> bool {
        matches!(self, Self::Transpose | Self::TurnRight | Self::Transverse | Self::TurnLeft)
    }

    fn from_tag(value: u16) -> Self {
        match value {
            2 => Self::Mirror,
            3 => Self::TurnOver,
            4 => Self::MirrorUpsideDown,
            5 => Self::Transpose,
            6 => Self::TurnRight,
            7 => Self::Transverse,
            8 => Self::TurnLeft,
            _ => Self::Upright,
        }
    }
}

/// How Exif in JPEG begins. WebP files have it as well now and then, where it does not belong.
pub(super) const PREFIX: &[u8] = b"Exif\0\0";

const ORIENTATION: u16 = 0x0112;
/// The type of sixteen bits without sign.
const SHORT: u16 = 3;

/// The orientation in Exif, which is a TIFF file (TIFF 6.0, section 2), with [`PREFIX`] or without. Nonsense in it
/// turns nothing: a picture on its side is better than none.
pub(super) fn orientation(exif: &[u8]) -> Orientation {
    let tiff = exif.strip_prefix(PREFIX).unwrap_or(exif);
    tag(tiff).map(Orientation::from_tag).unwrap_or_default()
}

fn tag(tiff: &[u8]) -> Option<u16> {
    let short: fn(&[u8], usize) -> Option<u16>;
    let long: fn(&[u8], usize) -> Option<u32>;
    match tiff.first_chunk()? {
        b"MM\0*" => (short, long) = (big16, big32),
        b"II*\0" => (short, long) = (little16, little32),
        _ => return None,
    }
    // A directory is the count of its entries, and twelve bytes for each: tag, type, count, value.
    let directory = usize::try_from(long(tiff, 4)?).ok()?;
    let entries = tiff.get(directory.checked_add(2)?..)?;
    let count = usize::from(short(tiff, directory)?);
    let (entries, _) = entries.as_chunks::<12>();
    let entry = entries.iter().take(count).find(|entry| short(*entry, 0) == Some(ORIENTATION))?;
    if short(entry, 2) == Some(SHORT) { short(entry, 8) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn little(tag: u16, kind: u16, value: u16) -> Vec<u8> {
        let mut tiff = b"II*\0\x08\0\0\0\x01\0".to_vec();
        for number in [tag, kind, 1, 0, value, 0] {
            tiff.extend(number.to_le_bytes());
        }
        tiff
    }

    #[test]
    fn the_tag_is_read_in_either_byte_order_and_with_either_beginning() {
        assert_eq!(orientation(&little(ORIENTATION, SHORT, 6)), Orientation::TurnRight);
        assert_eq!(orientation(&[PREFIX, &little(ORIENTATION, SHORT, 8)].concat()), Orientation::TurnLeft);
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0";
        assert_eq!(orientation(big), Orientation::TurnOver);
    }

    #[test]
    fn nonsense_turns_nothing() {
        let sound = little(ORIENTATION, SHORT, 6);
        for end in 0..20 {
            assert_eq!(orientation(&sound[..end]), Orientation::Upright, "{end} bytes");
        }
        for exif in [little(ORIENTATION, SHORT, 9), little(ORIENTATION, 4, 6), little(0x0113, SHORT, 6)] {
            assert_eq!(orientation(&exif), Orientation::Upright);
        }
        let mut far = sound.clone();
        far[4..8].fill(0xff);
        assert_eq!(orientation(&far), Orientation::Upright);
        let mut none = sound;
        none[8] = 0;
        assert_eq!(orientation(&none), Orientation::Upright);
    }
}
