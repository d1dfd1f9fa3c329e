//! From an address to a place: the question, the answers, and who is asked.
//!
//! Owns what a geocoder is and which of its answers are good enough. It does not own whose address
//! it is, nor what follows from the answer.

mod address;
mod breaker;
mod gazetteer;
mod google;
mod http;
mod nominatim;
mod states;
mod zip_places;

use std::fmt;
use std::str::FromStr;

use eligibility_core::Place;
use futures_util::future::BoxFuture;

pub use address::{AddressDigest, NormalizedAddress, PostalAddress};
pub use gazetteer::Gazetteer;
pub use google::Google;
pub use http::{HttpSettings, Pause, TokioPause};
pub use nominatim::Nominatim;
pub use zip_places::{ZipPlace, zip_places};

/// Whoever knows where addresses are.
pub trait Geocoder: Send + Sync + fmt::Debug {
    /// The name its answers are cached under.
    fn name(&self) -> &'static str;

    /// Whether it answers from memory, so that a cache would only slow it down.
    fn is_local(&self) -> bool {
        false
    }

    /// The best place for the address, however vague; none when it knows no such place.
    fn geocode<'a>(
        &'a self,
        address: &'a NormalizedAddress,
    ) -> BoxFuture<'a, Result<Option<Geocoded>, GeocodeError>>;
}

/// A place, and how surely it is the one that was meant.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Geocoded {
    /// Where it is.
    pub place: Place,
    /// How sure.
    pub confidence: Confidence,
}

/// How precisely a place answers an address; the order is from vague to exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Confidence {
    /// Nothing is known about it, or it is a country.
    Unknown,
    /// The middle of a state or county.
    Region,
    /// The middle of a city, town or neighbourhood.
    City,
    /// The middle of a postal code's area.
    PostalCode,
    /// The street, or a number interpolated along it.
    Street,
    /// The building.
    Rooftop,
}

impl Confidence {
    /// The least that reach may be computed from: a city is small against 100 miles, a state is not.
    pub const LEAST: Self = Self::City;

    /// The name in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Region => "region",
            Self::City => "city",
            Self::PostalCode => "postal_code",
            Self::Street => "street",
            Self::Rooftop => "rooftop",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Confidence {
    type Err = UnknownConfidence;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Unknown, Self::Region, Self::City, Self::PostalCode, Self::Street, Self::Rooftop]
            .into_iter()
            .find(|confidence| confidence.as_str() == text)
            .ok_or(UnknownConfidence)
    }
}

/// A text that names no [`Confidence`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no such confidence")]
pub struct UnknownConfidence;

/// The outcome of asking where an address is: a place good enough to compute with, or why there is none.
pub type Lookup = Result<Geocoded, Unplaceable>;

/// Why an address has no place. The texts are for the person who wrote it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unplaceable {
    /// Nobody knows such a place.
    #[error("no such place was found: give a street, a city with its state, or a postal code")]
    NotFound,
    /// Only something larger than a city is known.
    #[error("the address is too vague: give a city with its state, or a postal code")]
    TooVague(Confidence),
    /// Its parts name different places.
    #[error("postal code {postal_code} is in {state_of_code}, not in {state_given}")]
    Contradiction {
        /// The postal code that was written.
        postal_code: String,
        /// The state it belongs to.
        state_of_code: String,
        /// The state that was written.
        state_given: String,
    },
}

/// Why a geocoder gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum GeocodeError {
    /// The address contradicts itself; asking again does not help.
    #[error(transparent)]
    Unplaceable(#[from] Unplaceable),
    /// The provider cannot be reached, fails, or is too slow.
    #[error("the geocoder {provider} is unavailable: {reason}")]
    Unavailable {
        /// Which one.
        provider: &'static str,
        /// What happened, without the address or any key.
        reason: String,
    },
    /// The provider failed so often that it is left alone for a while.
    #[error("the geocoder {provider} is not asked until {until}, after repeated failures")]
    Resting {
        /// Which one.
        provider: &'static str,
        /// When it is asked again.
        until: chrono::DateTime<chrono::Utc>,
    },
    /// The provider refuses this platform: a wrong key, a used-up quota, a wrong address.
    #[error("the geocoder {provider} refuses to answer: {reason}")]
    Refused {
        /// Which one.
        provider: &'static str,
        /// In its words.
        reason: String,
    },
    /// The answer is not of the provider's shape.
    #[error("the geocoder {provider} answered nonsense: {reason}")]
    Garbled {
        /// Which one.
        provider: &'static str,
        /// What does not fit.
        reason: String,
    },
}

/// Judges a geocoder's answer: only what is at least as sure as [`Confidence::LEAST`] is a place.
pub(crate) fn judge(answer: Option<Geocoded>) -> Lookup {
    match answer {
        None => Err(Unplaceable::NotFound),
        Some(found) if found.confidence < Confidence::LEAST => Err(Unplaceable::TooVague(found.confidence)),
        Some(found) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cities_and_better_are_places() {
        let at = |confidence| Some(Geocoded { place: Place::new(40.0, -105.3).unwrap(), confidence });
        assert_eq!(judge(None), Err(Unplaceable::NotFound));
        for vague in [Confidence::Unknown, Confidence::Region] {
            assert_eq!(judge(at(vague)), Err(Unplaceable::TooVague(vague)));
        }
        for good in [Confidence::City, Confidence::PostalCode, Confidence::Street, Confidence::Rooftop] {
            assert!(judge(at(good)).is_ok());
            assert_eq!(good.as_str().parse(), Ok(good));
        }
    }
}
