//! Numbers at a place in a file's bytes: nothing where the bytes end before them.

fn at<const LENGTH: usize>(bytes: &[u8], from: usize) -> Option<[u8; LENGTH]> {
    bytes.get(from..)?.first_chunk().copied()
}

/// Sixteen bits, the greater byte first.
pub(super) fn big16(bytes: &[u8], from: usize) -> Option<u16> {
    at(bytes, from).map(u16::from_be_bytes)
}

/// Thirty-two bits, the greatest byte first.
pub(super) fn big32(bytes: &[u8], from: usize) -> Option<u32> {
    at(bytes, from).map(u32::from_be_bytes)
}

/// Sixteen bits, the lesser byte first.
pub(super) fn little16(bytes: &[u8], from: usize) -> Option<u16> {
    at(bytes, from).map(u16::from_le_bytes)
}

/// Twenty-four bits, the least byte first.
pub(super) fn little24(bytes: &[u8], from: usize) -> Option<u32> {
    at(bytes, from).map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0]))
}

/// Thirty-two bits, the least byte first.
pub(super) fn little32(bytes: &[u8], from: usize) -> Option<u32> {
    at(bytes, from).map(u32::from_le_bytes)
}
