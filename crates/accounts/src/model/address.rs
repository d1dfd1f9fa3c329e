//! Postal addresses, and where on earth they turned out to be.

use chrono::{DateTime, Utc};
use kernel::{AddressId, FieldError, Fields, Invalid, InvalidCode, TextRule, UserId};

use super::Change;

const LABEL: TextRule = TextRule::line(1, 40);
const LINE: TextRule = TextRule::line(1, 120);
const CITY: TextRule = TextRule::line(1, 80);
const STATE: TextRule = TextRule::line(2, 60);
const POSTAL_CODE: TextRule = TextRule::line(3, 12);
const CONFIDENCE: TextRule = TextRule::line(1, 40);
/// Where an address is unless it says otherwise.
const USUAL_COUNTRY: &str = "US";

/// What is written on an envelope, and what a geocoder is asked about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PostalAddress {
    /// House number and street.
    pub line1: String,
    /// Apartment, unit.
    pub line2: Option<String>,
    /// City or town.
    pub city: String,
    /// State, province or region.
    pub state: String,
    /// ZIP or postal code.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2, uppercase.
    pub country: String,
}

/// An address of a user.
#[derive(Clone, PartialEq, Debug)]
pub struct Address {
    /// Never changes.
    pub id: AddressId,
    /// Whose it is.
    pub user_id: UserId,
    /// What its owner calls it.
    pub label: Option<String>,
    /// What is written on an envelope.
    pub postal: PostalAddress,
    /// Whether it is where its owner is, as far as reach is concerned.
    pub is_primary: bool,
    /// Where it is.
    pub place: Place,
    /// When the geocoder answered.
    pub geocoded_at: Option<DateTime<Utc>>,
    /// Counts the changes of the postal address, from 1; a geocoder's answer belongs to one of them.
    pub place_version: i32,
    /// Counts all changes, from 1.
    pub version: i32,
    /// When it was saved first.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// What is known about where an address is.
#[derive(Clone, PartialEq, Debug)]
pub enum Place {
    /// Nothing yet; a geocoder has been asked.
    Pending,
    /// Found.
    Located(Located),
    /// Not found; the address stays and says so.
    NotLocated {
        /// In words its owner can act on.
        problem: String,
    },
}

impl Place {
    /// The status's name, on the wire and in the database.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Located(_) => "located",
            Self::NotLocated { .. } => "failed",
        }
    }

    /// The coordinates, where there are any.
    #[must_use]
    pub fn located(&self) -> Option<&Located> {
        match self {
            Self::Located(located) => Some(located),
            Self::Pending | Self::NotLocated { .. } => None,
        }
    }
}

/// A point on earth with the geocoder's own word for how sure it is.
#[derive(Clone, PartialEq, Debug)]
pub struct Located {
    lat: f64,
    lon: f64,
    confidence: String,
}

impl Located {
    /// A point in degrees (WGS 84).
    ///
    /// Zero degrees in both directions is refused: it is in the Gulf of Guinea, and always means
    /// that somebody's geocoder answered with nothing.
    pub fn new(lat: f64, lon: f64, confidence: &str) -> Result<Self, Invalid> {
        let mut fields = Fields::default();
        if !(-90.0..=90.0).contains(&lat) {
            fields.refuse("lat", InvalidCode::Malformed, "must be between -90 and 90");
        }
        if !(-180.0..=180.0).contains(&lon) {
            fields.refuse("lon", InvalidCode::Malformed, "must be between -180 and 180");
        }
        if lat == 0.0 && lon == 0.0 {
            fields.refuse("lat", InvalidCode::NotAllowed, "must not be the point (0, 0)");
        }
        let confidence = fields.take("confidence", CONFIDENCE.read(confidence)).unwrap_or_default();
        fields.finish().map(|()| Self { lat, lon, confidence })
    }

    /// Degrees north.
    #[must_use]
    pub fn lat(&self) -> f64 {
        self.lat
    }

    /// Degrees east.
    #[must_use]
    pub fn lon(&self) -> f64 {
        self.lon
    }

    /// How sure the geocoder is, in its own word.
    #[must_use]
    pub fn confidence(&self) -> &str {
        &self.confidence
    }
}

/// A geocoder's answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Geocoded {
    /// There it is.
    Located(Located),
    /// It is not known.
    Failed {
        /// In words the address's owner can act on.
        problem: String,
    },
}

impl From<Geocoded> for Place {
    fn from(answer: Geocoded) -> Self {
        match answer {
            Geocoded::Located(located) => Self::Located(located),
            Geocoded::Failed { problem } => Self::NotLocated { problem },
        }
    }
}

/// Where a person is, as far as reach is concerned.
#[derive(Clone, PartialEq, Debug)]
pub struct PrimaryPlace {
    /// The primary address.
    pub address_id: AddressId,
    /// Where it is.
    pub place: Place,
}

