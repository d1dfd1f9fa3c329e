//! Many stock pools in one statement.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::QueryResult;
use diesel::result::Error;
use diesel::sql_types::{Array, BigInt, Jsonb, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{PoolId, Quantity};

use crate::OpeningStock;

/// Inserts stock pools and the movements that opened them.
pub(crate) async fn insert_stock(tx: &mut Conn, stock: &[OpeningStock]) -> QueryResult<()> {
    let actors =
        stock.iter().map(|opening| serde_json::to_value(opening.actor)).collect::<Result<Vec<_>, _>>();
    let actors = actors.map_err(|error| Error::SerializationError(error.into()))?;
    let pools: Vec<PoolId> = stock.iter().map(|opening| opening.pool).collect();
    let capacities: Vec<Quantity> = stock.iter().map(|opening| opening.capacity).collect();
    let times: Vec<DateTime<Utc>> = stock.iter().map(|opening| opening.at).collect();
    db::sql(
        "WITH opening AS (SELECT * FROM unnest($1, $2, $3, $4) AS new(id, capacity, actor, at)), \
         moved AS (INSERT INTO movements (pool_id, kind, capacity_delta, taken_delta, actor, source_type, source_id, occurred_at) \
                   SELECT id, 'adjustment', capacity, 0, actor, 'pool', id, at FROM opening WHERE capacity > 0) \
         INSERT INTO pools (id, kind, capacity, updated_at) SELECT id, 'stock', capacity, at FROM opening",
    )
    .bind::<Array<SqlUuid>, _>(pools)
    .bind::<Array<BigInt>, _>(capacities)
    .bind::<Array<Jsonb>, _>(actors)
    .bind::<Array<Timestamptz>, _>(times)
    .execute(tx)
    .await?;
    Ok(())
}
