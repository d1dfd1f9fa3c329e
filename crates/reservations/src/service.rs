//! What can be done with capacity. Every function works in the caller's transaction.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{Actor, HoldId, PoolId, Quantity};
use outbox::Event;
use serde_json::json;

use crate::decide::{demand, fits};
use crate::store::{self, Change};
use crate::{
    Availability, HoldRequest, Movement, MovementKind, OpeningStock, PoolKind, ReservationError, Source,
};

/// Makes the pool with this capacity unless it exists.
pub async fn ensure_pool(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    pool: PoolId,
    kind: PoolKind,
    capacity: Quantity,
) -> Result<(), ReservationError> {
    if !store::insert_pool(tx, now, pool, kind).await? || capacity == Quantity::ZERO {
        return Ok(());
    }
    let change = Change {
        pool,
        kind: MovementKind::Adjustment,
        capacity,
        taken: Quantity::ZERO,
        source: Source { kind: "pool", id: pool.0 }.into(),
    };
    apply(tx, now, actor, std::slice::from_ref(&change)).await?;
    let before = BTreeMap::from([(pool, Availability::default())]);
    announce(tx, now, actor, &before, &after(before.clone(), &[change])).await
}

/// Makes stock pools that nobody knows yet, each with the movement that opened it. Nobody is told: the caller knows
/// what is in stock.
pub async fn load_stock(tx: &mut Conn, stock: &[OpeningStock]) -> Result<(), ReservationError> {
    Ok(store::opening::insert_stock(tx, stock).await?)
}

/// Takes what every request asks for, or nothing at all.
///
/// # Errors
/// [`ReservationError::Insufficient`] names every pool that falls short.
pub async fn place_holds(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    requests: &[HoldRequest],
) -> Result<(), ReservationError> {
    let demand = demand(requests);
    let ids: Vec<PoolId> = demand.keys().copied().collect();
    let before = store::lock_pools(tx, &ids).await?;
    let mut pools = before.clone();
    if fits(&demand, &pools).is_err() {
        // Others' expired holds may be what is in the way; the pools are locked, so only now is it
        // certain what they are.
        store::take_back_expired_lines(tx, now, &ids).await?;
        pools = store::lock_pools(tx, &ids).await?;
        fits(&demand, &pools)?;
    }
    store::insert_holds(tx, now, requests).await?;
    let changes: Vec<Change> = requests
        .iter()
        .flat_map(|request| {
            request.lines.iter().map(|&(pool, taken)| Change {
                pool,
                kind: MovementKind::Hold,
                capacity: Quantity::ZERO,
                taken,
                source: request.source.into(),
            })
        })
        .collect();
    apply(tx, now, actor, &changes).await?;
    announce(tx, now, actor, &before, &after(pools, &changes)).await
}

/// Uses up what the holds have taken. All of them must be live, or nothing happens.
///
/// # Errors
/// [`ReservationError::HoldNotLive`] names the first hold that has expired or is over.
pub async fn consume_holds(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    holds: &[HoldId],
) -> Result<(), ReservationError> {
    let live = store::lock_live_holds(tx, now, holds).await?;
    if let Some(lost) = holds.iter().find(|hold| !live.contains(hold)) {
        return Err(ReservationError::HoldNotLive(*lost));
    }
    let pools = store::lock_pools_of(tx, holds).await?;
    let lines = store::end_lines_of_whole_holds(tx, holds).await?;
    if let (true, Some(lost)) = (lines.is_empty(), holds.first()) {
        return Err(ReservationError::HoldNotLive(*lost));
    }
    let changes: Vec<Change> = lines
        .into_iter()
        .map(|line| {
            let used = Quantity::ZERO.saturating_sub(line.quantity);
            line.into_change(MovementKind::Sale, used, used)
        })
        .collect();
    store::end_holds(tx, holds, "consumed").await?;
    apply(tx, now, actor, &changes).await?;
    announce(tx, now, actor, &pools, &after(pools.clone(), &changes)).await
}

/// Gives back what the holds have taken; a hold that is over already changes nothing.
pub async fn release_holds(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    holds: &[HoldId],
) -> Result<(), ReservationError> {
    store::lock_holds(tx, holds).await?;
    let pools = store::lock_pools_of(tx, holds).await?;
    let lines = store::end_lines(tx, holds).await?;
    let changes: Vec<Change> = lines
        .into_iter()
        .map(|line| {
            let given_back = Quantity::ZERO.saturating_sub(line.quantity);
            line.into_change(MovementKind::Release, Quantity::ZERO, given_back)
        })
        .collect();
    store::end_holds(tx, holds, "released").await?;
    apply(tx, now, actor, &changes).await?;
    announce(tx, now, actor, &pools, &after(pools.clone(), &changes)).await
}

