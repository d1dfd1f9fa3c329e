//! Whether a customer and the gardeners in a pickup order share a center.

use std::collections::BTreeMap;

use accounts::PrimaryPlace;
use catalog::ForSale;
use eligibility_core::{Centers, Ineligible, Party, Place, Reach, validate_order};
use kernel::UserId;

/// The centers that the customer and every vendor reach, or why there are none. Parties are labelled
/// with the ids of their accounts.
pub(crate) fn common_centers<'a>(
    customer: UserId,
    place: Option<&PrimaryPlace>,
    sales: impl IntoIterator<Item = &'a ForSale>,
    centers: &Centers,
) -> Result<Reach, Box<Ineligible>> {
    let located = place.and_then(|primary| primary.place.located());
    let customer = Party {
        label: customer.to_string(),
        place: located.and_then(|at| Place::new(at.lat(), at.lon()).ok()),
    };
    let vendors: BTreeMap<UserId, Option<(f64, f64)>> =
        sales.into_iter().map(|sale| (sale.vendor_id, sale.place)).collect();
    let vendors: Vec<Party> = vendors
        .into_iter()
        .map(|(vendor, place)| Party {
            label: vendor.to_string(),
            place: place.and_then(|(lat, lon)| Place::new(lat, lon).ok()),
        })
        .collect();
    validate_order(&customer, &vendors, centers).map_err(Box::new)
}
