//! Every query of reservations.

pub(crate) mod check;
pub(crate) mod opening;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{Actor, HoldId, PoolId, Quantity};
use serde_json::Value;
use uuid::Uuid;

use crate::schema::{holds, movements, pools};
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

fn actor_value(actor: Actor) -> QueryResult<Value> {
    serde_json::to_value(actor).map_err(|error| diesel::result::Error::SerializationError(error.into()))
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

/// Makes the pool, empty; false when it is there already.
pub(crate) async fn insert_pool(
    tx: &mut Conn,
    now: DateTime<Utc>,
    pool: PoolId,
    kind: PoolKind,
) -> QueryResult<bool> {
    let inserted = diesel::insert_into(pools::table)
        .values((
            pools::id.eq(pool),
            pools::kind.eq(kind.as_str()),
            pools::capacity.eq(Quantity::ZERO),
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

/// Inserts the holds with their lines, in a statement whose text does not depend on how many they are.
pub(crate) async fn insert_holds(
    tx: &mut Conn,
    now: DateTime<Utc>,
    requests: &[HoldRequest],
) -> QueryResult<()> {
    let lines = || requests.iter().flat_map(|request| request.lines.iter().map(move |line| (request, line)));
    db::sql(
        "WITH held AS (INSERT INTO holds (id, state, source_type, source_id, expires_at, created_at) \
                       SELECT id, 'live', source_type, source_id, expires_at, $1 \
                       FROM unnest($2, $3, $4, $5) AS hold(id, source_type, source_id, expires_at)) \
         INSERT INTO hold_lines (hold_id, pool_id, quantity, expires_at) \
         SELECT hold_id, pool_id, quantity, expires_at \
         FROM unnest($6, $7, $8, $9) AS line(hold_id, pool_id, quantity, expires_at)",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(requests.iter().map(|request| request.id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(requests.iter().map(|request| request.source.kind).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(requests.iter().map(|request| request.source.id).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(requests.iter().map(|request| request.expires_at).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(lines().map(|(request, _)| request.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(lines().map(|(_, (pool, _))| *pool).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(lines().map(|(_, (_, quantity))| *quantity).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(lines().map(|(request, _)| request.expires_at).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes the changes of the pools, which the caller has locked, each with its movement.
pub(crate) async fn apply_changes(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    changes: &[Change],
) -> QueryResult<()> {
    db::sql(
        "WITH change AS MATERIALIZED (\
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY \
             AS row(pool_id, kind, capacity, taken, source_type, source_id, place)), \
         moved AS (\
             INSERT INTO movements (pool_id, kind, capacity_delta, taken_delta, actor, source_type, source_id, occurred_at) \
             SELECT pool_id, kind, capacity, taken, $7, source_type, source_id, $8 FROM change ORDER BY place) \
         UPDATE pools SET capacity = pools.capacity + total.capacity, taken = pools.taken + total.taken, updated_at = $8 \
         FROM (SELECT pool_id, sum(capacity)::bigint AS capacity, sum(taken)::bigint AS taken \
               FROM change GROUP BY pool_id) total \
         WHERE pools.id = total.pool_id",
    )
    .bind::<Array<SqlUuid>, _>(changes.iter().map(|change| change.pool).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(changes.iter().map(|change| change.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(changes.iter().map(|change| change.capacity).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(changes.iter().map(|change| change.taken).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(changes.iter().map(|change| change.source.0.as_str()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(changes.iter().map(|change| change.source.1).collect::<Vec<_>>())
    .bind::<Jsonb, _>(actor_value(actor)?)
    .bind::<Timestamptz, _>(now)
    .execute(tx)
    .await?;
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
    mut conn: &Conn,
    now: DateTime<Utc>,
    ids: &[PoolId],
) -> QueryResult<HashMap<PoolId, Availability>> {
    let rows: Vec<(PoolId, Quantity, Quantity)> = db::sql(
        "SELECT p.id, p.capacity, (p.taken - coalesce(lapsed.quantity, 0))::bigint AS taken \
         FROM pools p \
         LEFT JOIN LATERAL (SELECT sum(l.quantity) AS quantity FROM hold_lines l \
                            WHERE l.pool_id = p.id AND l.live AND l.expires_at <= $1) lapsed ON true \
         WHERE p.id = ANY($2)",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(ids)
    .returning::<(SqlUuid, BigInt, BigInt)>()
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().map(|(pool, capacity, taken)| (pool, Availability { capacity, taken })).collect())
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
