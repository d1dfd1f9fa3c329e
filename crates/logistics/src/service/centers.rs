//! Proposing centers, deciding about them and finding them. Every function works in the caller's
//! transaction.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{Actor, CenterId, Limit, Page};
use outbox::Event;
use serde_json::{Value, json};

use super::pickup;
use crate::LogisticsError;
use crate::geocode::NormalizedAddress;
use crate::lifecycle::{Action, Step, step};
use crate::model::{Center, CenterStatus, ConfirmedCenter, EditCenter, Propose};
use crate::store::{self, After};
use crate::time_zone::zone_of_state;
use crate::windows::WeeklySchedule;

/// Records a proposal. The zone is the state's usual one until an admin says otherwise.
pub async fn propose(tx: &mut Conn, now: DateTime<Utc>, proposal: Propose) -> Result<Center, LogisticsError> {
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
        status: CenterStatus::Proposed,
        proposed_by: proposal.by,
        notes: proposal.notes,
        reason: None,
        decided_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    center.number = store::insert_center(tx, &center).await?;
    let actor = proposal.by.map_or(Actor::System, Actor::from);
    announce(tx, now, actor, "center.proposed", &center, json!({ "to": center.status.as_str() })).await?;
    Ok(center)
}

/// Opens a proposed center for pickup, with the usual weekly windows unless it has some.
pub async fn approve(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    id: CenterId,
) -> Result<Center, LogisticsError> {
    let (center, changed) = decide(tx, now, actor, id, &Action::Approve).await?;
    if changed && store::list_windows(tx, id).await?.is_any_time() {
        store::replace_windows(tx, id, &WeeklySchedule::usual()).await?;
    }
    Ok(center)
}

/// Turns a proposal down, saying why.
pub async fn reject(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    id: CenterId,
    reason: &str,
) -> Result<Center, LogisticsError> {
    let action = Action::reject(reason).map_err(|error| error.at("reason"))?;
    Ok(decide(tx, now, actor, id, &action).await?.0)
}

/// Closes an approved center, saying why. Pickups that are arranged there stay arranged.
pub async fn deactivate(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    id: CenterId,
    reason: &str,
) -> Result<Center, LogisticsError> {
    let action = Action::deactivate(reason).map_err(|error| error.at("reason"))?;
    Ok(decide(tx, now, actor, id, &action).await?.0)
}

/// Opens a center again that was closed, with the windows it had.
pub async fn reactivate(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    id: CenterId,
) -> Result<Center, LogisticsError> {
    Ok(decide(tx, now, actor, id, &Action::Reactivate).await?.0)
}

/// Takes the step, unless it was taken before; returns the center and whether anything changed.
async fn decide(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    id: CenterId,
    action: &Action,
) -> Result<(Center, bool), LogisticsError> {
    let mut center = store::lock_center(tx, id).await?.ok_or(LogisticsError::UnknownCenter)?;
    let from = center.status;
    let to = match step(from, action)? {
        Step::Already => return Ok((center, false)),
        Step::To(status) => status,
    };
    center.status = to;
    center.reason = action.reason().map(str::to_owned);
    center.decided_at = Some(now);
    save(tx, now, &mut center).await?;
    let data = json!({ "from": from.as_str(), "to": to.as_str(), "reason": center.reason });
    announce(tx, now, actor, action.event(), &center, data).await?;
    Ok((center, true))
}

/// Changes a center's name, notes, zone or windows, whatever its status.
///
/// New capacities also hold for windows on dates that have places taken already, though never below
/// what is taken.
///
/// # Errors
/// [`LogisticsError::Changed`] when the center's version is not `version`.
pub async fn edit(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    id: CenterId,
    version: i32,
    edits: &EditCenter,
) -> Result<Center, LogisticsError> {
    let center = store::lock_center(tx, id).await?.ok_or(LogisticsError::UnknownCenter)?;
    if center.version != version {
        return Err(LogisticsError::Changed { current: center.version });
    }
    let mut edited = edits.applied_to(&center)?;
    let mut changed = Vec::new();
    if edited.name != center.name {
        changed.push("name");
    }
    if edited.notes != center.notes {
        changed.push("notes");
    }
    if edited.time_zone != center.time_zone {
        changed.push("time_zone");
    }
    if let Some(windows) = &edits.windows
        && *windows != store::list_windows(tx, id).await?
    {
        store::replace_windows(tx, id, windows).await?;
        pickup::resize_chosen_windows(tx, now, actor, &edited, windows).await?;
        changed.push("windows");
    }
    if changed.is_empty() {
        return Ok(center);
    }
    save(tx, now, &mut edited).await?;
    announce(tx, now, actor, "center.changed", &edited, json!({ "changed": changed })).await?;
    Ok(edited)
}

async fn save(tx: &mut Conn, now: DateTime<Utc>, center: &mut Center) -> Result<(), LogisticsError> {
    center.version += 1;
    center.updated_at = now;
    Ok(store::update_center(tx, center).await?)
}

async fn announce(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    kind: &'static str,
    center: &Center,
    mut data: Value,
) -> Result<(), LogisticsError> {
    data["number"] = center.number.into();
    let event = Event { kind, subject_type: "center", subject_id: center.id.0, actor, data };
    Ok(outbox::emit(tx, now, event).await?)
}

/// The center, whatever its status.
pub async fn find_center(conn: &mut Conn, id: CenterId) -> Result<Option<Center>, LogisticsError> {
    Ok(store::find_center(conn, id).await?)
}

/// Centers of one status, or of all, newest first; `after` is the last one of the page before.
pub async fn list_centers(
    conn: &mut Conn,
    status: Option<CenterStatus>,
    after: Option<After>,
    limit: Limit,
) -> Result<Page<Center, After>, LogisticsError> {
    let rows = store::list_centers(conn, status, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, |center| (center.created_at, center.id)))
}

/// How many centers wait for a decision.
pub async fn count_proposed(conn: &mut Conn) -> Result<i64, LogisticsError> {
    Ok(store::count_proposed(conn).await?)
}

/// Every approved center, by number.
pub async fn approved_centers(conn: &mut Conn) -> Result<Vec<Center>, LogisticsError> {
    Ok(store::list_approved(conn).await?)
}

/// Those of the centers that are approved now, by number; they stay so until the caller's transaction
/// has ended. Whoever promises a pickup asks this rather than an index.
pub async fn confirm_approved(
    tx: &mut Conn,
    numbers: &[i32],
) -> Result<Vec<ConfirmedCenter>, LogisticsError> {
    Ok(store::lock_approved(tx, numbers).await?)
}
