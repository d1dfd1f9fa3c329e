//! Work that this domain asks for and somebody else does.

use kernel::AddressId;
use outbox::Job;
use serde::{Deserialize, Serialize};

/// Finds out where an address is. Whoever handles it reads the address with
/// [`find_address_to_locate`](crate::find_address_to_locate) and answers with
/// [`set_place`](crate::set_place).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GeocodeAddress {
    /// The address.
    pub address_id: AddressId,
    /// The version of its postal address that the answer will belong to
    /// ([`Address::place_version`](crate::Address::place_version)).
    pub version: i32,
}

impl Job for GeocodeAddress {
    const NAME: &'static str = "accounts.geocode_address";
}