/// Releases up to `limit` holds that have expired and that nobody is working on; returns how many.
pub async fn release_expired(
    tx: &mut Conn,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<usize, ReservationError> {
    let expired = store::lock_expired_holds(tx, now, limit).await?;
    if !expired.is_empty() {
        release_holds(tx, now, Actor::System, &expired).await?;
    }
    Ok(expired.len())
}

/// Puts back what had been sold, such as the lines of a cancelled order.
pub async fn return_capacity(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    lines: &[(PoolId, Quantity)],
    source: Source,
) -> Result<(), ReservationError> {
    let mut ids: Vec<PoolId> = lines.iter().map(|(pool, _)| *pool).collect();
    ids.sort_unstable();
    let pools = store::lock_pools(tx, &ids).await?;
    let changes: Vec<Change> = lines
        .iter()
        .map(|&(pool, capacity)| Change {
            pool,
            kind: MovementKind::Cancellation,
            capacity,
            taken: Quantity::ZERO,
            source: source.into(),
        })
        .collect();
    apply(tx, now, actor, &changes).await?;
    announce(tx, now, actor, &pools, &after(pools.clone(), &changes)).await
}

/// Sets how much of a pool can be taken from now on, beyond what live holds have; `expected` is what
/// the caller believes is free.
///
/// # Errors
/// [`ReservationError::Changed`] when the belief is wrong, with what is free.
pub async fn adjust_free(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    pool: PoolId,
    expected: Option<Quantity>,
    free: Quantity,
) -> Result<(), ReservationError> {
    let before = store::lock_pools(tx, &[pool]).await?;
    store::take_back_expired_lines(tx, now, &[pool]).await?;
    let pools = store::lock_pools(tx, &[pool]).await?;
    let current = pools.get(&pool).ok_or(ReservationError::UnknownPool(pool))?.free();
    if expected.is_some_and(|expected| expected != current) {
        return Err(ReservationError::Changed { current });
    }
    let change = Change {
        pool,
        kind: MovementKind::Adjustment,
        capacity: free.saturating_sub(current),
        taken: Quantity::ZERO,
        source: Source { kind: "pool", id: pool.0 }.into(),
    };
    if free != current {
        apply(tx, now, actor, std::slice::from_ref(&change)).await?;
    }
    announce(tx, now, actor, &before, &after(pools, &[change])).await
}

/// Locks pools in the order that everything here locks them in, for a caller that is about to change
/// several of them one after the other.
pub async fn lock_pools(tx: &mut Conn, pools: &[PoolId]) -> Result<(), ReservationError> {
    store::lock_pools(tx, pools).await?;
    Ok(())
}

/// How pools stand, expired holds left out, in one statement. Unknown pools are absent.
pub async fn availability(
    conn: &Conn,
    now: DateTime<Utc>,
    pools: &[PoolId],
) -> Result<HashMap<PoolId, Availability>, ReservationError> {
    if pools.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(store::load_availability(conn, now, pools).await?)
}

/// The latest `limit` changes of a pool, newest first.
pub async fn list_movements(
    conn: &mut Conn,
    pool: PoolId,
    limit: i64,
) -> Result<Vec<Movement>, ReservationError> {
    Ok(store::list_movements(conn, pool, limit).await?)
}

/// Writes the changes to the locked pools, with their movements.
async fn apply(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    changes: &[Change],
) -> Result<(), ReservationError> {
    if changes.is_empty() {
        return Ok(());
    }
    Ok(store::apply_changes(tx, now, actor, changes).await?)
}

/// How the pools stand once the changes are written.
fn after(mut pools: BTreeMap<PoolId, Availability>, changes: &[Change]) -> BTreeMap<PoolId, Availability> {
    for change in changes {
        let standing = pools.entry(change.pool).or_default();
        standing.capacity = standing.capacity.saturating_add(change.capacity);
        standing.taken = standing.taken.saturating_add(change.taken);
    }
    pools
}

/// Tells the feed of pools that ran dry or have something again.
async fn announce(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    before: &BTreeMap<PoolId, Availability>,
    after: &BTreeMap<PoolId, Availability>,
) -> Result<(), ReservationError> {
    let some = |standing: &Availability| standing.free() > Quantity::ZERO;
    let events = after
        .iter()
        .filter_map(|(pool, standing)| {
            let kind = match (before.get(pool).is_some_and(some), some(standing)) {
                (true, false) => "pool.depleted",
                (false, true) => "pool.replenished",
                _ => return None,
            };
            Some(Event { kind, subject_type: "pool", subject_id: pool.0, actor, data: json!({}) })
        })
        .collect();
    outbox::emit_all(tx, now, events).await?;
    Ok(())
}
