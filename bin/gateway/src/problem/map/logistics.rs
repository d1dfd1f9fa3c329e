//! What centers, pickup windows and places on the map refuse.

use logistics::{GeocodeError, LogisticsError, WindowRefusal};
use placement::PlacementError;

use crate::extract::etag;
use crate::problem::{Problem, ProblemKind};

impl From<LogisticsError> for Problem {
    fn from(error: LogisticsError) -> Self {
        let refuse = |kind: ProblemKind| Self::new(kind).detail(error.to_string());
        match error {
            LogisticsError::UnknownCenter => Self::not_found("center"),
            LogisticsError::Invalid(invalid) => invalid.into(),
            LogisticsError::NotPossible(refused) => {
                refuse(ProblemKind::WrongCenterState).extra("current_status", refused.from.as_str())
            }
            LogisticsError::Changed { current } => Self::new(ProblemKind::PreconditionFailed)
                .detail(format!("the present version is {}", etag(current))),
            LogisticsError::NotApproved => refuse(ProblemKind::CenterNotApproved),
            LogisticsError::Window(refused) => {
                refuse(ProblemKind::WindowNotOffered).extra("reason", reason(refused))
            }
            LogisticsError::WindowFull => refuse(ProblemKind::WindowFull),
            LogisticsError::Geocode(error) => (&error).into(),
            LogisticsError::TimeZone(error) => Self::internal(&error),
            LogisticsError::Reservation(error) => error.into(),
            LogisticsError::Connection(error) => error.into(),
            LogisticsError::Database(error) => error.into(),
        }
    }
}

impl From<&GeocodeError> for Problem {
    fn from(error: &GeocodeError) -> Self {
        match error {
            GeocodeError::Unplaceable(why) => Self::new(ProblemKind::AddressNotFound).detail(why.to_string()),
            GeocodeError::Unavailable { .. }
            | GeocodeError::Resting { .. }
            | GeocodeError::Refused { .. }
            | GeocodeError::Garbled { .. } => {
                tracing::error!(error = error.to_string(), "the geocoder gives no answer");
                Self::new(ProblemKind::GeocoderUnavailable).retry_after(30)
            }
        }
    }
}

impl From<PlacementError> for Problem {
    fn from(error: PlacementError) -> Self {
        match error {
            PlacementError::Unplaceable(why) => {
                Self::new(ProblemKind::AddressNotFound).detail(why.to_string())
            }
            PlacementError::Place(why) => Self::new(ProblemKind::InvalidInput).detail(why.to_string()),
            // Several callers may share this failure, so that it cannot be taken apart.
            PlacementError::Geocoding(error) => match error.as_ref() {
                LogisticsError::Geocode(error) => error.into(),
                LogisticsError::Connection(error) => Self::of_connection(error),
                LogisticsError::Database(error) => Self::of_database(error),
                other => Self::internal(other),
            },
            PlacementError::Logistics(error) => error.into(),
            PlacementError::Accounts(error) => error.into(),
            PlacementError::Catalog(error) => error.into(),
            PlacementError::Connection(error) => error.into(),
            PlacementError::Database(error) => error.into(),
        }
    }
}

/// Why a window cannot be chosen, for programs.
fn reason(refused: WindowRefusal) -> &'static str {
    match refused {
        WindowRefusal::NotOffered => "not_offered",
        WindowRefusal::TooSoon => "too_soon",
        WindowRefusal::Past => "past",
        WindowRefusal::TooFar => "too_far",
        WindowRefusal::Length => "length",
    }
}
