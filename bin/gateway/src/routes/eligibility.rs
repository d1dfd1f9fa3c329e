//! How it is explained that people have no distribution center in common.

use eligibility_core::{Center, Ineligible, PartyReach, Reason, Remedy};
use logistics::ApprovedCenters;
use paperclip::actix::Apiv2Schema;
use serde::Serialize;
use uuid::Uuid;

/// Why a pickup is not possible, and what would make it so.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(crate) struct IneligibleView {
    /// One of `no_vendors`, `location_missing`, `out_of_reach` or `no_common_center`.
    reason: String,
    /// The customer first, then the vendors.
    parties: Vec<PartyView>,
    /// The center that would be the shortest way for whoever has the longest, where everybody reaches some center.
    #[serde(skip_serializing_if = "Option::is_none")]
    closest_common_center: Option<CenterDistanceView>,
}

/// One person's part in it.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(crate) struct PartyView {
    /// One of `customer` or `vendor`.
    role: String,
    /// The account.
    user_id: String,
    /// Whether their primary address has been located.
    located: bool,
    /// How many approved centers are within 100 miles of it.
    centers_in_reach: usize,
    /// The nearest approved center.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest_center: Option<CenterDistanceView>,
    /// What this person needs, where they need anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// A center and how far it is.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(crate) struct CenterDistanceView {
    /// The center.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Miles to it, by great circle; for a common center the longest way.
    miles: f64,
}

impl CenterDistanceView {
    fn of(center: Center, miles: f64, centers: &ApprovedCenters) -> Self {
        let known = centers.by_number(center.number);
        Self {
            id: known.map(|center| center.id.0),
            name: known.map(|center| center.name.clone()),
            miles: tenths(miles),
        }
    }
}

impl IneligibleView {
    pub(crate) fn of(ineligible: &Ineligible, centers: &ApprovedCenters) -> Self {
        let party = |(position, party): (usize, &PartyReach)| PartyView {
            role: if position == 0 { "customer" } else { "vendor" }.to_owned(),
            user_id: party.label.clone(),
            located: party.located,
            centers_in_reach: party.centers_in_reach,
            nearest_center: party
                .nearest
                .map(|(center, miles)| CenterDistanceView::of(center, miles, centers)),
            remedy: remedy(party.remedy),
        };
        let closest_common_center = ineligible.closest_common.as_ref().map(|common| {
            let longest = common.miles.iter().copied().fold(0.0, f64::max);
            CenterDistanceView::of(common.center, longest, centers)
        });
        Self {
            reason: reason(ineligible.reason).to_owned(),
            parties: ineligible.parties.iter().enumerate().map(party).collect(),
            closest_common_center,
        }
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::NoVendors => "no_vendors",
        Reason::LocationMissing => "location_missing",
        Reason::OutOfReach => "out_of_reach",
        Reason::NoCommonCenter => "no_common_center",
    }
}

fn remedy(remedy: Remedy) -> Option<String> {
    match remedy {
        Remedy::NoneForThisParty => None,
        Remedy::AddLocation => Some("save a primary address that can be found on the map".to_owned()),
        Remedy::FirstCenterNeeded => Some("propose a distribution center; there is none yet".to_owned()),
        Remedy::NearerCenterNeeded { miles_beyond } => {
            Some(format!("a center must be {} miles nearer than the nearest one", tenths(miles_beyond)))
        }
        Remedy::NearerCommonCenterNeeded { miles_beyond } => {
            Some(format!("the closest common center must be {} miles nearer", tenths(miles_beyond)))
        }
    }
}

fn tenths(miles: f64) -> f64 {
    (miles * 10.0).round() / 10.0
}
