//! What the checks of the books ask. Each statement selects the `id` of every breach.

use chrono::{DateTime, Utc};
use db::{Sql, sql};
use diesel::sql_types::Timestamptz;

/// Pools whose `column` (capacity or taken) is not the sum of its movements.
pub(crate) fn pools_off_their_movements(column: &'static str) -> Sql<'static> {
    sql(format!(
        "SELECT p.id FROM pools p \
         LEFT JOIN (SELECT pool_id, sum({column}_delta) AS sum FROM movements GROUP BY pool_id) moved \
         ON moved.pool_id = p.id \
         WHERE p.{column} <> coalesce(moved.sum, 0)"
    ))
}

pub(crate) fn pools_off_their_holds() -> Sql<'static> {
    sql("SELECT p.id FROM pools p \
         LEFT JOIN (SELECT pool_id, sum(quantity) AS sum FROM hold_lines WHERE live GROUP BY pool_id) held \
         ON held.pool_id = p.id \
         WHERE p.taken <> coalesce(held.sum, 0)")
}

pub(crate) fn ended_holds_with_live_lines() -> Sql<'static> {
    sql("SELECT id FROM holds WHERE state <> 'live' \
         AND EXISTS (SELECT 1 FROM hold_lines l WHERE l.hold_id = holds.id AND l.live)")
}

/// The lines of a hold that has expired may have been taken back one by one.
pub(crate) fn live_holds_with_ended_lines(now: DateTime<Utc>) -> Sql<'static> {
    sql("SELECT id FROM holds WHERE state = 'live' AND expires_at > $1 \
         AND (NOT EXISTS (SELECT 1 FROM hold_lines l WHERE l.hold_id = holds.id) \
              OR EXISTS (SELECT 1 FROM hold_lines l WHERE l.hold_id = holds.id AND NOT l.live))")
    .bind::<Timestamptz, _>(now)
}

pub(crate) fn unswept_holds(before: DateTime<Utc>) -> Sql<'static> {
    sql("SELECT id FROM holds WHERE state = 'live' AND expires_at < $1").bind::<Timestamptz, _>(before)
}
