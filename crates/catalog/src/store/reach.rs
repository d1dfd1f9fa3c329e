//! The read model of browse: `offerings.reach`, `browsable` and the rows of `offering_reach`, all
//! derived from an offering and its seller.

use db::Conn;
use diesel::QueryResult;
use diesel::sql_types::{Array, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{OfferingId, UserId};

/// Derives anew, in one statement, and touches only rows that differ. `{chosen}` says which offerings.
const REFRESH: &str = "
WITH truth AS (
    SELECT o.id, s.reach,
           o.status = 'active' AND NOT o.hidden AND o.in_stock AND o.deleted_at IS NULL AND s.open
               AND (o.kind = 'product' OR cardinality(s.reach) > 0) AS browsable,
           o.kind, o.category_id, o.price_minor, o.published_at
    FROM offerings o JOIN sellers s ON s.vendor_id = o.vendor_id
    WHERE {chosen}
), changed AS (
    UPDATE offerings o SET reach = truth.reach, browsable = truth.browsable
    FROM truth
    WHERE o.id = truth.id AND (o.reach, o.browsable) IS DISTINCT FROM (truth.reach, truth.browsable)
), rows AS (
    SELECT truth.id, center.number, truth.kind, truth.category_id, truth.price_minor, truth.published_at
    FROM truth CROSS JOIN LATERAL unnest(truth.reach) AS center(number)
    WHERE truth.browsable
), gone AS (
    DELETE FROM offering_reach r USING truth
    WHERE r.offering_id = truth.id
      AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.id = r.offering_id AND rows.number = r.center_number)
)
INSERT INTO offering_reach AS r (offering_id, center_number, kind, category_id, price_minor, published_at)
SELECT id, number, kind, category_id, price_minor, published_at FROM rows
ON CONFLICT (offering_id, center_number) DO UPDATE
SET kind = excluded.kind, category_id = excluded.category_id,
    price_minor = excluded.price_minor, published_at = excluded.published_at
WHERE (r.category_id, r.price_minor, r.published_at)
    IS DISTINCT FROM (excluded.category_id, excluded.price_minor, excluded.published_at)";

/// Derives the read model of one offering, which the caller has locked or just made, with its seller
/// held in place.
pub(crate) async fn refresh_offering(tx: &mut Conn, id: OfferingId) -> QueryResult<()> {
    db::sql(REFRESH.replace("{chosen}", "o.id = $1")).bind::<SqlUuid, _>(id).execute(tx).await?;
    Ok(())
}

/// Derives the read model of these offerings, each held with its seller.
pub(crate) async fn refresh_offerings(tx: &mut Conn, ids: &[OfferingId]) -> QueryResult<()> {
    super::offerings::lock_all(tx, ids).await?;
    db::sql(REFRESH.replace("{chosen}", "o.id = ANY($1)")).bind::<Array<SqlUuid>, _>(ids).execute(tx).await?;
    Ok(())
}

/// Derives the read model of everything a seller offers.
pub(crate) async fn refresh_seller(tx: &mut Conn, vendor: UserId) -> QueryResult<()> {
    let chosen = "o.vendor_id = $1 AND o.deleted_at IS NULL";
    db::sql(REFRESH.replace("{chosen}", chosen)).bind::<SqlUuid, _>(vendor).execute(tx).await?;
    Ok(())
}

/// Records which of the offerings have something to sell, and derives their read model.
pub(crate) async fn update_in_stock(tx: &mut Conn, ids: &[OfferingId], in_stock: bool) -> QueryResult<()> {
    super::offerings::lock_all(tx, ids).await?;
    db::sql("UPDATE offerings SET in_stock = $1, browsable = browsable AND $1 WHERE id = ANY($2) AND in_stock <> $1")
        .bind::<diesel::sql_types::Bool, _>(in_stock)
        .bind::<Array<SqlUuid>, _>(ids)
        .execute(tx)
        .await?;
    db::sql(REFRESH.replace("{chosen}", "o.id = ANY($1)")).bind::<Array<SqlUuid>, _>(ids).execute(tx).await?;
    Ok(())
}
