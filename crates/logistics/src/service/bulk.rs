//! Many open centers at once, as the demonstration needs them.
//!
//! Proposals pass the same checks as in a request. Nobody is told: no event is emitted, so whoever keeps reaches has
//! to be brought up to date by the caller. Processes that look at the centers' stamp notice by themselves.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::CenterId;

use crate::geocode::NormalizedAddress;
use crate::model::{Center, CenterStatus, Propose};
use crate::time_zone::zone_of_state;
use crate::windows::WeeklySchedule;
use crate::{LogisticsError, store};

/// Makes approved centers with the usual weekly windows.
pub async fn load_centers(
    tx: &mut Conn,
    now: DateTime<Utc>,
    proposals: Vec<Propose>,
) -> Result<(), LogisticsError> {
    for proposal in proposals {
        let proposal = proposal.checked()?;
        let state = NormalizedAddress::from(&proposal.address);
        let mut center = Center {
            id: CenterId::new(),
            number: 0,
            name: proposal.name,
            time_zone: zone_of_state(state.state().unwrap_or_default()).to_owned(),
            address: proposal.address,
            place: proposal.place,
            confidence: proposal.confidence,
            status: CenterStatus::Approved,
            proposed_by: proposal.by,
            notes: proposal.notes,
            reason: None,
            decided_at: Some(now),
            // Proposed and then approved.
            version: 2,
            created_at: now,
            updated_at: now,
        };
        center.number = store::insert_center(tx, &center).await?;
        store::update_center(tx, &center).await?;
        store::replace_windows(tx, center.id, &WeeklySchedule::usual()).await?;
    }
    Ok(())
}

/// How many centers have a name that begins with `prefix`, whatever their status.
pub async fn count_centers_named(conn: &mut Conn, prefix: &str) -> Result<i64, LogisticsError> {
    Ok(store::count_centers_named(conn, prefix).await?)
}
