//! What this process asks itself to do later.

use kernel::{CenterId, UserId};
use outbox::{Job, RetryPolicy};
use serde::{Deserialize, Serialize};

/// Works out where a vendor is and what that reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefreshSeller {
    /// The vendor.
    pub user_id: UserId,
}

impl Job for RefreshSeller {
    const NAME: &'static str = "placement.refresh_seller";
}

/// Works out anew what the sellers around a center reach: one batch, and then asks for the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefreshSellersNear {
    /// The center that became approved or ceased to be.
    pub center_id: CenterId,
    /// The last seller of the batch before.
    pub after: Option<UserId>,
}

impl Job for RefreshSellersNear {
    const NAME: &'static str = "placement.refresh_sellers_near";
}

/// Forgets the geocoders' answers that are too old.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurgeGeocodeCache;

impl Job for PurgeGeocodeCache {
    const NAME: &'static str = "placement.purge_geocode_cache";
    const RETRY: RetryPolicy = RetryPolicy::NONE;
}
