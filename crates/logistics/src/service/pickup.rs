//! Offering pickup windows and taking places in them.

use std::ops::Range;

use chrono::{DateTime, Utc};
use db::Conn;
use jiff::ToSpan;
use jiff::civil::Date;
use kernel::{Actor, CenterId, HoldId, PoolId, Quantity, TimeRange};
use reservations::{HoldRequest, PoolKind, Source};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::LogisticsError;
use crate::model::{Center, CenterStatus};
use crate::store;
use crate::windows::{self, HORIZON, WeeklySchedule, zone_named};

/// When goods can be picked up at a center.
#[derive(Clone, PartialEq, Debug)]
pub struct PickupCalendar {
    /// The IANA zone of the center's clocks.
    pub time_zone: String,
    /// Whether any stay of 15 minutes to 8 hours can be arranged; then there are no windows.
    pub any_time: bool,
    /// What can be chosen, full windows included, in order of time.
    pub windows: Vec<OfferedWindow>,
}

/// A window that can be chosen.
#[derive(Clone, PartialEq, Debug)]
pub struct OfferedWindow {
    /// From when to when.
    pub range: TimeRange,
    /// The IANA zone of the center's clocks.
    pub time_zone: String,
    /// The date on the center's calendar.
    pub local_date: Date,
    /// Places in all.
    pub capacity: i32,
    /// Places that are free.
    pub remaining: i32,
}

/// The weekly windows of a center.
pub async fn weekly_windows(conn: &mut Conn, center: CenterId) -> Result<WeeklySchedule, LogisticsError> {
    Ok(store::list_windows(conn, center).await?)
}

/// What can be chosen at an approved center on its local days from `from` (today, unless given) up to
/// `to` (the end of the horizon, unless given). Two statements, however many windows.
pub async fn list_windows(
    conn: &mut Conn,
    now: DateTime<Utc>,
    center: &Center,
    from: Option<Date>,
    to: Option<Date>,
) -> Result<PickupCalendar, LogisticsError> {
    if center.status != CenterStatus::Approved {
        return Err(LogisticsError::NotApproved);
    }
    let schedule = store::list_windows(conn, center.id).await?;
    let zone = zone_named(&center.time_zone)?;
    let whole = Date::MIN..Date::MAX;
    let days = from.unwrap_or(whole.start)..to.unwrap_or(whole.end);
    let slots = windows::offered(&schedule, &zone, now, days);
    let pools: Vec<PoolId> = slots.iter().map(|slot| window_pool(center.id, slot.range)).collect();
    let availability = reservations::availability(conn, now, &pools).await?;
    let offered = slots.iter().zip(&pools).map(|(slot, pool)| {
        // A window that nobody has chosen yet has no pool.
        let standing = availability.get(pool);
        OfferedWindow {
            range: slot.range,
            time_zone: center.time_zone.clone(),
            local_date: slot.local_date,
            capacity: standing.map_or(slot.capacity, |standing| places(standing.capacity)),
            remaining: standing.map_or(slot.capacity, |standing| places(standing.free())),
        }
    });
    Ok(PickupCalendar {
        time_zone: center.time_zone.clone(),
        any_time: schedule.is_any_time(),
        windows: offered.collect(),
    })
}

/// Takes one place in a window until `expires_at`, in the name of `source`. At a center without weekly
/// windows there are no places to take, and no hold comes of it.
///
/// # Errors
/// [`LogisticsError::NotApproved`], [`LogisticsError::Window`] when the center does not offer it now,
/// [`LogisticsError::WindowFull`].
pub async fn take_window(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    center: CenterId,
    range: TimeRange,
    source: Source,
    expires_at: DateTime<Utc>,
) -> Result<Option<HoldId>, LogisticsError> {
    let center = store::lock_center_shared(tx, center).await?.ok_or(LogisticsError::UnknownCenter)?;
    if center.status != CenterStatus::Approved {
        return Err(LogisticsError::NotApproved);
    }
    let schedule = store::list_windows(tx, center.id).await?;
    let zone = zone_named(&center.time_zone)?;
    let Some(slot) = windows::accept(&schedule, &zone, now, range)? else { return Ok(None) };
    let pool = window_pool(center.id, range);
    let capacity = Quantity::whole(slot.capacity);
    reservations::ensure_pool(tx, now, actor, pool, PoolKind::PickupWindow, capacity).await?;
    store::insert_slot(tx, pool, center.id, range).await?;
    let hold = HoldId::new();
    let request = HoldRequest { id: hold, source, expires_at, lines: vec![(pool, Quantity::whole(1))] };
    reservations::place_holds(tx, now, actor, &[request]).await?;
    Ok(Some(hold))
}

/// Gives the windows on dates that have places taken already the capacities of a new schedule. The
/// caller has locked the center, so that no place is taken meanwhile.
pub(super) async fn resize_chosen_windows(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    center: &Center,
    schedule: &WeeklySchedule,
) -> Result<(), LogisticsError> {
    let zone = zone_named(&center.time_zone)?;
    let slots = store::list_future_slots(tx, now, center.id).await?;
    let pools: Vec<PoolId> = slots.iter().map(|slot| slot.pool).collect();
    let availability = reservations::availability(tx, now, &pools).await?;
    let offered = windows::offered(schedule, &zone, now, upcoming_days(now, &zone));
    for slot in slots {
        let same = |offer: &&windows::Slot| {
            (offer.range.start(), offer.range.end()) == (slot.starts_at, slot.ends_at)
        };
        let (Some(offer), Some(standing)) = (offered.iter().find(same), availability.get(&slot.pool)) else {
            continue;
        };
        let free = Quantity::whole(offer.capacity).saturating_sub(standing.taken).max(Quantity::ZERO);
        reservations::adjust_free(tx, now, actor, slot.pool, None, free).await?;
    }
    Ok(())
}

fn upcoming_days(now: DateTime<Utc>, zone: &jiff::tz::TimeZone) -> Range<Date> {
    let date = |at| windows::local_date(at, zone).unwrap_or(Date::MIN);
    date(now)..date(now + HORIZON).saturating_add(1.day())
}

/// The pool of the places in a window on a date. Derived, so that two who choose a window for the first time at
/// once mean the same pool.
#[must_use]
pub fn window_pool(center: CenterId, range: TimeRange) -> PoolId {
    let mut hash = Sha256::new();
    hash.update(center.0.as_bytes());
    hash.update(range.start().timestamp_micros().to_be_bytes());
    hash.update(range.end().timestamp_micros().to_be_bytes());
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    // A version 8 UUID: of the application's own making (RFC 9562, section 5.8).
    let id: Uuid = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    PoolId(id)
}

fn places(quantity: Quantity) -> i32 {
    i32::try_from(quantity.thousandths() / 1000).unwrap_or(i32::MAX)
}
