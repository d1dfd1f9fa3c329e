//! Distribution centers, as they stand and as they are proposed and edited.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use eligibility_core::Place;
use kernel::{CenterId, Fields, Invalid, InvalidCode, TextRule, UserId};

use crate::geocode::{Confidence, PostalAddress};
use crate::windows::{WeeklySchedule, zone_named};

const NAME: TextRule = TextRule::line(3, 120);
const NOTES: TextRule = TextRule::prose(2000);

/// Where a center stands between a proposal and a place of business.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CenterStatus {
    /// Somebody would like it to be one.
    Proposed,
    /// Goods are picked up there.
    Approved,
    /// It will not be one.
    Rejected,
    /// It was one, and may be again.
    Inactive,
}

impl CenterStatus {
    const ALL: [Self; 4] = [Self::Proposed, Self::Approved, Self::Rejected, Self::Inactive];

    /// The name in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::Inactive => "INACTIVE",
        }
    }
}

impl fmt::Display for CenterStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be PROPOSED, APPROVED, REJECTED or INACTIVE")]
pub struct UnknownStatus;

impl FromStr for CenterStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

/// A distribution center.
#[derive(Clone, PartialEq, Debug)]
pub struct Center {
    /// Its id.
    pub id: CenterId,
    /// The small identity that reach is made of; never reused.
    pub number: i32,
    /// What people call it.
    pub name: String,
    /// Where it is, as it was written.
    pub address: PostalAddress,
    /// Where it is.
    pub place: Place,
    /// How surely `place` is the address.
    pub confidence: Confidence,
    /// The IANA zone of its clocks.
    pub time_zone: String,
    /// Where it stands.
    pub status: CenterStatus,
    /// Who proposed it, where that was a person.
    pub proposed_by: Option<UserId>,
    /// What its proposer or an admin says about it.
    pub notes: Option<String>,
    /// Why it was rejected or deactivated.
    pub reason: Option<String>,
    /// When it was last approved, rejected, deactivated or reactivated.
    pub decided_at: Option<DateTime<Utc>>,
    /// Goes up with every change.
    pub version: i32,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A center that somebody would like there to be. The caller has asked a geocoder where it is.
#[derive(Clone, PartialEq, Debug)]
pub struct Propose {
    /// What people shall call it.
    pub name: String,
    /// Where it is.
    pub address: PostalAddress,
    /// Why it would be a good place, how to find it, when it could be open.
    pub notes: Option<String>,
    /// Where the address is.
    pub place: Place,
    /// How surely.
    pub confidence: Confidence,
    /// Who proposes it; none for the platform itself.
    pub by: Option<UserId>,
}

impl Propose {
    /// The proposal with its texts trimmed, or every field that is refused.
    pub(crate) fn checked(self) -> Result<Self, Invalid> {
        let mut fields = Fields::default();
        let name = fields.take("name", NAME.read(&self.name)).unwrap_or_default();
        let notes = fields.take("notes", NOTES.read_optional(self.notes.as_deref())).flatten();
        match (fields.finish(), self.address.checked()) {
            (Ok(()), Ok(address)) => Ok(Self { name, address, notes, ..self }),
            (own, address) => {
                let refused = [own.err(), address.err()].into_iter().flatten();
                Err(Invalid { fields: refused.flat_map(|invalid| invalid.fields).collect() })
            }
        }
    }
}

/// What an admin changes about a center; what is absent stays.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct EditCenter {
    /// A new name.
    pub name: Option<String>,
    /// New notes; empty ones take them away.
    pub notes: Option<String>,
    /// The IANA zone, where the state's usual one is wrong.
    pub time_zone: Option<String>,
    /// New weekly windows instead of all present ones; none at all means pickup at any time.
    pub windows: Option<WeeklySchedule>,
}

impl EditCenter {
    /// The center with the changes, its version unchanged, or every field that is refused.
    pub(crate) fn applied_to(&self, center: &Center) -> Result<Center, Invalid> {
        let mut fields = Fields::default();
        let mut edited = center.clone();
        if let Some(name) = &self.name
            && let Some(name) = fields.take("name", NAME.read(name))
        {
            edited.name = name;
        }
        if let Some(notes) = &self.notes
            && let Some(notes) = fields.take("notes", NOTES.read_optional(Some(notes)))
        {
            edited.notes = notes;
        }
        if let Some(name) = &self.time_zone {
            match zone_named(name) {
                Ok(_) => edited.time_zone.clone_from(name),
                Err(error) => fields.refuse("time_zone", InvalidCode::Unknown, error.to_string()),
            }
        }
        fields.finish().map(|()| edited)
    }
}

/// A center that was approved when it was asked for, and stays so until the caller's transaction ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConfirmedCenter {
    /// Its number.
    pub number: i32,
    /// Its id.
    pub id: CenterId,
}
