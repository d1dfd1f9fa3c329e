//! Every query of reservations.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{Actor, HoldId, PoolId, Quantity};
use serde_json::Value;
use uuid::Uuid;

use crate::schema::{hold_lines, holds, movements, pools};
use crate::{Availability, HoldRequest, Movement, MovementKind, PoolKind, Source};

/// A change of one pool, about to be written with its movement.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub pool: PoolId,
    pub kind: MovementKind,
    pub capacity: Quantity,
    pub taken: Quantity,
    pub source: (String, Uuid),
}

impl From<Source> for (String, Uuid) {
    fn from(source: Source) -> Self {
        (source.kind.to_owned(), source.id)
    }
}

/// A line that is no longer live, with what its hold was for.
#[derive(QueryableByName, Debug)]
pub(crate) struct EndedLine {
    #[diesel(sql_type = SqlUuid)]
    pool_id: PoolId,
    #[diesel(sql_type = BigInt)]
    pub quantity: Quantity,
    #[diesel(sql_type = Text)]
    source_type: String,
    #[diesel(sql_type = SqlUuid)]
    source_id: Uuid,
}

impl EndedLine {
    pub(crate) fn into_change(self, kind: MovementKind, capacity: Quantity, taken: Quantity) -> Change {
        Change { pool: self.pool_id, kind, capacity, taken, source: (self.source_type, self.source_id) }
    }
}

#[derive(QueryableByName)]
struct PoolRow {
    #[diesel(sql_type = SqlUuid)]
    id: PoolId,
    #[diesel(sql_type = BigInt)]
    capacity: Quantity,
    #[diesel(sql_type = BigInt)]
    taken: Quantity,
}

fn by_id(rows: Vec<PoolRow>) -> BTreeMap<PoolId, Availability> {
    rows.into_iter().map(|row| (row.id, Availability { capacity: row.capacity, taken: row.taken })).collect()
}

