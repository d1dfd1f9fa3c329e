//! Where a visitor is: an address, or a latitude with a longitude; and which centers that reaches.

use catalog::BrowsePlace;
use eligibility_core::{PlaceError, unit_vector};
use kernel::InvalidCode;
use paperclip::actix::Apiv2Schema;
use placement::{PlacementError, VisitorPlace, Whereabouts};
use serde::Serialize;

use crate::{AppState, Problem};

/// The place that a page was made for.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct VisitorPlaceView {
    /// Degrees of latitude, north positive.
    lat: f64,
    /// Degrees of longitude, east positive.
    lon: f64,
    /// How surely that is the address that was given. One of `city`, `postal_code`, `street` or `rooftop`.
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<String>,
    /// How many approved distribution centers lie within 100 miles. Where there are none, the page is empty; what ships
    /// can be bought all the same, and is shown when the place is left out.
    centers_in_reach: usize,
}

impl From<&Whereabouts> for VisitorPlaceView {
    fn from(found: &Whereabouts) -> Self {
        Self {
            lat: found.place.lat(),
            lon: found.place.lon(),
            confidence: found.confidence.map(|confidence| confidence.as_str().to_owned()),
            centers_in_reach: found.reach.len(),
        }
    }
}

/// Reads a place as it stands in the query; none where nothing is said of it.
pub(super) fn read_place(
    address: Option<&str>,
    lat: Option<f64>,
    lon: Option<f64>,
) -> Result<Option<VisitorPlace>, Problem> {
    match (address, lat, lon) {
        (None, None, None) => Ok(None),
        (Some(address), None, None) => VisitorPlace::typed(address).map(Some).map_err(Problem::in_query),
        (None, Some(lat), Some(lon)) => Ok(Some(VisitorPlace::LatLon { lat, lon })),
        (None, Some(_), None) => Err(refused("lon", InvalidCode::Required, "is required with lat")),
        (None, None, Some(_)) => Err(refused("lat", InvalidCode::Required, "is required with lon")),
        (Some(_), ..) => {
            let message = "give either an address or lat with lon, not both";
            Err(refused("address", InvalidCode::NotAllowed, message))
        }
    }
}

/// Finds the place and what it reaches. Holds no connection while a geocoder is asked.
pub(super) async fn locate(state: &AppState, visitor: &VisitorPlace) -> Result<Whereabouts, Problem> {
    let found = state.visitors.where_is(&state.database, state.clock.now(), visitor).await;
    found.map_err(|error| match error {
        PlacementError::Unplaceable(reason) => refused("address", InvalidCode::Unknown, reason.to_string()),
        PlacementError::Place(error) => {
            refused(name_of(error, visitor), InvalidCode::NotAllowed, error.to_string())
        }
        other => other.into(),
    })
}

/// As browse wants to know it.
pub(super) fn browse_place(found: &Whereabouts) -> BrowsePlace {
    BrowsePlace { unit_vector: unit_vector(found.place), reach: found.reach.numbers().to_vec() }
}

/// Which of the two coordinates is wrong.
pub(super) fn name_of(error: PlaceError, visitor: &VisitorPlace) -> &'static str {
    match (error, visitor) {
        (PlaceError::Longitude(_), _) => "lon",
        (PlaceError::NotFinite, VisitorPlace::LatLon { lat, .. }) if lat.is_finite() => "lon",
        _ => "lat",
    }
}

/// A refused parameter, in the detail too.
pub(super) fn refused(name: &str, code: InvalidCode, message: impl Into<String>) -> Problem {
    let message = message.into();
    let detail = format!("{name}: {message}");
    Problem::parameter(name, code, message).detail(detail)
}
