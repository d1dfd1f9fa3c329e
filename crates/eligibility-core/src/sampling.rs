//! Places to test with: anywhere on the globe with the awkward spots well represented, around a
//! given place, or at an exact bearing and distance from one. Compiled for this crate's tests only.

use proptest::prelude::*;

use crate::{Center, EARTH_RADIUS_MILES, Place};

/// A place known to be valid.
pub fn place(lat: f64, lon: f64) -> Place {
    Place::new(lat, lon).unwrap_or_else(|error| panic!("({lat}, {lon}): {error}"))
}

/// Anywhere, with the poles, the antimeridian, the equator and the prime meridian over-represented.
pub fn any_place() -> impl Strategy<Value = Place> {
    let lat = prop_oneof![
        6 => -90.0..=90.0_f64,
        1 => prop::sample::select(vec![-90.0, 0.0, 90.0]),
        1 => 89.0..=90.0_f64,
        1 => -90.0..=-89.0_f64,
    ];
    let lon = prop_oneof![
        6 => -180.0..=180.0_f64,
        1 => prop::sample::select(vec![-180.0, 0.0, 180.0]),
        1 => 179.0..=180.0_f64,
        1 => -180.0..=-179.0_f64,
    ];
    (lat, lon).prop_filter_map("null island", |(lat, lon)| Place::new(lat, lon).ok())
}

/// Up to `miles` from `anchor`, in any direction.
pub fn around(anchor: Place, miles: f64) -> impl Strategy<Value = Place> {
    (0.0..360.0_f64, 0.0..=miles).prop_map(move |(bearing, distance)| destination(anchor, bearing, distance))
}

/// Up to `most` centers around `anchor`, numbered at random.
pub fn centers_around(anchor: Place, miles: f64, most: usize) -> impl Strategy<Value = Vec<Center>> {
    prop::collection::btree_map(any::<i32>(), around(anchor, miles), 0..=most)
        .prop_map(|numbered| numbered.into_iter().map(|(number, place)| Center { number, place }).collect())
}

/// Where a great circle leads that starts at `bearing` degrees (from north, clockwise) and goes on
/// for `miles`. Formula: E. Williams, "Aviation Formulary", "Lat/lon given radial and distance".
pub fn destination(start: Place, bearing: f64, miles: f64) -> Place {
    let (sin_angle, cos_angle) = (miles / EARTH_RADIUS_MILES).sin_cos();
    let (sin_start, cos_start) = start.lat().to_radians().sin_cos();
    let (sin_bearing, cos_bearing) = bearing.to_radians().sin_cos();
    let sin_lat = (sin_start * cos_angle + cos_start * sin_angle * cos_bearing).clamp(-1.0, 1.0);
    let turn = (sin_bearing * sin_angle * cos_start).atan2(cos_angle - sin_start * sin_lat);
    let lon = start.lon() + turn.to_degrees();
    place(sin_lat.asin().to_degrees(), if lon.abs() > 180.0 { lon - 360.0_f64.copysign(lon) } else { lon })
}
