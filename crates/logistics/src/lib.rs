//! Where things are: addresses on the map, distribution centers, and when goods are picked up there.
//!
//! Owns the centers and what may become of them, their pickup windows, and the answers of geocoders. It
//! does not own whose address is asked about, what somebody's reach follows from, or the orders that are
//! picked up.
//!
//! Invariants:
//! - a place is never (0, 0), and never vaguer than a city ([`Confidence::LEAST`]);
//! - a geocoder is never asked while a transaction is open;
//! - a center is PROPOSED, then APPROVED or REJECTED, then APPROVED or INACTIVE, and its number is for life;
//! - a window that is offered can be taken and no other; its places are a pool of `reservations`, so
//!   that no place is given twice.

mod error;
mod geocode;
mod index;
mod lifecycle;
mod model;
mod schema;
mod service;
mod store;
mod time_zone;
mod windows;

pub use error::LogisticsError;
pub use geocode::{
    AddressDigest, Confidence, Gazetteer, GeocodeError, Geocoded, Geocoder, Google, HttpSettings, Lookup,
    Nominatim, NormalizedAddress, Pause, PostalAddress, TokioPause, UnknownConfidence, Unplaceable, ZipPlace,
    zip_places,
};
pub use index::{ApprovedCenters, CenterIndex};
pub use lifecycle::NotPossible;
pub use model::{Center, CenterStatus, ConfirmedCenter, EditCenter, Propose, UnknownStatus};
pub use service::bulk::{count_centers_named, load_centers};
pub use service::centers::{
    approve, approved_centers, confirm_approved, count_proposed, deactivate, edit, find_center, list_centers,
    propose, reactivate, reject,
};
pub use service::geocoding::{geocode, purge_geocode_cache};
pub use service::pickup::{
    OfferedWindow, PickupCalendar, list_windows, take_window, weekly_windows, window_pool,
};
pub use windows::{
    HORIZON, NOTICE, NotATimeOfDay, STAY, TimeOfDay, UnknownTimeZone, WeeklySchedule, WeeklyWindow,
    WindowRefusal,
};
