//! A provider of the Google Geocoding API's shape (`/maps/api/geocode/json`).
//!
//! Reference: <https://developers.google.com/maps/documentation/geocoding/requests-geocoding>.

use std::fmt;

use eligibility_core::Place;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::http::{Failure, Http, HttpSettings};
use super::{Confidence, GeocodeError, Geocoded, Geocoder, NormalizedAddress};

const NAME: &str = "google";

/// Asks the Google Geocoding API.
pub struct Google {
    http: Http,
    key: String,
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(default)]
    results: Vec<Hit>,
}

#[derive(Deserialize)]
struct Hit {
    geometry: Geometry,
    #[serde(default)]
    types: Vec<String>,
    #[serde(default)]
    partial_match: bool,
}

#[derive(Deserialize)]
struct Geometry {
    location: Location,
    location_type: String,
}

#[derive(Deserialize)]
struct Location {
    lat: f64,
    lng: f64,
}

impl Google {
    /// A client of the API at `settings.base_url` (`https://maps.googleapis.com`), with its key.
    pub fn new(settings: HttpSettings, key: impl Into<String>) -> Result<Self, GeocodeError> {
        Ok(Self { http: Http::new(NAME, settings)?, key: key.into() })
    }

    fn read(&self, body: &[u8]) -> Result<Option<Geocoded>, Failure> {
        let answer: Answer = serde_json::from_slice(body).map_err(|error| self.http.garbled(error))?;
        match answer.status.as_str() {
            "OK" => {}
            "ZERO_RESULTS" => return Ok(None),
            // These come with HTTP status 200.
            "OVER_QUERY_LIMIT" | "UNKNOWN_ERROR" => return Err(self.http.overloaded(&answer.status, None)),
            _ => return Err(self.http.refused(answer.status)),
        }
        let Some(hit) = answer.results.into_iter().next() else { return Ok(None) };
        let Location { lat, lng } = hit.geometry.location;
        let place = Place::new(lat, lng).map_err(|error| self.http.garbled(error))?;
        let confidence = confidence(&hit.geometry.location_type, &hit.types);
        // Some word of the address was not understood: the house may stand in another street.
        let confidence = if hit.partial_match { confidence.min(Confidence::City) } else { confidence };
        Ok(Some(Geocoded { place, confidence }))
    }
}

impl Geocoder for Google {
    fn name(&self) -> &'static str {
        NAME
    }

    fn geocode<'a>(
        &'a self,
        address: &'a NormalizedAddress,
    ) -> BoxFuture<'a, Result<Option<Geocoded>, GeocodeError>> {
        Box::pin(async move {
            let line = address.to_string();
            let query = [("address", line.as_str()), ("key", self.key.as_str())];
            self.http.get("maps/api/geocode/json", &query, |body| self.read(body)).await
        })
    }
}

impl fmt::Debug for Google {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Google").field("http", &self.http).finish_non_exhaustive()
    }
}

/// By how the location was found and, for a middle, by what it is the middle of.
fn confidence(location_type: &str, types: &[String]) -> Confidence {
    let is_any = |names: &[&str]| types.iter().any(|name| names.contains(&name.as_str()));
    match location_type {
        "ROOFTOP" => Confidence::Rooftop,
        "RANGE_INTERPOLATED" => Confidence::Street,
        _ if is_any(&["street_address", "premise", "subpremise", "route", "intersection"]) => {
            Confidence::Street
        }
        _ if is_any(&["postal_code"]) => Confidence::PostalCode,
        _ if is_any(&["locality", "sublocality", "neighborhood", "postal_town"]) => Confidence::City,
        _ if is_any(&["administrative_area_level_1", "administrative_area_level_2"]) => Confidence::Region,
        // A named building or park.
        "GEOMETRIC_CENTER" if is_any(&["establishment", "point_of_interest"]) => Confidence::Street,
        _ => Confidence::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_location_tells_how_precise_it_is() {
        let of = |location_type: &str, types: &[&str]| {
            confidence(location_type, &types.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(of("ROOFTOP", &["premise"]), Confidence::Rooftop);
        assert_eq!(of("RANGE_INTERPOLATED", &["street_address"]), Confidence::Street);
        assert_eq!(of("GEOMETRIC_CENTER", &["route"]), Confidence::Street);
        assert_eq!(of("APPROXIMATE", &["postal_code"]), Confidence::PostalCode);
        assert_eq!(of("APPROXIMATE", &["locality", "political"]), Confidence::City);
        assert_eq!(of("APPROXIMATE", &["administrative_area_level_1", "political"]), Confidence::Region);
        assert_eq!(of("APPROXIMATE", &["country", "political"]), Confidence::Unknown);
        assert_eq!(of("GEOMETRIC_CENTER", &["colloquial_area"]), Confidence::Unknown);
    }
}
