//! Addresses as people write them, and the one form in which they are compared, cached and asked
//! for. No I/O, and no opinion on whether a place exists.

use std::fmt;

use kernel::{FieldError, Fields, Invalid, InvalidCode, TextRule};
use sha2::{Digest, Sha256};

use super::states;

const LINE: TextRule = TextRule::line(1, 120);
const CITY: TextRule = TextRule::line(1, 80);
const STATE: TextRule = TextRule::line(2, 60);
const POSTAL_CODE: TextRule = TextRule::line(3, 12);

/// A postal address as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostalAddress {
    /// Number and street.
    pub line1: String,
    /// Apartment, suite or floor.
    pub line2: Option<String>,
    /// City or town.
    pub city: String,
    /// State, by code or name.
    pub state: String,
    /// ZIP or other postal code.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2 code, such as `US`.
    pub country: String,
}

impl PostalAddress {
    /// The address with its texts trimmed and its country in capitals, or every field that is
    /// refused, by its name here.
    pub fn checked(&self) -> Result<Self, Invalid> {
        let mut fields = Fields::default();
        let checked = Self {
            line1: fields.take("line1", LINE.read(&self.line1)).unwrap_or_default(),
            line2: fields.take("line2", LINE.read_optional(self.line2.as_deref())).flatten(),
            city: fields.take("city", CITY.read(&self.city)).unwrap_or_default(),
            state: fields.take("state", STATE.read(&self.state)).unwrap_or_default(),
            postal_code: fields.take("postal_code", POSTAL_CODE.read(&self.postal_code)).unwrap_or_default(),
            country: fields.take("country", country(&self.country)).unwrap_or_default(),
        };
        fields.finish().map(|()| checked)
    }
}

fn country(text: &str) -> Result<String, FieldError> {
    let text = TextRule::line(2, 2).read(text)?.to_ascii_uppercase();
    if text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(text)
    } else {
        Err(FieldError::new(InvalidCode::Malformed, "must be a two-letter country code such as \"US\""))
    }
}

/// SHA-256 of a normalized address: what the cache knows it by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AddressDigest(pub [u8; 32]);

/// An address in capitals, without punctuation, with USPS codes for states and five-digit ZIPs, so
/// that different spellings of one address are equal. The second line is left out: a suite does not
/// move a building.
///
/// ```
/// use logistics::NormalizedAddress;
/// let written = NormalizedAddress::parse("12 Elm St.,  Boulder, Colorado 80302-1234");
/// assert_eq!(written.to_string(), "12 ELM ST, BOULDER, CO 80302, US");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct NormalizedAddress {
    street: Option<String>,
    city: Option<String>,
    state: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
}

impl From<&PostalAddress> for NormalizedAddress {
    fn from(address: &PostalAddress) -> Self {
        let country = words(&address.country);
        let domestic = country.is_empty() || is_united_states(&country);
        let state = words(&address.state);
        let postal_code = words(&address.postal_code);
        Self {
            street: filled(words(&address.line1)),
            city: filled(words(&address.city)),
            state: filled(match states::code_of(&state) {
                Some(code) if domestic => code.to_owned(),
                _ => state,
            }),
            postal_code: filled(match zip(&postal_code) {
                Some(zip) if domestic => zip.to_owned(),
                _ => postal_code,
            }),
            country: Some(if domestic { "US".to_owned() } else { country }),
        }
    }
}

