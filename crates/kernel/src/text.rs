//! Text that people type: trimmed, bounded in length, free of control characters.

use crate::{FieldError, InvalidCode};

/// What a text field accepts. Lengths are in characters, after trimming.
#[derive(Clone, Copy, Debug)]
pub struct TextRule {
    least: usize,
    most: usize,
    lines: bool,
}

impl TextRule {
    /// One line of `least` to `most` characters.
    #[must_use]
    pub const fn line(least: usize, most: usize) -> Self {
        Self { least, most, lines: false }
    }

    /// Up to `most` characters in any number of lines; may be empty.
    #[must_use]
    pub const fn prose(most: usize) -> Self {
        Self { least: 0, most, lines: true }
    }

    /// The trimmed text, or why it is refused.
    pub fn read(self, text: &str) -> Result<String, FieldError> {
        let text = text.trim();
        let length = text.chars().count();
        if length < self.least {
            let (code, message) = match length {
                0 => (InvalidCode::Required, "must not be empty".to_owned()),
                _ => (InvalidCode::TooShort, format!("must have at least {} characters", self.least)),
            };
            return Err(FieldError::new(code, message));
        }
        if length > self.most {
            let message = format!("must have at most {} characters", self.most);
            return Err(FieldError::new(InvalidCode::TooLong, message));
        }
        let allowed = |c: char| !c.is_control() || (self.lines && matches!(c, '\n' | '\r' | '\t'));
        if !text.chars().all(allowed) {
            return Err(FieldError::new(InvalidCode::Malformed, "must not contain control characters"));
        }
        Ok(text.to_owned())
    }

    /// Like [`read`](Self::read), where nothing at all is allowed too.
    pub fn read_optional(self, text: Option<&str>) -> Result<Option<String>, FieldError> {
        match text.map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) => self.read(text).map(Some),
        }
    }
}

/// A name in an address of the web: lowercase letters, digits and single hyphens, 3 to 60 characters.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Slug(String);

impl Slug {
    /// Reads a slug as somebody wrote it.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = TextRule::line(3, 60).read(text)?;
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let tidy = !text.starts_with('-') && !text.ends_with('-') && !text.contains("--");
        if text.bytes().all(legal) && tidy {
            Ok(Self(text))
        } else {
            let message = "may have lowercase letters, digits and single hyphens between them";
            Err(FieldError::new(InvalidCode::Malformed, message))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_bounded_in_characters() {
        let rule = TextRule::line(2, 4);
        assert_eq!(rule.read("  kale ").unwrap(), "kale");
        assert_eq!(rule.read("çéßö").unwrap(), "çéßö");
        assert_eq!(rule.read("   ").unwrap_err().code, InvalidCode::Required);
        assert_eq!(rule.read("x").unwrap_err().code, InvalidCode::TooShort);
        assert_eq!(rule.read("kales").unwrap_err().code, InvalidCode::TooLong);
    }

    #[test]
    fn control_characters_are_refused_but_prose_has_lines() {
        assert_eq!(TextRule::line(0, 9).read("a\0b").unwrap_err().code, InvalidCode::Malformed);
        assert_eq!(TextRule::line(0, 9).read("a\nb").unwrap_err().code, InvalidCode::Malformed);
        assert_eq!(TextRule::prose(9).read("a\nb").unwrap(), "a\nb");
        assert_eq!(TextRule::prose(9).read("a\0b").unwrap_err().code, InvalidCode::Malformed);
    }

    #[test]
    fn a_slug_is_fit_for_an_address() {
        assert_eq!(Slug::parse("green-acre-2").unwrap().as_str(), "green-acre-2");
        for text in ["Green", "a b c", "-abc", "abc-", "a--c", "é-è-ê", "ab"] {
            assert!(Slug::parse(text).is_err(), "{text}");
        }
    }
}
