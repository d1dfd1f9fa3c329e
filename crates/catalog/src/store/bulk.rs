//! A whole catalog in a few statements, whose texts do not depend on how much there is.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{OfferingId, PlantId, Quantity, UserId};

use crate::service::bulk::StockedOffering;
use crate::{Detail, ListingType, Plant, Seller};

/// The tables with many rows and many indexes.
pub(crate) const TABLES: [&str; 2] = ["offering_reach", "offerings"];
/// Between the items of a list that travels as one text: arrays of arrays must all be of one length.
const SEPARATOR: &str = "\u{1f}";

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

pub(crate) async fn insert_sellers(tx: &mut Conn, now: DateTime<Utc>, sellers: &[Seller]) -> QueryResult<()> {
    let reaches = sellers.iter().map(|seller| {
        let numbers: Vec<String> = seller.reach.iter().map(ToString::to_string).collect();
        numbers.join(SEPARATOR)
    });
    sql("INSERT INTO sellers (updated_at, vendor_id, name, slug, kind, lat, lon, reach) \
         SELECT $1, vendor_id, name, slug, kind, lat, lon, string_to_array(reach, E'\\x1f')::integer[] \
         FROM unnest($2, $3, $4, $5, $6, $7, $8) AS new(vendor_id, name, slug, kind, lat, lon, reach)")
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(column(sellers, |seller| seller.vendor_id))
    .bind::<Array<Text>, _>(column(sellers, |seller| seller.name.as_str()))
    .bind::<Array<Text>, _>(column(sellers, |seller| seller.slug.as_str()))
    .bind::<Array<Text>, _>(column(sellers, |seller| seller.kind.as_str()))
    .bind::<Array<Nullable<Double>>, _>(column(sellers, |seller| seller.place.map(|place| place.0)))
    .bind::<Array<Nullable<Double>>, _>(column(sellers, |seller| seller.place.map(|place| place.1)))
    .bind::<Array<Text>, _>(reaches.collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert_plants(tx: &mut Conn, plants: &[Plant]) -> QueryResult<()> {
    sql("INSERT INTO plants (id, gardener_id, name, species, description, tags, version, created_at, updated_at) \
         SELECT id, gardener_id, name, species, description, string_to_array(tags, E'\\x1f'), version, created_at, updated_at \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) \
              AS new(id, gardener_id, name, species, description, tags, version, created_at, updated_at)")
    .bind::<Array<SqlUuid>, _>(column(plants, |plant| plant.id))
    .bind::<Array<SqlUuid>, _>(column(plants, |plant| plant.gardener_id))
    .bind::<Array<Text>, _>(column(plants, |plant| plant.name.as_str()))
    .bind::<Array<Nullable<Text>>, _>(column(plants, |plant| plant.species.as_deref()))
    .bind::<Array<Nullable<Text>>, _>(column(plants, |plant| plant.description.as_deref()))
    .bind::<Array<Text>, _>(column(plants, |plant| plant.tags.join(SEPARATOR)))
    .bind::<Array<Integer>, _>(column(plants, |plant| plant.version))
    .bind::<Array<Timestamptz>, _>(column(plants, |plant| plant.created_at))
    .bind::<Array<Timestamptz>, _>(column(plants, |plant| plant.updated_at))
    .execute(tx)
    .await?;
    Ok(())
}

/// Inserts offerings, none of them hidden, with what is special to their kinds and their read model.
pub(crate) async fn insert_offerings(tx: &mut Conn, batch: &[StockedOffering]) -> QueryResult<()> {
    sql(concat!(
        "WITH new AS (SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ",
        "AS new(id, kind, vendor_id, category_id, title, description, unit, price_minor, currency, status, in_stock, ",
        "published_at, created_at, updated_at)), ",
        "made AS (INSERT INTO offerings (id, kind, vendor_id, category_id, title, description, unit, price_minor, currency, ",
        "status, in_stock, published_at, created_at, updated_at, reach, browsable) ",
        "SELECT new.id, new.kind, new.vendor_id, category_id, title, description, unit, price_minor, currency, ",
        "status, in_stock, published_at, created_at, new.updated_at, s.reach, ",
        "status = 'active' AND in_stock AND s.open AND (new.kind = 'product' OR cardinality(s.reach) > 0) ",
        "FROM new JOIN sellers s ON s.vendor_id = new.vendor_id ORDER BY new.id ",
        "RETURNING id, kind, category_id, price_minor, published_at, reach, browsable) ",
        "INSERT INTO offering_reach (offering_id, center_number, kind, category_id, price_minor, published_at) ",
        "SELECT id, center.number, kind, category_id, price_minor, published_at ",
        "FROM made CROSS JOIN LATERAL unnest(made.reach) AS center(number) WHERE made.browsable",
    ))
    .bind::<Array<SqlUuid>, _>(column(batch, StockedOffering::id))
    .bind::<Array<Text>, _>(column(batch, |new| new.offering.detail.kind().as_str()))
    .bind::<Array<SqlUuid>, _>(column(batch, |new| new.offering.vendor_id))
    .bind::<Array<Nullable<SqlUuid>>, _>(column(batch, |new| new.offering.category_id))
    .bind::<Array<Text>, _>(column(batch, |new| new.offering.title.as_str()))
    .bind::<Array<Nullable<Text>>, _>(column(batch, |new| new.offering.description.as_deref()))
    .bind::<Array<Text>, _>(column(batch, |new| new.offering.unit.as_str()))
    .bind::<Array<BigInt>, _>(column(batch, |new| new.offering.price.amount))
    .bind::<Array<Text>, _>(column(batch, |new| new.offering.price.currency.code()))
    .bind::<Array<Text>, _>(column(batch, |new| new.offering.status.as_str()))
    .bind::<Array<Bool>, _>(column(batch, |new| new.stock > Quantity::ZERO))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(batch, |new| new.offering.published_at))
    .bind::<Array<Timestamptz>, _>(column(batch, |new| new.offering.created_at))
    .bind::<Array<Timestamptz>, _>(column(batch, |new| new.offering.updated_at))
    .execute(tx)
    .await?;
    insert_details(tx, batch).await
}

async fn insert_details(tx: &mut Conn, batch: &[StockedOffering]) -> QueryResult<()> {
    let mut listings: Vec<(OfferingId, PlantId, ListingType)> = Vec::new();
    let mut products: Vec<(OfferingId, UserId, &str, Quantity)> = Vec::new();
    for new in batch {
        match &new.offering.detail {
            Detail::Listing { plant_id, listing_type } => listings.push((new.id(), *plant_id, *listing_type)),
            Detail::Product { sku, reorder_threshold } => {
                products.push((new.id(), new.offering.vendor_id, sku, *reorder_threshold));
            }
        }
    }
    sql("INSERT INTO listings (offering_id, plant_id, type) SELECT * FROM unnest($1, $2, $3)")
        .bind::<Array<SqlUuid>, _>(column(&listings, |listing| listing.0))
        .bind::<Array<SqlUuid>, _>(column(&listings, |listing| listing.1))
        .bind::<Array<Text>, _>(column(&listings, |listing| listing.2.as_str()))
        .execute(tx)
        .await?;
    sql("INSERT INTO products (offering_id, vendor_id, sku, reorder_threshold) SELECT * FROM unnest($1, $2, $3, $4)")
        .bind::<Array<SqlUuid>, _>(column(&products, |product| product.0))
        .bind::<Array<SqlUuid>, _>(column(&products, |product| product.1))
        .bind::<Array<Text>, _>(column(&products, |product| product.2))
        .bind::<Array<BigInt>, _>(column(&products, |product| product.3))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn count_offerings_of(conn: &mut Conn, vendors: &[UserId]) -> QueryResult<i64> {
    let row: Count = sql("SELECT count(*) FROM offerings WHERE vendor_id = ANY($1) AND deleted_at IS NULL")
        .bind::<Array<SqlUuid>, _>(vendors)
        .get_result(conn)
        .await?;
    Ok(row.count)
}

fn column<'a, Row, Value>(rows: &'a [Row], value: impl Fn(&'a Row) -> Value) -> Vec<Value> {
    rows.iter().map(value).collect()
}