impl From<&Address> for PrimaryPlace {
    fn from(address: &Address) -> Self {
        Self { address_id: address.id, place: address.place.clone() }
    }
}

/// An address as somebody types it.
#[derive(Clone, Debug, Default)]
pub struct AddressDetails {
    /// Up to 40 characters.
    pub label: Option<String>,
    /// 1 to 120 characters.
    pub line1: String,
    /// Up to 120 characters.
    pub line2: Option<String>,
    /// 1 to 80 characters.
    pub city: String,
    /// 2 to 60 characters.
    pub state: String,
    /// 3 to 12 characters.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2 in any case; `US` when absent.
    pub country: Option<String>,
}

/// What to change about an address.
#[derive(Clone, Debug, Default)]
pub struct AddressChanges {
    /// See [`AddressDetails::label`].
    pub label: Change<Option<String>>,
    /// See [`AddressDetails::line1`].
    pub line1: Change<String>,
    /// See [`AddressDetails::line2`].
    pub line2: Change<Option<String>>,
    /// See [`AddressDetails::city`].
    pub city: Change<String>,
    /// See [`AddressDetails::state`].
    pub state: Change<String>,
    /// See [`AddressDetails::postal_code`].
    pub postal_code: Change<String>,
    /// See [`AddressDetails::country`].
    pub country: Change<String>,
}

impl AddressDetails {
    /// Checks every field; returns the label and the postal address.
    pub fn check(self) -> Result<(Option<String>, PostalAddress), Invalid> {
        let mut fields = Fields::default();
        let label = fields.take("label", LABEL.read_optional(self.label.as_deref())).flatten();
        let postal = PostalAddress {
            line1: fields.take("line1", LINE.read(&self.line1)).unwrap_or_default(),
            line2: fields.take("line2", LINE.read_optional(self.line2.as_deref())).flatten(),
            city: fields.take("city", CITY.read(&self.city)).unwrap_or_default(),
            state: fields.take("state", STATE.read(&self.state)).unwrap_or_default(),
            postal_code: fields.take("postal_code", POSTAL_CODE.read(&self.postal_code)).unwrap_or_default(),
            country: fields.take("country", read_country(self.country.as_deref())).unwrap_or_default(),
        };
        fields.finish().map(|()| (label, postal))
    }
}

impl AddressChanges {
    /// The address as it would be typed after the changes.
    pub(crate) fn over(self, current: &Address) -> AddressDetails {
        let postal = &current.postal;
        AddressDetails {
            label: self.label.over(current.label.clone()),
            line1: self.line1.over(postal.line1.clone()),
            line2: self.line2.over(postal.line2.clone()),
            city: self.city.over(postal.city.clone()),
            state: self.state.over(postal.state.clone()),
            postal_code: self.postal_code.over(postal.postal_code.clone()),
            country: Some(self.country.over(postal.country.clone())),
        }
    }
}

fn read_country(text: Option<&str>) -> Result<String, FieldError> {
    let code = text.map_or(USUAL_COUNTRY, str::trim).to_ascii_uppercase();
    if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(code)
    } else {
        Err(FieldError::new(InvalidCode::Malformed, "must be a country code of two letters, such as \"US\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_on_earth_and_not_in_the_gulf_of_guinea() {
        assert!(Located::new(39.74, -104.99, "zip").is_ok());
        assert!(Located::new(0.0, 9.45, "zip").is_ok());
        for (lat, lon) in
            [(0.0, 0.0), (-0.0, 0.0), (90.1, 0.0), (0.0, -180.1), (f64::NAN, 1.0), (1.0, f64::INFINITY)]
        {
            assert!(Located::new(lat, lon, "zip").is_err(), "({lat}, {lon})");
        }
    }

    #[test]
    fn every_field_that_is_wrong_is_named() {
        let details = AddressDetails {
            country: Some("USA".to_owned()),
            city: "Denver".to_owned(),
            ..Default::default()
        };
        let invalid = details.check().unwrap_err();
        let fields: Vec<&str> = invalid.fields.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["line1", "state", "postal_code", "country"]);
    }

    #[test]
    fn an_address_is_in_the_united_states_unless_it_says_otherwise() {
        let details = AddressDetails {
            line1: "1 Main St".to_owned(),
            city: "Denver".to_owned(),
            state: "CO".to_owned(),
            postal_code: "80202".to_owned(),
            ..Default::default()
        };
        assert_eq!(details.clone().check().unwrap().1.country, "US");
        let abroad = AddressDetails { country: Some(" ca".to_owned()), ..details };
        assert_eq!(abroad.check().unwrap().1.country, "CA");
    }
}