impl NormalizedAddress {
    /// Reads one line as people type it: `12 Elm St, Boulder, CO 80302`, `Boulder, CO`, `80302`.
    ///
    /// Recognizes a ZIP and a state of the United States at the end; what stands before them is
    /// taken for a city unless it begins with a number, like a street.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut parts: Vec<String> =
            text.split([',', ';', '\n']).map(words).filter(|part| !part.is_empty()).collect();
        let mut address = Self::default();
        if parts.last().is_some_and(|last| is_united_states(last)) {
            parts.pop();
            address.country = Some("US".to_owned());
        }
        address.take_zip(&mut parts);
        address.take_state(&mut parts);
        if address.state.is_some() || address.postal_code.is_some() {
            address.country = Some("US".to_owned());
        }
        if let Some(last) = parts.pop() {
            // A lone line that begins with a number is a street, its city unmarked at the end.
            if parts.is_empty() && begins_with_digit(&last) {
                address.street = Some(last);
            } else {
                address.city = Some(last);
            }
        }
        if !parts.is_empty() {
            address.street = Some(parts.join(", "));
        }
        address
    }

    fn take_zip(&mut self, parts: &mut Vec<String>) {
        let Some(last) = parts.last_mut() else { return };
        let (before, word) = last.rsplit_once(' ').unwrap_or(("", last));
        let Some(zip) = zip(word) else { return };
        self.postal_code = Some(zip.to_owned());
        *last = before.to_owned();
        if last.is_empty() {
            parts.pop();
        }
    }

    fn take_state(&mut self, parts: &mut Vec<String>) {
        let before = parts.len().checked_sub(2).map(|at| begins_with_digit(&parts[at]));
        let Some(last) = parts.last_mut() else { return };
        let Some((rest, code)) = states::split_suffix(last) else { return };
        // "New York, 10001" and "350 5th Ave, New York, 10118" name the city: where a ZIP says the
        // state, a full name alone is one only after something that is no street.
        let names_a_city = rest.is_empty()
            && last.len() > 2
            && self.postal_code.is_some()
            && before.is_none_or(|is_street| is_street);
        if names_a_city {
            return;
        }
        self.state = Some(code.to_owned());
        *last = rest.to_owned();
        if last.is_empty() {
            parts.pop();
        }
    }

    /// Number and street, or what stands before the city.
    #[must_use]
    pub fn street(&self) -> Option<&str> {
        self.street.as_deref()
    }

    /// The city.
    #[must_use]
    pub fn city(&self) -> Option<&str> {
        self.city.as_deref()
    }

    /// The state: a USPS code, in the United States.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The postal code: five digits, in the United States.
    #[must_use]
    pub fn postal_code(&self) -> Option<&str> {
        self.postal_code.as_deref()
    }

    /// ISO 3166-1 alpha-2, where it is known.
    #[must_use]
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What the cache knows this address by.
    #[must_use]
    pub fn digest(&self) -> AddressDigest {
        let mut hash = Sha256::new();
        for part in [&self.street, &self.city, &self.state, &self.postal_code, &self.country] {
            let text = part.as_deref().unwrap_or_default();
            // The length keeps parts apart that concatenate alike.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        AddressDigest(hash.finalize().into())
    }
}

impl fmt::Display for NormalizedAddress {
    /// One line, as geocoders are asked: `12 ELM ST, BOULDER, CO 80302, US`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region: Vec<&str> =
            [&self.state, &self.postal_code].into_iter().filter_map(|part| part.as_deref()).collect();
        let region = filled(region.join(" "));
        let parts = [self.street(), self.city(), region.as_deref(), self.country()];
        let line: Vec<&str> = parts.into_iter().flatten().collect();
        f.write_str(&line.join(", "))
    }
}

