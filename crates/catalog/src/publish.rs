//! Whether an offering may go on sale: pure.

use crate::{OfferingKind, Seller};

/// Why an offering may not go on sale.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotPublishable {
    /// The seller's address is missing or has not been located.
    #[error("the seller's address has not been located")]
    NotLocated,
    /// No approved center lies within reach of the seller.
    #[error("no approved distribution center is within 100 miles of the seller")]
    OutOfReach,
}

/// Listings are handed over at a center, so their seller must be located and reach one; products ship
/// from anywhere.
pub fn may_publish(kind: OfferingKind, seller: &Seller) -> Result<(), NotPublishable> {
    match kind {
        OfferingKind::Listing if seller.place.is_none() => Err(NotPublishable::NotLocated),
        OfferingKind::Listing if seller.reach.is_empty() => Err(NotPublishable::OutOfReach),
        OfferingKind::Listing | OfferingKind::Product => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use kernel::UserId;

    use super::*;

    fn seller(place: Option<(f64, f64)>, reach: Vec<i32>) -> Seller {
        let text = String::new;
        Seller {
            vendor_id: UserId::new(),
            name: text(),
            slug: text(),
            kind: text(),
            place,
            reach,
            open: true,
        }
    }

    #[test]
    fn a_gardener_must_be_located_and_reach_a_center() {
        let boulder = Some((40.0, -105.2));
        let listing = |seller: &Seller| may_publish(OfferingKind::Listing, seller);
        assert_eq!(listing(&seller(None, vec![])), Err(NotPublishable::NotLocated));
        assert_eq!(listing(&seller(boulder, vec![])), Err(NotPublishable::OutOfReach));
        assert_eq!(listing(&seller(boulder, vec![3])), Ok(()));
    }

    #[test]
    fn what_ships_can_be_sold_from_anywhere() {
        assert_eq!(may_publish(OfferingKind::Product, &seller(None, vec![])), Ok(()));
    }
}
