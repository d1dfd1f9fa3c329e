//! What names a picture's objects: the hash of its bytes, and the name of a size.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The SHA-256 of an uploaded file, in lowercase hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PictureHash(String);

/// A text that is no such name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no picture has such a name")]
pub struct NameError;

impl PictureHash {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::finish(Sha256::new_with_prefix(bytes))
    }

    /// Of everything that was hashed.
    pub(crate) fn finish(hasher: Sha256) -> Self {
        use fmt::Write;
        let digest = hasher.finalize();
        Self(digest.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PictureHash {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let hexadecimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == 64 && hexadecimal { Ok(Self(text.to_owned())) } else { Err(NameError) }
    }
}

impl TryFrom<String> for PictureHash {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<PictureHash> for String {
    fn from(hash: PictureHash) -> Self {
        hash.0
    }
}

impl fmt::Display for PictureHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of one size of a picture: `320.jpg`, by its longer side in pixels, or `master.jpg`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SizeName(String);

impl SizeName {
    /// Of the picture that others are made from.
    #[must_use]
    pub fn master() -> Self {
        Self("master.jpg".to_owned())
    }

    /// Of a thumbnail with this longer side in pixels.
    #[must_use]
    pub fn of_side(side: u32) -> Self {
        Self(format!("{side}.jpg"))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SizeName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let stem = text.strip_suffix(".jpg").ok_or(NameError)?;
        let side = stem.parse::<u32>().ok().filter(|side| side.to_string() == stem);
        if stem == "master" || side.is_some() { Ok(Self(text.to_owned())) } else { Err(NameError) }
    }
}

impl TryFrom<String> for SizeName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<SizeName> for String {
    fn from(name: SizeName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_sixty_four_lowercase_digits_of_sixteen() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(PictureHash::of(b"").as_str(), empty);
        assert_eq!(empty.parse(), Ok(PictureHash::of(b"")));
        for wrong in ["", "e3b0", &empty.to_uppercase(), &format!("../{}", &empty[3..]), &format!("{empty}0")]
        {
            assert_eq!(wrong.parse::<PictureHash>(), Err(NameError), "{wrong}");
        }
    }

    #[test]
    fn a_size_has_one_name() {
        for name in ["320.jpg", "master.jpg", "1.jpg"] {
            assert_eq!(name.parse::<SizeName>().unwrap().as_str(), name);
        }
        for wrong in ["", ".jpg", "0320.jpg", "+320.jpg", "320.png", "../320.jpg", "320", "master", "-1.jpg"]
        {
            assert_eq!(wrong.parse::<SizeName>(), Err(NameError), "{wrong}");
        }
    }
}
