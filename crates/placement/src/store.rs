//! The one query of this process: whose turn it is.

use db::Conn;
use diesel::QueryResult;
use diesel::sql_types::{Array, BigInt};
use diesel_async::RunQueryDsl;
use kernel::UserId;

/// Waits until nobody else is placing any of these sellers, and keeps others waiting until the
/// transaction ends. What is read afterwards includes all that the others wrote.
pub(crate) async fn lock_sellers(tx: &mut Conn, sellers: &[UserId]) -> QueryResult<()> {
    // An id's last eight bytes are random. One order for everybody: no two wait for each other.
    let mut keys: Vec<i64> = sellers.iter().map(|seller| seller.0.as_u64_pair().1.cast_signed()).collect();
    keys.sort_unstable();
    db::sql("SELECT pg_advisory_xact_lock(key) FROM unnest($1) AS key")
        .bind::<Array<BigInt>, _>(keys)
        .execute(tx)
        .await?;
    Ok(())
}
