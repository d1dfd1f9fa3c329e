//! A place on the Earth, and how far two of them are apart.
//!
//! Owns the checks that make a pair of numbers a place, the distance formula and the unit vector.
//! It does not own where coordinates come from, nor how sure anyone is of them.

use thiserror::Error;

/// Mean radius of the Earth in statute miles: R₁ = (2a + b) / 3 = 6371.0087714 km of the GRS 80
/// ellipsoid, the IUGG's "mean radius" (H. Moritz, "Geodetic Reference System 1980", Journal of
/// Geodesy 74, 2000, p. 131), at 1.609344 km to the mile.
pub const EARTH_RADIUS_MILES: f64 = 3958.7613;

/// A point on the Earth in WGS 84 degrees, north and east positive.
///
/// Equality is of the coordinates: the same meridian written as 180 and as -180 makes two unequal
/// places that are 0 miles apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    lat: f64,
    lon: f64,
}

/// Why two numbers are not a place.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum PlaceError {
    /// A coordinate is NaN or infinite.
    #[error("coordinates must be finite numbers")]
    NotFinite,
    /// The latitude, in degrees, is beyond a pole.
    #[error("latitude {0} is outside -90 to 90 degrees")]
    Latitude(f64),
    /// The longitude, in degrees, is beyond the antimeridian.
    #[error("longitude {0} is outside -180 to 180 degrees")]
    Longitude(f64),
    /// Exactly (0, 0): open sea off Ghana, and what a missing location looks like once it has been
    /// through a program that fills gaps with zeros.
    #[error("latitude 0, longitude 0 stands for a missing location")]
    NullIsland,
}

impl Place {
    /// A place from its latitude (-90 to 90 degrees) and longitude (-180 to 180 degrees), the ends
    /// included.
    pub fn new(lat: f64, lon: f64) -> Result<Self, PlaceError> {
        if !(lat.is_finite() && lon.is_finite()) {
            return Err(PlaceError::NotFinite);
        }
        if !(-90.0..=90.0).contains(&lat) {
            return Err(PlaceError::Latitude(lat));
        }
        if !(-180.0..=180.0).contains(&lon) {
            return Err(PlaceError::Longitude(lon));
        }
        if lat == 0.0 && lon == 0.0 {
            return Err(PlaceError::NullIsland);
        }
        Ok(Self { lat, lon })
    }

    /// Latitude in degrees, north positive.
    #[must_use]
    pub fn lat(self) -> f64 {
        self.lat
    }

    /// Longitude in degrees, east positive.
    #[must_use]
    pub fn lon(self) -> f64 {
        self.lon
    }
}

/// Great-circle distance in statute miles on a sphere of [`EARTH_RADIUS_MILES`].
///
/// The haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68(2), 1984,
/// p. 159), well conditioned at the short distances this product is about. Against the WGS 84
/// ellipsoid the sphere is off by up to 0.6 %. The result is exactly symmetric in its arguments.
#[must_use]
pub fn miles(a: Place, b: Place) -> f64 {
    // Degrees are subtracted before they are converted, so that equal differences stay equal.
    let half_lat = ((b.lat - a.lat).to_radians() / 2.0).sin();
    let half_lon = ((b.lon - a.lon).to_radians() / 2.0).sin();
    let cosines = a.lat.to_radians().cos() * b.lat.to_radians().cos();
    let haversine = half_lat * half_lat + cosines * (half_lon * half_lon);
    // Rounding may carry the haversine of antipodes past 1, where asin is not a number.
    2.0 * EARTH_RADIUS_MILES * haversine.sqrt().min(1.0).asin()
}