pub(crate) async fn insert_pool(
    tx: &mut Conn,
    now: DateTime<Utc>,
    pool: PoolId,
    kind: PoolKind,
    capacity: Quantity,
) -> QueryResult<bool> {
    let inserted = diesel::insert_into(pools::table)
        .values((
            pools::id.eq(pool),
            pools::kind.eq(kind.as_str()),
            pools::capacity.eq(capacity),
            pools::updated_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    Ok(inserted == 1)
}

/// Locks the pools in id order and reads them as they stand.
pub(crate) async fn lock_pools(tx: &mut Conn, ids: &[PoolId]) -> QueryResult<BTreeMap<PoolId, Availability>> {
    let rows: Vec<PoolRow> =
        db::sql("SELECT id, capacity, taken FROM pools WHERE id = ANY($1) ORDER BY id FOR UPDATE")
            .bind::<Array<SqlUuid>, _>(ids)
            .load(tx)
            .await?;
    Ok(by_id(rows))
}

/// Locks the pools of the holds' lines in id order and reads them as they stand.
pub(crate) async fn lock_pools_of(
    tx: &mut Conn,
    holds: &[HoldId],
) -> QueryResult<BTreeMap<PoolId, Availability>> {
    let rows: Vec<PoolRow> = db::sql(
        "SELECT id, capacity, taken FROM pools \
         WHERE id IN (SELECT pool_id FROM hold_lines WHERE hold_id = ANY($1)) ORDER BY id FOR UPDATE",
    )
    .bind::<Array<SqlUuid>, _>(holds)
    .load(tx)
    .await?;
    Ok(by_id(rows))
}

/// Ends the expired lines of the pools, which the caller has locked, and gives their amounts back.
pub(crate) async fn take_back_expired_lines(
    tx: &mut Conn,
    now: DateTime<Utc>,
    ids: &[PoolId],
) -> QueryResult<()> {
    db::sql(
        "WITH ended AS (UPDATE hold_lines l SET live = false FROM holds h \
                        WHERE l.pool_id = ANY($1) AND l.live AND l.expires_at <= $2 AND h.id = l.hold_id \
                        RETURNING l.pool_id, l.quantity, h.source_type, h.source_id), \
         moved AS (INSERT INTO movements (pool_id, kind, capacity_delta, taken_delta, actor, source_type, source_id, occurred_at) \
                   SELECT pool_id, 'release', 0, -quantity, '{\"type\":\"system\"}', source_type, source_id, $2 FROM ended) \
         UPDATE pools SET taken = taken - back.quantity, updated_at = $2 \
         FROM (SELECT pool_id, sum(quantity)::bigint AS quantity FROM ended GROUP BY pool_id) back \
         WHERE pools.id = back.pool_id",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Timestamptz, _>(now)
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert_holds(
    tx: &mut Conn,
    now: DateTime<Utc>,
    requests: &[HoldRequest],
) -> QueryResult<()> {
    let rows: Vec<_> = requests
        .iter()
        .map(|request| {
            (
                holds::id.eq(request.id),
                holds::state.eq("live"),
                holds::source_type.eq(request.source.kind),
                holds::source_id.eq(request.source.id),
                holds::expires_at.eq(request.expires_at),
                holds::created_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(holds::table).values(rows).execute(tx).await?;
    let lines: Vec<_> = requests
        .iter()
        .flat_map(|request| {
            request.lines.iter().map(|&(pool, quantity)| {
                (
                    hold_lines::hold_id.eq(request.id),
                    hold_lines::pool_id.eq(pool),
                    hold_lines::quantity.eq(quantity),
                    hold_lines::expires_at.eq(request.expires_at),
                )
            })
        })
        .collect();
    diesel::insert_into(hold_lines::table).values(lines).execute(tx).await?;
    Ok(())
}

pub(crate) async fn update_pools(tx: &mut Conn, now: DateTime<Utc>, changes: &[Change]) -> QueryResult<()> {
    let ids: Vec<PoolId> = changes.iter().map(|change| change.pool).collect();
    let capacity: Vec<Quantity> = changes.iter().map(|change| change.capacity).collect();
    let taken: Vec<Quantity> = changes.iter().map(|change| change.taken).collect();
    db::sql(
        "UPDATE pools SET capacity = pools.capacity + change.capacity, taken = pools.taken + change.taken, updated_at = $1 \
         FROM (SELECT id, sum(capacity)::bigint AS capacity, sum(taken)::bigint AS taken \
               FROM unnest($2, $3, $4) AS row(id, capacity, taken) GROUP BY id) change \
         WHERE pools.id = change.id",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<BigInt>, _>(capacity)
    .bind::<Array<BigInt>, _>(taken)
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert_movements(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    changes: &[Change],
) -> QueryResult<()> {
    let actor = serde_json::to_value(actor)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    let rows: Vec<_> = changes
        .iter()
        .map(|change| {
            (
                movements::pool_id.eq(change.pool),
                movements::kind.eq(change.kind.as_str()),
                movements::capacity_delta.eq(change.capacity),
                movements::taken_delta.eq(change.taken),
                movements::actor.eq(&actor),
                movements::source_type.eq(&change.source.0),
                movements::source_id.eq(change.source.1),
                movements::occurred_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(movements::table).values(rows).execute(tx).await?;
    Ok(())
}

pub(crate) async fn lock_holds(tx: &mut Conn, ids: &[HoldId]) -> QueryResult<()> {
    holds::table
        .filter(holds::id.eq_any(ids))
        .order(holds::id)
        .select(holds::id)
        .for_update()
        .load::<HoldId>(tx)
        .await?;
    Ok(())
}

/// Locks the holds in id order and returns those that are neither over nor expired.
pub(crate) async fn lock_live_holds(
    tx: &mut Conn,
    now: DateTime<Utc>,
    ids: &[HoldId],
) -> QueryResult<Vec<HoldId>> {
    holds::table
        .filter(holds::id.eq_any(ids).and(holds::state.eq("live")).and(holds::expires_at.gt(now)))
        .order(holds::id)
        .select(holds::id)
        .for_update()
        .load(tx)
        .await
}

/// Locks up to `limit` expired holds that nobody else is working on.
pub(crate) async fn lock_expired_holds(
    tx: &mut Conn,
    now: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<HoldId>> {
    holds::table
        .filter(holds::state.eq("live").and(holds::expires_at.le(now)))
        .order(holds::expires_at)
        .limit(limit)
        .select(holds::id)
        .for_update()
        .skip_locked()
        .load(tx)
        .await
}

/// Ends the holds' live lines and returns them.
pub(crate) async fn end_lines(tx: &mut Conn, ids: &[HoldId]) -> QueryResult<Vec<EndedLine>> {
    db::sql(
        "UPDATE hold_lines l SET live = false FROM holds h \
         WHERE l.hold_id = ANY($1) AND l.live AND h.id = l.hold_id \
         RETURNING l.pool_id, l.quantity, h.source_type, h.source_id",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .load(tx)
    .await
}

/// Ends the holds' lines and returns them, or none if any line was lost: another process whose clock
/// is ahead may have taken an expired line back.
pub(crate) async fn end_lines_of_whole_holds(tx: &mut Conn, ids: &[HoldId]) -> QueryResult<Vec<EndedLine>> {
    db::sql(
        "UPDATE hold_lines l SET live = false FROM holds h \
         WHERE l.hold_id = ANY($1) AND h.id = l.hold_id \
         AND NOT EXISTS (SELECT 1 FROM hold_lines lost WHERE lost.hold_id = ANY($1) AND NOT lost.live) \
         RETURNING l.pool_id, l.quantity, h.source_type, h.source_id",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .load(tx)
    .await
}

pub(crate) async fn end_holds(tx: &mut Conn, ids: &[HoldId], state: &str) -> QueryResult<()> {
    diesel::update(holds::table.filter(holds::id.eq_any(ids).and(holds::state.eq("live"))))
        .set(holds::state.eq(state))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn load_availability(
    conn: &mut Conn,
    now: DateTime<Utc>,
    ids: &[PoolId],
) -> QueryResult<HashMap<PoolId, Availability>> {
    let rows: Vec<PoolRow> = db::sql(
        "SELECT p.id, p.capacity, (p.taken - coalesce(lapsed.quantity, 0))::bigint AS taken \
         FROM pools p \
         LEFT JOIN LATERAL (SELECT sum(l.quantity) AS quantity FROM hold_lines l \
                            WHERE l.pool_id = p.id AND l.live AND l.expires_at <= $1) lapsed ON true \
         WHERE p.id = ANY($2)",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(conn)
    .await?;
    Ok(by_id(rows).into_iter().collect())
}

type MovementRow = (String, Quantity, Quantity, Value, String, Uuid, DateTime<Utc>);

pub(crate) async fn list_movements(conn: &mut Conn, pool: PoolId, limit: i64) -> QueryResult<Vec<Movement>> {
    let rows: Vec<MovementRow> = movements::table
        .filter(movements::pool_id.eq(pool))
        .order(movements::id.desc())
        .limit(limit)
        .select((
            movements::kind,
            movements::capacity_delta,
            movements::taken_delta,
            movements::actor,
            movements::source_type,
            movements::source_id,
            movements::occurred_at,
        ))
        .load(conn)
        .await?;
    rows.into_iter().map(movement).collect()
}

fn movement(row: MovementRow) -> QueryResult<Movement> {
    let (kind, capacity_delta, taken_delta, actor, source_kind, source_id, occurred_at) = row;
    let unreadable = |what: String| diesel::result::Error::DeserializationError(what.into());
    Ok(Movement {
        kind: MovementKind::parse(&kind).ok_or_else(|| unreadable(format!("movement kind {kind}")))?,
        capacity_delta,
        taken_delta,
        actor: serde_json::from_value(actor).map_err(|error| unreadable(error.to_string()))?,
        source_kind,
        source_id,
        occurred_at,
    })
}
