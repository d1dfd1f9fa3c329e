//! How large a picture may be.

use super::ImageError;

/// How large a picture may be. All of it is known from a file's header, and checked before anything is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the file, in bytes: 25 MiB unless set otherwise.
    pub bytes: u64,
    /// Width times height: 50 million unless set otherwise, which takes in what telephones make.
    pub pixels: u64,
    /// Of either side, in pixels: 16,384 unless set otherwise. That is where the sides of WebP end as well.
    pub side: u32,
    /// What decoding may take, in bytes, as the format, the size and the way of coding let expect: 640 MiB unless
    /// set otherwise. All pictures of 50 million pixels fit but those of an animated WebP, which ends at 42 million.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self { bytes: 25 * MIB, pixels: 50_000_000, side: 16_384, memory: 640 * MIB }
    }
}

impl Limits {
    pub(super) fn check_bytes(&self, bytes: &[u8]) -> Result<(), ImageError> {
        // No address space holds more than 64 bits can count.
        let bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if bytes > self.bytes { Err(ImageError::TooLarge { bytes, limit: self.bytes }) } else { Ok(()) }
    }

    pub(super) fn check_size(&self, width: u32, height: u32) -> Result<(), ImageError> {
        if width == 0 || height == 0 {
            return Err(ImageError::NoPixels { width, height });
        }
        let side = width.max(height);
        if side > self.side {
            return Err(ImageError::TooLong { side, limit: self.side });
        }
        if u64::from(width) * u64::from(height) > self.pixels {
            return Err(ImageError::TooManyPixels { width, height, limit: self.pixels });
        }
        Ok(())
    }

    pub(super) fn check_memory(&self, bytes: u64) -> Result<(), ImageError> {
        if bytes > self.memory {
            return Err(ImageError::TooMuchMemory { bytes, limit: self.memory });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_taken_and_one_more_is_not() {
        let limits = Limits::default();
        assert_eq!(limits.check_size(1, 1), Ok(()));
        assert_eq!(limits.check_size(10_000, 5_000), Ok(()));
        assert_eq!(
            limits.check_size(10_001, 5_000),
            Err(ImageError::TooManyPixels { width: 10_001, height: 5_000, limit: 50_000_000 })
        );
        assert_eq!(limits.check_size(16_384, 1), Ok(()));
        assert_eq!(limits.check_size(1, 16_385), Err(ImageError::TooLong { side: 16_385, limit: 16_384 }));
        assert_eq!(limits.check_size(0, 9), Err(ImageError::NoPixels { width: 0, height: 9 }));
        assert_eq!(
            limits.check_size(u32::MAX, u32::MAX),
            Err(ImageError::TooLong { side: u32::MAX, limit: 16_384 })
        );
    }

    #[test]
    fn a_file_may_be_as_large_as_the_limit() {
        let limits = Limits { bytes: 3, ..Limits::default() };
        assert_eq!(limits.check_bytes(b"abc"), Ok(()));
        assert_eq!(limits.check_bytes(b"abcd"), Err(ImageError::TooLarge { bytes: 4, limit: 3 }));
    }

    #[test]
    fn decoding_may_take_as_much_as_the_limit() {
        let limits = Limits { memory: 100, ..Limits::default() };
        assert_eq!(limits.check_memory(100), Ok(()));
        assert_eq!(limits.check_memory(101), Err(ImageError::TooMuchMemory { bytes: 101, limit: 100 }));
    }
}
