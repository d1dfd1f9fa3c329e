//! A provider of Nominatim's shape (`/search`, format `jsonv2`).
//!
//! Reference: <https://nominatim.org/release-docs/latest/api/Search/> and, for ranks,
//! <https://nominatim.org/release-docs/latest/customize/Ranking/>.

use eligibility_core::Place;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::http::{Failure, Http, HttpSettings};
use super::{Confidence, GeocodeError, Geocoded, Geocoder, NormalizedAddress};

const NAME: &str = "nominatim";

/// Asks a Nominatim server.
#[derive(Debug)]
pub struct Nominatim {
    http: Http,
}

#[derive(Deserialize)]
struct Hit {
    lat: String,
    lon: String,
    addresstype: Option<String>,
    place_rank: Option<i32>,
}

impl Nominatim {
    /// A client of the server at `settings.base_url`. The public server's policy wants a telling
    /// user agent and at most one request per second.
    pub fn new(settings: HttpSettings) -> Result<Self, GeocodeError> {
        Ok(Self { http: Http::new(NAME, settings)? })
    }

    fn read(&self, body: &[u8]) -> Result<Option<Geocoded>, Failure> {
        let hits: Vec<Hit> = serde_json::from_slice(body).map_err(|error| self.http.garbled(error))?;
        let Some(hit) = hits.into_iter().next() else { return Ok(None) };
        let degrees = |text: &str| text.parse::<f64>().map_err(|error| self.http.garbled(error));
        let place =
            Place::new(degrees(&hit.lat)?, degrees(&hit.lon)?).map_err(|error| self.http.garbled(error))?;
        Ok(Some(Geocoded { place, confidence: confidence(hit.addresstype.as_deref(), hit.place_rank) }))
    }
}

impl Geocoder for Nominatim {
    fn name(&self) -> &'static str {
        NAME
    }

    fn geocode<'a>(
        &'a self,
        address: &'a NormalizedAddress,
    ) -> BoxFuture<'a, Result<Option<Geocoded>, GeocodeError>> {
        Box::pin(async move {
            let line = address.to_string();
            let query = [("format", "jsonv2"), ("addressdetails", "1"), ("limit", "1"), ("q", line.as_str())];
            self.http.get("search", &query, |body| self.read(body)).await
        })
    }
}

/// By the kind of thing that was found; by its rank, where the kind is one of the thousands of
/// OpenStreetMap's. `importance` is fame, not precision, and says nothing here.
fn confidence(address_type: Option<&str>, place_rank: Option<i32>) -> Confidence {
    match address_type.unwrap_or_default() {
        "house_number" | "house" | "building" | "residential_building" => Confidence::Rooftop,
        "road" | "street" => Confidence::Street,
        "postcode" => Confidence::PostalCode,
        "city" | "town" | "village" | "hamlet" | "municipality" | "suburb" | "borough" | "quarter"
        | "neighbourhood" | "city_district" | "district" => Confidence::City,
        "state" | "region" | "province" | "county" | "state_district" => Confidence::Region,
        "country" | "continent" | "ocean" => Confidence::Unknown,
        _ => match place_rank {
            Some(28..=30) => Confidence::Rooftop,
            Some(26..=27) => Confidence::Street,
            Some(13..=25) => Confidence::City,
            Some(5..=12) => Confidence::Region,
            _ => Confidence::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_ranks_tell_how_precise_an_answer_is() {
        assert_eq!(confidence(Some("building"), None), Confidence::Rooftop);
        assert_eq!(confidence(Some("amenity"), Some(30)), Confidence::Rooftop);
        assert_eq!(confidence(Some("road"), Some(26)), Confidence::Street);
        assert_eq!(confidence(Some("postcode"), Some(21)), Confidence::PostalCode);
        assert_eq!(confidence(Some("isolated_dwelling"), Some(20)), Confidence::City);
        assert_eq!(confidence(Some("county"), Some(12)), Confidence::Region);
        assert_eq!(confidence(Some("country"), Some(4)), Confidence::Unknown);
        assert_eq!(confidence(None, None), Confidence::Unknown);
    }
}
