//! Text that people type: trimmed, bounded in length, free of control characters, and empty where nobody would see
//! anything.

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

    /// The same, but not empty.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { least: if self.least == 0 { 1 } else { self.least }, ..self }
    }

    /// The trimmed text, or why it is refused.
    pub fn read(self, text: &str) -> Result<String, FieldError> {
        let text = seen(text);
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
        let allowed = |c: char| !is_control(c) || (self.lines && matches!(c, '\n' | '\r' | '\t'));
        if !text.chars().all(allowed) {
            return Err(FieldError::new(InvalidCode::Malformed, "must not contain control characters"));
        }
        Ok(text.to_owned())
    }

    /// Like [`read`](Self::read), where nothing at all is allowed too.
    pub fn read_optional(self, text: Option<&str>) -> Result<Option<String>, FieldError> {
        match text.map(seen) {
            None | Some("") => Ok(None),
            Some(text) => self.read(text).map(Some),
        }
    }
}

/// The text without the blanks around it; nothing where none of it can be seen.
fn seen(text: &str) -> &str {
    let text = text.trim();
    if text.chars().all(is_invisible) { "" } else { text }
}

/// White space, soft hyphens, joiners and marks without a width, and the fillers of Hangul. Among letters that can be
/// seen they have their use: joiners in Persian and in emoji.
fn is_invisible(c: char) -> bool {
    let mark = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    let filler = matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}');
    c.is_whitespace() || mark || filler
}

/// A control character, or one that turns the direction of what comes after it around: with those a text reads as
/// another one than it is.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
    fn what_nobody_sees_is_empty() {
        let invisible = "\u{ad}\u{115f}\u{1160}\u{200b}\u{200d}\u{200f}\u{2060}\u{2064}\u{3164}\u{feff}";
        for c in invisible.chars() {
            let text = format!(" {c}\t{c} ");
            assert_eq!(TextRule::line(1, 9).read(&text).unwrap_err().code, InvalidCode::Required, "{text:?}");
            assert_eq!(TextRule::prose(9).read(&text).unwrap(), "", "{text:?}");
            assert_eq!(TextRule::line(1, 9).read_optional(Some(&text)).unwrap(), None, "{text:?}");
        }
        // A family, and a word that is written with a gap but without a blank.
        for text in ["\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}", "\u{645}\u{6cc}\u{200c}\u{62e}"] {
            assert_eq!(TextRule::line(1, 9).read(text).unwrap(), text);
        }
    }

    #[test]
    fn no_text_is_turned_around() {
        for control in ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'] {
            let text = format!("a{control}b");
            for rule in [TextRule::line(1, 9), TextRule::prose(9)] {
                assert_eq!(rule.read(&text).unwrap_err().code, InvalidCode::Malformed, "{text:?}");
            }
        }
        // The marks of a direction turn nothing but themselves.
        assert_eq!(TextRule::line(1, 9).read("a\u{200f}b").unwrap(), "a\u{200f}b");
    }

    #[test]
    fn a_slug_is_fit_for_an_address() {
        assert_eq!(Slug::parse("green-acre-2").unwrap().as_str(), "green-acre-2");
        for text in ["Green", "a b c", "-abc", "abc-", "a--c", "é-è-ê", "ab"] {
            assert!(Slug::parse(text).is_err(), "{text}");
        }
    }
}
