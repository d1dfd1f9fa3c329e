//! How somebody is reached: email addresses and telephone numbers as people type them.

use kernel::{FieldError, InvalidCode};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// RFC 5321, section 4.5.3.1, as corrected by erratum 1690 of RFC 3696.
const MOST_CHARACTERS: usize = 254;
const MOST_LOCAL_BYTES: usize = 64;

/// An email address as it was typed, trimmed and in Unicode's form NFKC: what looks alike by its
/// encoding alone, such as a letter of full width, is the same.
///
/// The check is pragmatic: one `@`, something before it and a dotted domain after it. Whether the
/// mailbox exists only a message to it can tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text: String = text.trim().nfkc().collect();
        if text.is_empty() {
            return Err(FieldError::new(InvalidCode::Required, "must not be empty"));
        }
        if text.chars().count() > MOST_CHARACTERS {
            let message = format!("must have at most {MOST_CHARACTERS} characters");
            return Err(FieldError::new(InvalidCode::TooLong, message));
        }
        match text.split_once('@') {
            Some((local, domain)) if is_local_part(local) && is_domain(domain) => Ok(Self(text)),
            _ => Err(FieldError::new(InvalidCode::Malformed, "must look like name@example.com")),
        }
    }

    /// The address as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two spellings of one address have in common; unique among accounts.
    #[must_use]
    pub fn key(&self) -> String {
        email_key(&self.0)
    }
}

/// The key of any text somebody logs in with, whether or not it is an address: trimmed, in Unicode
/// lowercase and NFKC, and with one small sigma. A NUL, which no address has and no database text can hold, becomes a character
/// that no address has either.
pub(crate) fn email_key(text: &str) -> String {
    let folded = text.trim().nfkc().collect::<String>().to_lowercase();
    folded.nfkc().map(|c| if c == 'ς' { 'σ' } else { c }).collect::<String>().replace('\0', "\u{fffd}")
}

/// The SHA-256 of a key, under which failed attempts are counted without keeping the address.
pub(crate) fn email_digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

fn is_local_part(text: &str) -> bool {
    let dotted = text.split('.').all(|part| !part.is_empty());
    dotted && text.len() <= MOST_LOCAL_BYTES && text.chars().all(|c| is_letter(c) || is_atom(c) || c == '.')
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| is_letter(c) || c == '-')
    };
    text.contains('.') && text.split('.').all(label)
}

/// A letter or digit that can be seen: no two addresses may look the same because of what cannot.
fn is_letter(c: char) -> bool {
    // Letters by name, and blank: the fillers of Hangul and two vowels of Khmer.
    let blank = matches!(c, '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}');
    c.is_alphanumeric() && !blank
}

/// What an address may have besides letters and digits (RFC 5322, section 3.2.3).
fn is_atom(c: char) -> bool {
    "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// Reads a telephone number: 7 to 15 digits (ITU-T E.164), with the usual punctuation, kept as it
/// was typed. Nothing at all is none.
pub(crate) fn read_phone(text: Option<&str>) -> Result<Option<String>, FieldError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let legal = |(position, c): (usize, char)| {
        c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')') || (c == '+' && position == 0)
    };
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if text.chars().enumerate().all(legal) && (7..=15).contains(&digits) && text.len() <= 32 {
        Ok(Some(text.to_owned()))
    } else {
        Err(FieldError::new(InvalidCode::Malformed, "must be a telephone number of 7 to 15 digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_addresses_are_kept_as_typed() {
        for text in
            ["ana@example.com", "Ana.Lopez+garden@mail.example.co", "josé@exämple.de", "o'brien@a-b.org"]
        {
            assert_eq!(EmailAddress::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(EmailAddress::parse("  Ana@Example.com ").unwrap().as_str(), "Ana@Example.com");
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for text in [
            "ana",
            "@example.com",
            "ana@",
            "ana@localhost",
            "ana@@example.com",
            "a b@example.com",
            ".ana@example.com",
            "ana..b@example.com",
            "ana@example..com",
            "ana@-example.com",
            "ana@example.com.",
            "ana\0@example.com",
            "<ana@example.com>",
            "ana@exam ple.com",
            "an\u{200b}a@example.com",
            "ana\u{202e}@example.com",
            "ana\u{3164}@example.com",
            "ana@example\u{ad}.com",
            "ana\u{feff}@example.com",
            "ana\r\nbcc:bob@example.com",
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap_err().code, InvalidCode::Malformed, "{text:?}");
        }
        assert_eq!(EmailAddress::parse("  ").unwrap_err().code, InvalidCode::Required);
        let long = format!("ana@{}.com", "a".repeat(300));
        assert_eq!(EmailAddress::parse(&long).unwrap_err().code, InvalidCode::TooLong);
    }

    #[test]
    fn spellings_of_one_address_share_a_key() {
        assert_eq!(email_key(" ÀNA@Example.COM "), "àna@example.com");
        assert_eq!(email_digest(&email_key("Ana@example.com")), email_digest(&email_key("ana@example.com ")));
    }

    #[test]
    fn letters_that_differ_by_their_encoding_alone_are_the_same() {
        let key = |text: &str| EmailAddress::parse(text).unwrap().key();
        for (text, same) in [
            // Of full width, a ligature, the sign of the kelvin, an accent of its own.
            ("\u{ff41}na@example.com", "ana@example.com"),
            ("ana\u{ff20}example.com", "ana@example.com"),
            ("\u{fb01}g@example.com", "fig@example.com"),
            ("\u{212a}ale@example.com", "kale@example.com"),
            ("jose\u{301}@example.com", "josé@example.com"),
            ("ΟΔΥΣΣΕΥΣ@example.gr", "οδυσσευς@example.gr"),
            ("ΟΔΥΣΣΕΥΣ@example.gr", "οδυσσευσ@example.gr"),
        ] {
            assert_eq!(key(text), key(same), "{text}");
            assert_eq!(email_key(text), key(same), "{text}");
        }
        // Another letter is another letter, however it looks.
        assert_ne!(key("\u{430}na@example.com"), key("ana@example.com"));
        assert_eq!(EmailAddress::parse("\u{ff41}na@example.com").unwrap().as_str(), "ana@example.com");
    }

    #[test]
    fn a_telephone_number_has_digits_and_punctuation() {
        assert_eq!(read_phone(Some(" +1 (303) 555-0100 ")).unwrap().as_deref(), Some("+1 (303) 555-0100"));
        assert_eq!(read_phone(Some(" ")).unwrap(), None);
        for text in ["12345", "call me", "1+3035550100", "1234567890123456", "303٥٥٥0100"] {
            assert!(read_phone(Some(text)).is_err(), "{text}");
        }
    }
}
