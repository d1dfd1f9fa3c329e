//! Live updates: what the hub's listeners are sent, and how the feed gets there.
//!
//! [`follow`] keeps the hub up to date with the feed. [`frames`] gives deltas and snapshots their form, which is the
//! same for sockets and server-sent events. [`listener`] is what both have in common: what a listener may hear, and
//! where they begin. [`socket`] and [`stream`] carry it.

pub(crate) mod follow;
mod frames;
pub(crate) mod listener;
pub(crate) mod socket;
pub(crate) mod stream;
