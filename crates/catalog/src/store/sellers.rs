//! What the catalog knows of shops.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::UserId;

use crate::schema::sellers;
use crate::{Seller, SellerPlacement};

#[derive(Queryable, Selectable)]
#[diesel(table_name = sellers)]
struct SellerRow {
    vendor_id: UserId,
    name: String,
    slug: String,
    kind: String,
    lat: Option<f64>,
    lon: Option<f64>,
    reach: Vec<i32>,
    open: bool,
}

impl From<SellerRow> for Seller {
    fn from(row: SellerRow) -> Self {
        Self {
            vendor_id: row.vendor_id,
            name: row.name,
            slug: row.slug,
            kind: row.kind,
            place: row.lat.zip(row.lon),
            reach: row.reach,
            open: row.open,
        }
    }
}

pub(crate) async fn upsert(tx: &mut Conn, now: DateTime<Utc>, seller: &Seller) -> QueryResult<()> {
    diesel::insert_into(sellers::table)
        .values((
            sellers::vendor_id.eq(seller.vendor_id),
            sellers::name.eq(&seller.name),
            sellers::slug.eq(&seller.slug),
            sellers::kind.eq(&seller.kind),
            sellers::updated_at.eq(now),
        ))
        .on_conflict(sellers::vendor_id)
        .do_update()
        .set((
            sellers::name.eq(&seller.name),
            sellers::slug.eq(&seller.slug),
            sellers::kind.eq(&seller.kind),
            sellers::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Writes where the seller is, if that differs; false when nothing changed.
pub(crate) async fn update_placement(
    tx: &mut Conn,
    now: DateTime<Utc>,
    placement: &SellerPlacement,
) -> QueryResult<bool> {
    let (lat, lon) = placement.place.unzip();
    let differs = sellers::lat
        .is_distinct_from(lat)
        .or(sellers::lon.is_distinct_from(lon))
        .or(sellers::reach.ne(&placement.reach))
        .or(sellers::open.ne(placement.open));
    let changed = diesel::update(sellers::table.find(placement.vendor_id).filter(differs))
        .set((
            sellers::lat.eq(lat),
            sellers::lon.eq(lon),
            sellers::reach.eq(&placement.reach),
            sellers::open.eq(placement.open),
            sellers::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(changed == 1)
}

pub(crate) async fn find(conn: &mut Conn, vendor: UserId) -> QueryResult<Option<Seller>> {
    let row = sellers::table.find(vendor).select(SellerRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(Seller::from))
}

pub(crate) async fn list(conn: &mut Conn, after: Option<UserId>, limit: i64) -> QueryResult<Vec<Seller>> {
    let after = after.unwrap_or(UserId(uuid::Uuid::nil()));
    let next = sellers::table.filter(sellers::vendor_id.gt(after)).order(sellers::vendor_id).limit(limit);
    let rows: Vec<SellerRow> = next.select(SellerRow::as_select()).load(conn).await?;
    Ok(rows.into_iter().map(Seller::from).collect())
}

/// Keeps the sellers where they are until the transaction ends.
///
/// Whoever derives the read model of some offerings first holds their sellers with this, then locks
/// the offerings, each by ascending id; whoever moves a seller has the seller to themselves by that.
/// Else the one could derive from a place that the other is just leaving.
pub(crate) async fn hold_in_place(tx: &mut Conn, vendors: &[UserId]) -> QueryResult<()> {
    let held = sellers::table.filter(sellers::vendor_id.eq_any(vendors)).order(sellers::vendor_id);
    held.select(sellers::vendor_id).for_share().execute(tx).await?;
    Ok(())
}

pub(crate) async fn find_by_slug(conn: &mut Conn, slug: &str) -> QueryResult<Option<Seller>> {
    let by_slug = sellers::table.filter(sellers::slug.eq(slug).and(sellers::open));
    Ok(by_slug.select(SellerRow::as_select()).first(conn).await.optional()?.map(Seller::from))
}

#[derive(QueryableByName)]
struct VendorRow {
    #[diesel(sql_type = SqlUuid)]
    vendor_id: UserId,
}

/// Up to `limit` sellers after `after`, by id, that reach `center` now or lie in the box of latitudes
/// around it.
pub(crate) async fn list_near(
    conn: &mut Conn,
    center: i32,
    latitudes: (f64, f64),
    after: Option<UserId>,
    limit: i64,
) -> QueryResult<Vec<UserId>> {
    let after = after.unwrap_or(UserId(uuid::Uuid::nil()));
    let rows: Vec<VendorRow> = db::sql(
        "SELECT vendor_id FROM sellers WHERE vendor_id > $1 AND (reach && $2 OR lat BETWEEN $3 AND $4) \
         ORDER BY vendor_id LIMIT $5",
    )
    .bind::<SqlUuid, _>(after)
    .bind::<Array<Integer>, _>(vec![center])
    .bind::<Double, _>(latitudes.0)
    .bind::<Double, _>(latitudes.1)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.vendor_id).collect())
}
