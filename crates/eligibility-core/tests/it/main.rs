//! The crate against the outside world: real places of the United States, and the distances that
//! an independent implementation of the ellipsoid's geodesic gives for them.

mod geodesic;
mod real_places;
mod splitmix;
mod zips;
