//! Whether an order can be picked up, and if not, why not and what would help.
//!
//! Owns the rule over all parties of an order and its explanation. It does not own who the parties
//! are (a label is carried through unread) nor whose center an order finally goes to: that is the
//! caller's choice from the [`Reach`] it gets.

use thiserror::Error;

use crate::centers::{Center, Centers};
use crate::place::Place;
use crate::reach::{REACH_MILES, Reach};

/// Somebody who has to come to the center.
#[derive(Debug, Clone, PartialEq)]
pub struct Party {
    /// The caller's name for this party; not interpreted.
    pub label: String,
    /// Where the party is, if that is known.
    pub place: Option<Place>,
}

/// The first of these that applies, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum Reason {
    /// There is nobody to buy from.
    #[error("an order needs at least one vendor")]
    NoVendors,
    /// Some party has no place.
    #[error("the location of a party is missing")]
    LocationMissing,
    /// Some party reaches no center at all.
    #[error("a party is more than {REACH_MILES} miles from every approved distribution center")]
    OutOfReach,
    /// Every party reaches a center, but they have none in common.
    #[error("no approved distribution center is within {REACH_MILES} miles of all parties")]
    NoCommonCenter,
}

/// Why an order cannot be picked up anywhere, party by party.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{reason}")]
pub struct Ineligible {
    /// The reason for the order as a whole.
    pub reason: Reason,
    /// The customer, then the vendors in the order in which they were given.
    pub parties: Vec<PartyReach>,
    /// The best compromise; present exactly if the reason is [`Reason::NoCommonCenter`].
    pub closest_common: Option<CommonCenter>,
}

/// One party's part in an [`Ineligible`] order.
#[derive(Debug, Clone, PartialEq)]
pub struct PartyReach {
    /// The label of the [`Party`].
    pub label: String,
    /// Whether its place is known.
    pub located: bool,
    /// How many centers are within [`REACH_MILES`] of it.
    pub centers_in_reach: usize,
    /// Its nearest center and the miles to it; none without a place, or where there are no centers.
    pub nearest: Option<(Center, f64)>,
    /// What would make this party fit for the order.
    pub remedy: Remedy,
}

/// What would remove a party's share in the reason.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Remedy {
    /// This party is not in the way; the reason lies with others.
    NoneForThisParty,
    /// The party's location has to be known.
    AddLocation,
    /// There are no approved centers anywhere: the party needs a first one within [`REACH_MILES`].
    FirstCenterNeeded,
    /// The party's nearest center, or the party, has to be this many miles nearer (more than 0).
    NearerCenterNeeded {
        /// Miles from the end of the party's reach to its nearest center.
        miles_beyond: f64,
    },
    /// The closest common center, or the party, has to be this many miles nearer (more than 0).
    NearerCommonCenterNeeded {
        /// Miles from the end of the party's reach to [`Ineligible::closest_common`].
        miles_beyond: f64,
    },
}

/// The center whose largest distance to any party is smallest; of equals, the lowest number.
#[derive(Debug, Clone, PartialEq)]
pub struct CommonCenter {
    /// The center.
    pub center: Center,
    /// Miles to it from each of [`Ineligible::parties`], in their order.
    pub miles: Vec<f64>,
}

/// The centers at which this order can be picked up: those in reach of the customer and of every
/// vendor. Never empty when it is `Ok`.
pub fn validate_order(customer: &Party, vendors: &[Party], centers: &Centers) -> Result<Reach, Ineligible> {
    let parties = || std::iter::once(customer).chain(vendors);
    let reaches: Vec<Option<Reach>> =
        parties().map(|party| party.place.map(|place| centers.eligible_centers(place))).collect();

    // None as soon as any party has no place.
    let common =
        reaches.iter().map(Option::as_ref).collect::<Option<Vec<_>>>().map(|located| intersect(&located));
    let reason = match common {
        _ if vendors.is_empty() => Reason::NoVendors,
        None => Reason::LocationMissing,
        Some(common) if !common.is_empty() => return Ok(common),
        Some(_) if reaches.iter().flatten().any(Reach::is_empty) => Reason::OutOfReach,
        Some(_) => Reason::NoCommonCenter,
    };

    let closest_common = match reason {
        Reason::NoVendors | Reason::LocationMissing | Reason::OutOfReach => None,
        Reason::NoCommonCenter => {
            let places: Vec<Place> = parties().filter_map(|party| party.place).collect();
            centers.closest_to_all(&places).map(|(center, miles)| CommonCenter { center, miles })
        }
    };
    let parties = parties()
        .zip(&reaches)
        .enumerate()
        .map(|(index, (party, reach))| {
            let common_miles = closest_common.as_ref().and_then(|common| common.miles.get(index).copied());
            explain(party, reach.as_ref(), common_miles, centers)
        })
        .collect();
    Err(Ineligible { reason, parties, closest_common })
}

/// What all the reaches have in common; empty if there are none.
fn intersect(reaches: &[&Reach]) -> Reach {
    match reaches {
        [] => Reach::default(),
        [first, others @ ..] => {
            others.iter().fold((*first).clone(), |common, other| common.intersection(other))
        }
    }
}

/// `common_miles`: how far the party is from the closest common center, where that is the question.
fn explain(party: &Party, reach: Option<&Reach>, common_miles: Option<f64>, centers: &Centers) -> PartyReach {
    let nearest = party.place.and_then(|place| centers.nearest_one(place));
    let centers_in_reach = reach.map_or(0, Reach::len);
    let remedy = match (nearest, common_miles) {
        _ if party.place.is_none() => Remedy::AddLocation,
        (None, _) => Remedy::FirstCenterNeeded,
        (Some((_, miles)), _) if centers_in_reach == 0 => {
            Remedy::NearerCenterNeeded { miles_beyond: miles - REACH_MILES }
        }
        (_, Some(miles)) if miles > REACH_MILES => {
            Remedy::NearerCommonCenterNeeded { miles_beyond: miles - REACH_MILES }
        }
        _ => Remedy::NoneForThisParty,
    };
    PartyReach {
        label: party.label.clone(),
        located: party.place.is_some(),
        centers_in_reach,
        nearest,
        remedy,
    }
}

#[cfg(test)]
mod tests;
