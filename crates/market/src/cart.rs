//! How a guest's cart joins a user's at login: pure.
//!
//! The rule: nothing is lost silently. Quantities of the same offering are added and capped at what
//! can be had; what can no longer be had at all is left out; the price seen is the later one. Every
//! difference from a plain sum is reported.

use std::collections::HashMap;
use std::hash::BuildHasher;

use kernel::{OfferingId, Quantity};

use crate::CartLine;

/// A line after the merge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MergedLine {
    /// The line.
    pub line: CartLine,
    /// What the merge did to it.
    pub change: MergeChange,
}

/// What a merge did to a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MergeChange {
    /// It was in the user's cart already, alone.
    Kept,
    /// It came from the guest's cart.
    Added,
    /// Both carts had it; the quantities were added.
    Summed,
    /// It came over, but there is less than the sum.
    Capped {
        /// What the sum would have been.
        wanted: Quantity,
    },
    /// It can no longer be had and was left out.
    Dropped,
}

/// Joins the carts; `free` says how much of an offering can be had (absent: it is not on sale). Lines
/// that only the user's cart had stay as they are, whatever their stock. At most `most` lines remain.
#[must_use]
pub fn merge<S: BuildHasher>(
    users: &[CartLine],
    guests: &[CartLine],
    free: &HashMap<OfferingId, Quantity, S>,
    most: usize,
) -> Vec<MergedLine> {
    let mut merged: Vec<MergedLine> =
        users.iter().map(|&line| MergedLine { line, change: MergeChange::Kept }).collect();
    for guest in guests {
        let available = free.get(&guest.offering_id).copied().unwrap_or(Quantity::ZERO);
        let kept = merged.iter().filter(|entry| entry.change != MergeChange::Dropped).count();
        match merged.iter_mut().find(|entry| entry.line.offering_id == guest.offering_id) {
            Some(entry) => join(entry, guest, available),
            None if available == Quantity::ZERO || kept >= most => {
                merged.push(MergedLine { line: *guest, change: MergeChange::Dropped });
            }
            None => {
                let line = CartLine { quantity: guest.quantity.min(available), ..*guest };
                let change = if line.quantity == guest.quantity {
                    MergeChange::Added
                } else {
                    MergeChange::Capped { wanted: guest.quantity }
                };
                merged.push(MergedLine { line, change });
            }
        }
    }
    merged
}

fn join(entry: &mut MergedLine, guest: &CartLine, available: Quantity) {
    let wanted = entry.line.quantity.saturating_add(guest.quantity);
    // Never less than the user had put in: their own line is theirs to change.
    let quantity = wanted.min(available).max(entry.line.quantity);
    entry.change = if quantity == wanted { MergeChange::Summed } else { MergeChange::Capped { wanted } };
    entry.line.quantity = quantity;
    if guest.created_at > entry.line.created_at {
        entry.line.seen_price_minor = guest.seen_price_minor;
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    fn line(offering_id: OfferingId, units: i32) -> CartLine {
        let created_at = DateTime::UNIX_EPOCH;
        CartLine { offering_id, quantity: Quantity::whole(units), seen_price_minor: 100, created_at }
    }

    fn free(entries: &[(OfferingId, i32)]) -> HashMap<OfferingId, Quantity> {
        entries.iter().map(|&(id, units)| (id, Quantity::whole(units))).collect()
    }

    #[test]
    fn the_same_offering_is_summed_up_to_what_there_is() {
        let (kale, mint) = (OfferingId::new(), OfferingId::new());
        let merged = merge(
            &[line(kale, 2), line(mint, 2)],
            &[line(kale, 3), line(mint, 3)],
            &free(&[(kale, 10), (mint, 4)]),
            50,
        );
        assert_eq!(merged[0].change, MergeChange::Summed);
        assert_eq!(merged[0].line.quantity, Quantity::whole(5));
        assert_eq!(merged[1].change, MergeChange::Capped { wanted: Quantity::whole(5) });
        assert_eq!(merged[1].line.quantity, Quantity::whole(4));
    }

    #[test]
    fn what_is_gone_is_reported_and_the_users_own_lines_stay() {
        let (own, gone, new) = (OfferingId::new(), OfferingId::new(), OfferingId::new());
        let merged = merge(&[line(own, 9)], &[line(gone, 1), line(new, 5)], &free(&[(own, 1), (new, 2)]), 50);
        let changes: Vec<_> = merged.iter().map(|entry| entry.change).collect();
        let capped = MergeChange::Capped { wanted: Quantity::whole(5) };
        assert_eq!(changes, [MergeChange::Kept, MergeChange::Dropped, capped]);
        assert_eq!(merged[0].line.quantity, Quantity::whole(9));
    }

    #[test]
    fn a_full_cart_takes_no_more_lines_and_says_so() {
        let (own, extra) = (OfferingId::new(), OfferingId::new());
        let merged = merge(&[line(own, 1)], &[line(extra, 1)], &free(&[(extra, 5)]), 1);
        assert_eq!(merged[1].change, MergeChange::Dropped);
    }

    #[test]
    fn the_later_price_is_the_one_that_was_seen() {
        let kale = OfferingId::new();
        let mut later = line(kale, 1);
        later.created_at += TimeDelta::hours(1);
        later.seen_price_minor = 120;
        let merged = merge(&[line(kale, 1)], &[later], &free(&[(kale, 9)]), 50);
        assert_eq!(merged[0].line.seen_price_minor, 120);
    }
}
