//! Why something about centers, windows or places cannot be done.

use kernel::Invalid;

use crate::geocode::GeocodeError;
use crate::lifecycle::NotPossible;
use crate::windows::{UnknownTimeZone, WindowRefusal};

/// Why something about centers, windows or places cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum LogisticsError {
    /// There is no such center.
    #[error("no such center")]
    UnknownCenter,
    /// The input was refused, field by field.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The center's status does not allow it.
    #[error(transparent)]
    NotPossible(#[from] NotPossible),
    /// Somebody else changed the center since the caller read it.
    #[error("the center has changed: its version is {current}")]
    Changed {
        /// The present version.
        current: i32,
    },
    /// Goods can only be picked up at an approved center.
    #[error("the center is not approved")]
    NotApproved,
    /// Goods cannot be picked up then.
    #[error(transparent)]
    Window(#[from] WindowRefusal),
    /// Every place in the window is taken.
    #[error("the pickup window is full")]
    WindowFull,
    /// The geocoder gave no answer.
    #[error(transparent)]
    Geocode(#[from] GeocodeError),
    /// A center's zone is not one that this machine knows.
    #[error(transparent)]
    TimeZone(#[from] UnknownTimeZone),
    /// The places of a window cannot be counted or taken.
    #[error("the places of a pickup window: {0}")]
    Reservation(#[source] reservations::ReservationError),
    /// There is no connection to the database.
    #[error(transparent)]
    Connection(#[from] db::DbError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

impl From<reservations::ReservationError> for LogisticsError {
    fn from(error: reservations::ReservationError) -> Self {
        match error {
            reservations::ReservationError::Insufficient(_) => Self::WindowFull,
            reservations::ReservationError::Database(error) => Self::Database(error),
            other => Self::Reservation(other),
        }
    }
}
