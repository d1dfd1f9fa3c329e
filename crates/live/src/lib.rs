//! The process that shows people what changes while they look.
//!
//! A [`Follower`] reads the feed and makes deltas of facts: what has changed, and on which channel. A [`Hub`] knows who
//! listens to which channel in this process, hands them what is published, and remembers enough of it for those who
//! come back. In between whoever serves the listeners gives a delta its form.
//!
//! Invariants:
//! - a listener of a channel hears every delta of it after the position it began at, in the feed's order and once; or
//!   learns that it has to begin anew;
//! - nobody waits for a listener: one that does not keep up is let go of;
//! - a delta says what is true when it is made, not what was true at its fact: hearing of it late or twice does no
//!   harm;
//! - a batch of facts costs as many statements for one as for many.
//!
//! Positions are those of the feed, so that a listener may come back to another process than it left.
//!
//! It owns no tables and knows no wire format.

mod change;
mod channel;
mod counters;
mod error;
mod follower;
mod hub;

pub use change::{Batch, Change, Delta};
pub use channel::{Channel, Topic};
pub use counters::{Counters, counters};
pub use error::LiveError;
pub use follower::Follower;
pub use hub::{Connection, Delivery, Farewell, Frame, Hub, TooManyConnections};