/// Capitals, with one space between words. Apostrophes and full stops vanish ("O'Fallon", "St."),
/// hyphens, ampersands, slashes and number signs stay, every other mark parts words.
fn words(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\'' | '’' | '.' => {}
            '-' | '&' | '/' | '#' => line.push(char),
            // A capital may come in several characters, of which some are bare accents.
            _ if char.is_alphanumeric() => line.extend(char.to_uppercase().filter(|c| c.is_alphanumeric())),
            _ if line.ends_with(' ') || line.is_empty() => {}
            _ => line.push(' '),
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// The five digits of a ZIP or ZIP+4 (`80302`, `80302-1234`).
fn zip(word: &str) -> Option<&str> {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let (five, four) = word.split_once(['-', ' ']).map_or((word, None), |(five, four)| (five, Some(four)));
    (digits(five, 5) && four.is_none_or(|four| digits(four, 4))).then_some(five)
}

fn is_united_states(country: &str) -> bool {
    matches!(country, "US" | "USA" | "UNITED STATES" | "UNITED STATES OF AMERICA")
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_digit())
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn elm_street() -> PostalAddress {
        PostalAddress {
            line1: "12 Elm St.".into(),
            line2: Some("Apt 4".into()),
            city: "Boulder".into(),
            state: "Colorado".into(),
            postal_code: "80302-1234".into(),
            country: "us".into(),
        }
    }

    #[test]
    fn spellings_of_one_address_are_one() {
        let written = NormalizedAddress::from(&elm_street());
        assert_eq!(written.to_string(), "12 ELM ST, BOULDER, CO 80302, US");
        for text in [
            "12 Elm St, Boulder, CO 80302",
            " 12  elm st.\nBoulder\nco 80302-1234\nUSA",
            "12 Elm St, Boulder Colorado 80302",
            "12 ELM ST, BOULDER, CO, 80302, United States of America",
        ] {
            let typed = NormalizedAddress::parse(text);
            assert_eq!(typed, written, "{text}");
            assert_eq!(typed.digest(), written.digest());
        }
        let neighbour = PostalAddress { line1: "13 Elm St.".into(), ..elm_street() };
        assert_ne!(NormalizedAddress::from(&neighbour).digest(), written.digest());
    }

    #[test]
    fn parts_are_found_where_people_put_them() {
        // (typed, street, city, state, postal code)
        let cases = [
            ("80302", [None, None, None, Some("80302")]),
            ("Boulder, CO", [None, Some("BOULDER"), Some("CO"), None]),
            ("boulder co", [None, Some("BOULDER"), Some("CO"), None]),
            ("Boulder CO 80302", [None, Some("BOULDER"), Some("CO"), Some("80302")]),
            ("New York, New York", [None, Some("NEW YORK"), Some("NY"), None]),
            ("New York, 10001", [None, Some("NEW YORK"), None, Some("10001")]),
            ("350 5th Ave, New York, 10118", [Some("350 5TH AVE"), Some("NEW YORK"), None, Some("10118")]),
            ("Seattle, Washington, 98101", [None, Some("SEATTLE"), Some("WA"), Some("98101")]),
            ("Washington, DC", [None, Some("WASHINGTON"), Some("DC"), None]),
            ("12 Elm St Boulder CO", [Some("12 ELM ST BOULDER"), None, Some("CO"), None]),
            (
                "Suite 5, 12 Elm St, Boulder, CO",
                [Some("SUITE 5, 12 ELM ST"), Some("BOULDER"), Some("CO"), None],
            ),
            ("Boulder", [None, Some("BOULDER"), None, None]),
            ("Colorado", [None, None, Some("CO"), None]),
            ("Winston-Salem, NC", [None, Some("WINSTON-SALEM"), Some("NC"), None]),
        ];
        for (typed, expected) in cases {
            let read = NormalizedAddress::parse(typed);
            assert_eq!([read.street(), read.city(), read.state(), read.postal_code()], expected, "{typed}");
        }
    }

    #[test]
    fn other_countries_keep_their_codes() {
        let toronto = PostalAddress {
            line1: "100 Queen St W".into(),
            line2: None,
            city: "Toronto".into(),
            state: "ON".into(),
            postal_code: "M5H 2N2".into(),
            country: "CA".into(),
        };
        let read = NormalizedAddress::from(&toronto);
        assert_eq!(read.to_string(), "100 QUEEN ST W, TORONTO, ON M5H 2N2, CA");
        assert_eq!(NormalizedAddress::parse("Toronto, Canada").country(), None);
    }

    #[test]
    fn every_bad_field_is_named() {
        let blank = PostalAddress {
            line1: " ".into(),
            line2: Some("\u{7}".into()),
            city: String::new(),
            state: "C".into(),
            postal_code: "1".into(),
            country: "U1".into(),
        };
        let refused = blank.checked().unwrap_err();
        let names: Vec<&str> = refused.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["line1", "line2", "city", "state", "postal_code", "country"]);
        assert_eq!(elm_street().checked().unwrap().country, "US");
    }

    proptest! {
        #[test]
        fn normalizing_again_changes_nothing(text in "\\PC{0,80}") {
            let once = words(&text);
            prop_assert_eq!(words(&once), once);
        }

        #[test]
        fn any_text_is_read(text in any::<String>()) {
            let read = NormalizedAddress::parse(&text);
            prop_assert_eq!(read.is_empty(), read.to_string().is_empty());
        }
    }
}
