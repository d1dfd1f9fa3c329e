//! What has changed, for whom.

use std::sync::Arc;

use kernel::UserId;
use market::Order;
use notifications::Notification;

use crate::Channel;

/// What a fact changes for those who listen to a channel.
#[derive(Clone, Debug)]
pub struct Delta {
    /// The fact's place in the feed.
    pub position: i64,
    /// Who hears of it.
    pub channel: Channel,
    /// The fact's kind, such as `order.paid`.
    pub kind: String,
    /// What is true now.
    pub change: Change,
}

/// What is true now.
#[derive(Clone, Debug)]
pub enum Change {
    /// The user was told something.
    Told {
        /// What.
        notification: Notification,
        /// How much they have not read.
        unread: i64,
    },
    /// The user has read something.
    Read {
        /// How much they have not read.
        unread: i64,
    },
    /// An order is new or has moved on.
    Order(Arc<Order>),
}

/// What a stretch of the feed comes to.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The last fact's place in the feed.
    pub position: i64,
    /// In the feed's order.
    pub deltas: Vec<Delta>,
    /// Those of whom it is no longer certain what they may listen to.
    pub changed_standing: Vec<UserId>,
    /// Whether the platform's numbers may be others now.
    pub changed_counters: bool,
}
