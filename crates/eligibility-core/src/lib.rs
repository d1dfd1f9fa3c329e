//! Who may trade with whom by pickup: every party must be within [`REACH_MILES`] of one common
//! approved distribution center.
//!
//! Owns the geography of that rule: the distance between two places, the centers in reach of a
//! place, what several reaches have in common and, when they have nothing, why not and what would
//! help. It performs no I/O and keeps no state: which centers are approved, where a person is and
//! what the numbers of centers stand for is the caller's knowledge.
//!
//! ```
//! use eligibility_core::{Center, Centers, Party, Place, PlaceError, validate_order};
//!
//! let trenton = Center { number: 7, place: Place::new(40.2171, -74.7429)? };
//! let customer = Party { label: "New York".into(), place: Some(Place::new(40.7506, -73.9972)?) };
//! let vendor = Party { label: "Philadelphia".into(), place: Some(Place::new(39.9527, -75.1657)?) };
//! let common = validate_order(&customer, &[vendor], &Centers::new([trenton]));
//! assert_eq!(common.map(|reach| reach.numbers().to_vec()), Ok(vec![7]));
//! # Ok::<(), PlaceError>(())
//! ```

mod centers;
mod order;
mod place;
mod reach;
#[cfg(test)]
mod sampling;

pub use centers::{Center, Centers};
pub use order::{CommonCenter, Ineligible, Party, PartyReach, Reason, Remedy, validate_order};
pub use place::{EARTH_RADIUS_MILES, Place, PlaceError, miles, unit_vector};
pub use reach::{REACH_MILES, Reach};
