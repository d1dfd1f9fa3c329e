//! The queries of this process: whose turn it is, and whom the catalog does not know.

use db::{Conn, Sql};
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

/// The `id` of every vendor who is no seller yet.
pub(crate) fn vendors_without_seller() -> Sql<'static> {
    db::sql(
        "SELECT v.user_id AS id FROM vendor_profiles v \
             WHERE NOT EXISTS (SELECT 1 FROM sellers s WHERE s.vendor_id = v.user_id)",
    )
}
