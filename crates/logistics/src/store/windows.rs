//! Weekly windows, and the windows on dates that somebody has chosen.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::pg::data_types::PgTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{CenterId, PoolId, TimeRange};

use crate::schema::{center_windows, pickup_slots};
use crate::windows::{NotATimeOfDay, TimeOfDay, WeeklySchedule, WeeklyWindow};

const MICROSECONDS_A_MINUTE: i64 = 60_000_000;

/// A window on a date whose places are the pool of the same id.
pub(crate) struct FutureSlot {
    pub pool: PoolId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

pub(crate) async fn list_windows(conn: &mut Conn, center: CenterId) -> QueryResult<WeeklySchedule> {
    // PgTime rather than a time of chrono's, which ends before 24:00.
    let rows: Vec<(i16, PgTime, PgTime, i32)> = center_windows::table
        .filter(center_windows::center_id.eq(center))
        .select((
            center_windows::weekday,
            center_windows::opens,
            center_windows::closes,
            center_windows::capacity,
        ))
        .load(conn)
        .await?;
    let windows = rows
        .into_iter()
        .map(|(weekday, opens, closes, capacity)| {
            Ok(WeeklyWindow { weekday, opens: time_of_day(opens)?, closes: time_of_day(closes)?, capacity })
        })
        .collect::<Result<Vec<_>, NotATimeOfDay>>()
        .map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
    WeeklySchedule::new(windows).map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))
}

pub(crate) async fn replace_windows(
    tx: &mut Conn,
    center: CenterId,
    schedule: &WeeklySchedule,
) -> QueryResult<()> {
    diesel::delete(center_windows::table.filter(center_windows::center_id.eq(center))).execute(tx).await?;
    let rows: Vec<_> = schedule
        .windows()
        .iter()
        .map(|window| {
            (
                center_windows::center_id.eq(center),
                center_windows::weekday.eq(window.weekday),
                center_windows::opens.eq(pg_time(window.opens)),
                center_windows::closes.eq(pg_time(window.closes)),
                center_windows::capacity.eq(window.capacity),
            )
        })
        .collect();
    diesel::insert_into(center_windows::table).values(rows).execute(tx).await?;
    Ok(())
}

/// Writes a chosen window unless it is there; its pool must be.
pub(crate) async fn insert_slot(
    tx: &mut Conn,
    pool: PoolId,
    center: CenterId,
    range: TimeRange,
) -> QueryResult<()> {
    diesel::insert_into(pickup_slots::table)
        .values((
            pickup_slots::id.eq(pool.0),
            pickup_slots::center_id.eq(center),
            pickup_slots::starts_at.eq(range.start()),
            pickup_slots::ends_at.eq(range.end()),
        ))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    Ok(())
}

/// The chosen windows of a center that have not begun.
pub(crate) async fn list_future_slots(
    conn: &mut Conn,
    now: DateTime<Utc>,
    center: CenterId,
) -> QueryResult<Vec<FutureSlot>> {
    let rows: Vec<(PoolId, DateTime<Utc>, DateTime<Utc>)> = pickup_slots::table
        .filter(pickup_slots::center_id.eq(center).and(pickup_slots::starts_at.gt(now)))
        .order(pickup_slots::id)
        .select((pickup_slots::id, pickup_slots::starts_at, pickup_slots::ends_at))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(pool, starts_at, ends_at)| FutureSlot { pool, starts_at, ends_at }).collect())
}

fn time_of_day(time: PgTime) -> Result<TimeOfDay, NotATimeOfDay> {
    let minutes = u16::try_from(time.0 / MICROSECONDS_A_MINUTE).map_err(|_out_of_range| NotATimeOfDay)?;
    TimeOfDay::from_minutes(minutes)
}

fn pg_time(time: TimeOfDay) -> PgTime {
    PgTime(i64::from(time.minutes()) * MICROSECONDS_A_MINUTE)
}