/// The place as `[x, y, z]` on the sphere of radius 1: x towards (0° N, 0° E), y towards
/// (0° N, 90° E), z towards the north pole.
///
/// The straight line (chord) between two of these grows with the great-circle distance, so an index
/// that orders by it orders by miles, with neither the antimeridian nor the poles being special.
#[must_use]
pub fn unit_vector(place: Place) -> [f64; 3] {
    let (sin_lat, cos_lat) = place.lat.to_radians().sin_cos();
    let (sin_lon, cos_lon) = place.lon.to_radians().sin_cos();
    [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
}

/// Squared length of the chord that spans `miles` along the surface, in squared Earth radii:
/// (2 sin(θ / 2))², θ being the angle at the Earth's center. For distances up to half the globe.
pub(crate) fn squared_chord(miles: f64) -> f64 {
    let chord = 2.0 * (miles / EARTH_RADIUS_MILES / 2.0).sin();
    chord * chord
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use proptest::prelude::*;
    use rstar::PointDistance;

    use super::*;
    use crate::sampling::{any_place, destination, place};

    /// Where asin is steepest, near antipodes, one rounding step of its argument is this far.
    const SLACK_MILES: f64 = 1e-3;

    #[test]
    fn coordinates_are_checked() {
        assert_eq!(Place::new(f64::NAN, 0.0), Err(PlaceError::NotFinite));
        assert_eq!(Place::new(1.0, f64::NEG_INFINITY), Err(PlaceError::NotFinite));
        assert_eq!(Place::new(90.000_001, 0.0), Err(PlaceError::Latitude(90.000_001)));
        assert_eq!(Place::new(-91.0, 0.0), Err(PlaceError::Latitude(-91.0)));
        assert_eq!(Place::new(1.0, 180.5), Err(PlaceError::Longitude(180.5)));
        assert_eq!(Place::new(1.0, -181.0), Err(PlaceError::Longitude(-181.0)));
        assert_eq!(Place::new(0.0, 0.0), Err(PlaceError::NullIsland));
        assert_eq!(Place::new(-0.0, 0.0), Err(PlaceError::NullIsland));
        for (lat, lon) in [(90.0, 180.0), (-90.0, -180.0), (0.0, 1e-9), (1e-9, 0.0)] {
            let place = place(lat, lon);
            assert_eq!((place.lat(), place.lon()), (lat, lon));
        }
    }

    #[test]
    fn messages_are_lowercase() {
        assert_eq!(PlaceError::Latitude(91.5).to_string(), "latitude 91.5 is outside -90 to 90 degrees");
        assert_eq!(
            PlaceError::NullIsland.to_string(),
            "latitude 0, longitude 0 stands for a missing location"
        );
    }

    #[test]
    fn known_distances() {
        let half_globe = PI * EARTH_RADIUS_MILES;
        let cases = [
            (place(90.0, 0.0), place(-90.0, 0.0), half_globe),
            (place(0.0, 10.0), place(0.0, 100.0), half_globe / 2.0),
            (place(0.0, 10.0), place(0.0, -170.0), half_globe),
            (place(40.0, -75.0), place(41.0, -75.0), half_globe / 180.0),
            // Sinnott's formula by hand: Los Angeles and New York airports.
            (place(33.9425, -118.4081), place(40.6398, -73.7789), 2_469.460_163_970),
        ];
        for (a, b, expected) in cases {
            assert!((miles(a, b) - expected).abs() < 1e-6, "{a:?} {b:?}: {} not {expected}", miles(a, b));
        }
    }

    #[test]
    fn the_antimeridian_is_one_line() {
        assert!(miles(place(10.0, 180.0), place(10.0, -180.0)) < 1e-9);
        let across = miles(place(52.0, 179.5), place(52.0, -179.5));
        let elsewhere = miles(place(52.0, 20.0), place(52.0, 21.0));
        assert!((across - elsewhere).abs() < 1e-9);
    }

    #[test]
    fn a_pole_has_every_longitude() {
        for lon in [-180.0, -90.0, 0.0, 45.0, 180.0] {
            assert!(miles(place(90.0, 12.0), place(90.0, lon)) < 1e-9);
            assert!(miles(place(-90.0, 12.0), place(-90.0, lon)) < 1e-9);
            let beside = miles(place(89.0, 12.0), place(90.0, lon));
            assert!((beside - EARTH_RADIUS_MILES.to_radians()).abs() < 1e-9);
        }
    }

    #[test]
    fn unit_vectors_point_where_they_say() {
        for (place, expected) in [
            (place(0.0, 1e-12), [1.0, 0.0, 0.0]),
            (place(0.0, 90.0), [0.0, 1.0, 0.0]),
            (place(0.0, -180.0), [-1.0, 0.0, 0.0]),
            (place(90.0, 77.0), [0.0, 0.0, 1.0]),
        ] {
            assert!(unit_vector(place).distance_2(&expected) < 1e-20, "{place:?}");
        }
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_and_bounded(a in any_place(), b in any_place()) {
            prop_assert_eq!(miles(a, b).to_bits(), miles(b, a).to_bits());
            prop_assert!((0.0..=PI * EARTH_RADIUS_MILES).contains(&miles(a, b)));
            prop_assert_eq!(miles(a, a).to_bits(), 0.0_f64.to_bits());
        }

        #[test]
        fn a_detour_is_never_shorter(a in any_place(), b in any_place(), c in any_place()) {
            prop_assert!(miles(a, c) <= miles(a, b) + miles(b, c) + SLACK_MILES);
        }

        #[test]
        fn turning_the_globe_changes_nothing(
            lats in (-90.0..90.0, -90.0..90.0), lons in (-60.0..60.0, -60.0..60.0), turn in 0.0..120.0,
        ) {
            let (lats, lons): ((f64, f64), (f64, f64)) = (lats, lons);
            let here = miles(place(lats.0, lons.0), place(lats.1, lons.1));
            let there = miles(place(lats.0, lons.0 + turn), place(lats.1, lons.1 + turn));
            prop_assert!((here - there).abs() < SLACK_MILES);
        }

        #[test]
        fn a_journey_is_as_long_as_it_was_set_out(
            start in any_place(), bearing in 0.0..360.0_f64, distance in 1.0..12_000.0_f64,
        ) {
            prop_assert!((miles(start, destination(start, bearing, distance)) - distance).abs() < SLACK_MILES);
        }

        #[test]
        fn chords_agree_with_miles(a in any_place(), b in any_place()) {
            let vectors = unit_vector(a).distance_2(&unit_vector(b));
            prop_assert!((vectors - squared_chord(miles(a, b))).abs() < 1e-14, "{vectors}");
        }
    }
}
