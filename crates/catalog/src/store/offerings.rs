//! Offerings of every kind.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::dsl::SqlTypeOf;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{CategoryId, Currency, Limit, Money, NewestKey, OfferingId, PlantId, Quantity, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::schema::{listings, offerings, products};
use crate::store::unreadable;
use crate::{Detail, ForSale, ListingType, Offering, OfferingKind, SaleStatus, Unit};

#[derive(Queryable, Selectable)]
#[diesel(table_name = offerings)]
struct OfferingRow {
    id: OfferingId,
    vendor_id: UserId,
    category_id: Option<CategoryId>,
    title: String,
    description: Option<String>,
    unit: String,
    price_minor: i64,
    status: String,
    hidden: bool,
    hidden_reason: Option<String>,
    published_at: Option<DateTime<Utc>>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    pictures: Value,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = listings)]
struct ListingRow {
    plant_id: PlantId,
    listing_type: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = products)]
struct ProductRow {
    sku: String,
    reorder_threshold: Quantity,
}

type Row = (OfferingRow, Option<ListingRow>, Option<ProductRow>);
type RowOfShop = (OfferingRow, Option<ListingRow>, Option<ProductRow>, String, String);
type ColumnsOf<Row> = SqlTypeOf<<Row as Selectable<Pg>>::SelectExpression>;
type ColumnsOfShop =
    (ColumnsOf<OfferingRow>, Nullable<ColumnsOf<ListingRow>>, Nullable<ColumnsOf<ProductRow>>, Text, Text);

fn offering((row, listing, product): Row) -> QueryResult<Offering> {
    let detail = match (listing, product) {
        (Some(listing), _) => Detail::Listing {
            plant_id: listing.plant_id,
            listing_type: ListingType::from_word(&listing.listing_type)
                .ok_or_else(|| unreadable(&listing.listing_type))?,
        },
        (None, Some(product)) => {
            Detail::Product { sku: product.sku, reorder_threshold: product.reorder_threshold }
        }
        (None, None) => return Err(unreadable("an offering of no kind")),
    };
    Ok(Offering {
        id: row.id,
        vendor_id: row.vendor_id,
        category_id: row.category_id,
        title: row.title,
        description: row.description,
        unit: Unit::from_word(&row.unit).ok_or_else(|| unreadable(&row.unit))?,
        price: Money::new(row.price_minor, Currency::Usd),
        status: SaleStatus::from_word(&row.status).ok_or_else(|| unreadable(&row.status))?,
        hidden: row.hidden,
        hidden_reason: row.hidden_reason,
        detail,
        pictures: row.pictures,
        published_at: row.published_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// Offerings that have not been removed, with what is special to their kind.
macro_rules! live_offerings {
    () => {
        offerings::table
            .left_join(listings::table)
            .left_join(products::table)
            .filter(offerings::deleted_at.is_null())
            .select((
                OfferingRow::as_select(),
                Option::<ListingRow>::as_select(),
                Option::<ProductRow>::as_select(),
            ))
    };
}

pub(crate) async fn insert(tx: &mut Conn, new: &Offering, in_stock: bool) -> QueryResult<()> {
    diesel::insert_into(offerings::table)
        .values((
            offerings::id.eq(new.id),
            offerings::kind.eq(new.detail.kind().as_str()),
            offerings::vendor_id.eq(new.vendor_id),
            offerings::category_id.eq(new.category_id),
            offerings::title.eq(&new.title),
            offerings::description.eq(&new.description),
            offerings::unit.eq(new.unit.as_str()),
            offerings::price_minor.eq(new.price.amount),
            offerings::currency.eq(new.price.currency.code()),
            offerings::status.eq(new.status.as_str()),
            offerings::in_stock.eq(in_stock),
            offerings::published_at.eq(new.published_at),
            offerings::created_at.eq(new.created_at),
            offerings::updated_at.eq(new.updated_at),
        ))
        .execute(tx)
        .await?;
    insert_detail(tx, new).await
}

async fn insert_detail(tx: &mut Conn, new: &Offering) -> QueryResult<()> {
    match &new.detail {
        Detail::Listing { plant_id, listing_type } => {
            diesel::insert_into(listings::table)
                .values((
                    listings::offering_id.eq(new.id),
                    listings::plant_id.eq(plant_id),
                    listings::listing_type.eq(listing_type.as_str()),
                ))
                .execute(tx)
                .await?;
        }
        Detail::Product { sku, reorder_threshold } => {
            diesel::insert_into(products::table)
                .values((
                    products::offering_id.eq(new.id),
                    products::vendor_id.eq(new.vendor_id),
                    products::sku.eq(sku),
                    products::reorder_threshold.eq(reorder_threshold),
                ))
                .execute(tx)
                .await?;
        }
    }
    Ok(())
}

/// Writes everything of an offering that can change.
pub(crate) async fn update(tx: &mut Conn, changed: &Offering) -> QueryResult<()> {
    diesel::update(offerings::table.find(changed.id))
        .set((
            offerings::category_id.eq(changed.category_id),
            offerings::title.eq(&changed.title),
            offerings::description.eq(&changed.description),
            offerings::price_minor.eq(changed.price.amount),
            offerings::status.eq(changed.status.as_str()),
            offerings::hidden.eq(changed.hidden),
            offerings::hidden_reason.eq(&changed.hidden_reason),
            offerings::published_at.eq(changed.published_at),
            offerings::version.eq(changed.version),
            offerings::updated_at.eq(changed.updated_at),
            // The row's rule must hold now; the read model is derived right after.
            offerings::browsable.eq(false),
        ))
        .execute(tx)
        .await?;
    if let Detail::Product { sku, reorder_threshold } = &changed.detail {
        diesel::update(products::table.find(changed.id))
            .set((products::sku.eq(sku), products::reorder_threshold.eq(reorder_threshold)))
            .execute(tx)
            .await?;
    }
    Ok(())
}

pub(crate) async fn mark_deleted(tx: &mut Conn, id: OfferingId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(offerings::table.find(id))
        .set((
            offerings::deleted_at.eq(now),
            offerings::browsable.eq(false),
            // What nobody can find keeps no category from being removed.
            offerings::category_id.eq(None::<CategoryId>),
        ))
        .execute(tx)
        .await?;
    // Frees the SKU; orders keep what they need of the product in their own lines.
    diesel::delete(products::table.find(id)).execute(tx).await?;
    Ok(())
}

/// Writes what is shown of an offering's pictures.
pub(crate) async fn update_pictures(tx: &mut Conn, id: OfferingId, pictures: &Value) -> QueryResult<()> {
    let differs = offerings::pictures.ne(pictures);
    let row = offerings::table.find(id).filter(differs);
    diesel::update(row).set(offerings::pictures.eq(pictures)).execute(tx).await?;
    Ok(())
}

/// What is shown of the pictures of those that are not removed.
pub(crate) async fn pictures_of(
    conn: &mut Conn,
    ids: &[OfferingId],
) -> QueryResult<Vec<(OfferingId, Value)>> {
    offerings::table
        .filter(offerings::id.eq_any(ids).and(offerings::deleted_at.is_null()))
        .select((offerings::id, offerings::pictures))
        .load(conn)
        .await
}

/// Offerings that are not removed and show pictures, in the order of their ids.
pub(crate) async fn list_showing_pictures(
    conn: &mut Conn,
    after: Option<OfferingId>,
    limit: i64,
) -> QueryResult<Vec<OfferingId>> {
    offerings::table
        .filter(offerings::deleted_at.is_null().and(offerings::pictures.ne(json!([]))))
        .filter(offerings::id.gt(after.unwrap_or(OfferingId(Uuid::nil()))))
        .select(offerings::id)
        .order(offerings::id)
        .limit(limit)
        .load(conn)
        .await
}

/// Locks the offering and holds its seller in place, so that what is decided about it stays true.
pub(crate) async fn lock(tx: &mut Conn, id: OfferingId) -> QueryResult<Option<Offering>> {
    lock_all(tx, &[id]).await?;
    find(tx, id).await
}

/// Locks the offerings and holds their sellers in place, in the order that
/// [`hold_in_place`](super::sellers::hold_in_place) asks for.
pub(crate) async fn lock_all(tx: &mut Conn, ids: &[OfferingId]) -> QueryResult<()> {
    // A vendor never changes, so this may be read before anything is locked.
    let vendors: Vec<UserId> =
        offerings::table.filter(offerings::id.eq_any(ids)).select(offerings::vendor_id).load(tx).await?;
    super::sellers::hold_in_place(tx, &vendors).await?;
    // Checkouts that refer to the offering need not wait for its vendor.
    let locked = offerings::table.filter(offerings::id.eq_any(ids)).order(offerings::id);
    locked.select(offerings::id).for_no_key_update().execute(tx).await?;
    Ok(())
}

pub(crate) async fn find(conn: &mut Conn, id: OfferingId) -> QueryResult<Option<Offering>> {
    let row: Option<Row> = live_offerings!().filter(offerings::id.eq(id)).first(conn).await.optional()?;
    row.map(offering).transpose()
}

/// An offering that the public may see, with the shop's name and slug.
pub(crate) async fn find_public(
    mut conn: &Conn,
    id: OfferingId,
) -> QueryResult<Option<(Offering, String, String)>> {
    // By hand: the page of an offering is asked for so often that building its text each time would tell.
    let row: Option<RowOfShop> = db::sql(
        "SELECT o.id, o.vendor_id, o.category_id, o.title, o.description, o.unit, o.price_minor, o.status, o.hidden, \
         o.hidden_reason, o.published_at, o.version, o.created_at, o.updated_at, o.pictures, l.plant_id, l.type, \
         p.sku, p.reorder_threshold, s.name, s.slug \
         FROM offerings o JOIN sellers s ON s.vendor_id = o.vendor_id \
         LEFT JOIN listings l ON l.offering_id = o.id LEFT JOIN products p ON p.offering_id = o.id \
         WHERE o.id = $1 AND o.deleted_at IS NULL AND o.status <> 'draft' AND NOT o.hidden AND s.open",
    )
    .bind::<SqlUuid, _>(id)
    .returning::<ColumnsOfShop>()
    .get_result(&mut conn)
    .await
    .optional()?;
    row.map(|(row, listing, product, name, slug)| {
        offering((row, listing, product)).map(|offering| (offering, name, slug))
    })
    .transpose()
}

/// A vendor's offerings, newest first; `public` leaves out what customers may not see.
pub(crate) async fn list_of(
    conn: &mut Conn,
    vendor: UserId,
    kind: Option<OfferingKind>,
    public: bool,
    after: Option<NewestKey>,
    limit: Limit,
) -> QueryResult<Vec<Offering>> {
    let mut query = live_offerings!()
        .filter(offerings::vendor_id.eq(vendor))
        .order((offerings::created_at.desc(), offerings::id.desc()))
        .limit(limit.with_lookahead())
        .into_boxed();
    if let Some(kind) = kind {
        query = query.filter(offerings::kind.eq(kind.as_str()));
    }
    if public {
        query = query.filter(offerings::status.eq("active").and(offerings::hidden.eq(false)));
    }
    if let Some(key) = after {
        let id = OfferingId(key.id);
        query = query.filter(
            offerings::created_at.lt(key.at).or(offerings::created_at.eq(key.at).and(offerings::id.lt(id))),
        );
    }
    let rows: Vec<Row> = query.load(conn).await?;
    rows.into_iter().map(offering).collect()
}

/// How many browsable offerings were published at or after `since`: a range of one index.
pub(crate) async fn count_published(conn: &mut Conn, since: DateTime<Utc>) -> QueryResult<i64> {
    offerings::table
        .filter(offerings::browsable.and(offerings::published_at.ge(since)))
        .count()
        .get_result(conn)
        .await
}

#[derive(Queryable)]
struct ForSaleRow {
    id: OfferingId,
    kind: String,
    vendor_id: UserId,
    vendor_name: String,
    title: String,
    unit: String,
    price_minor: i64,
    on_sale: bool,
    lat: Option<f64>,
    lon: Option<f64>,
    reach: Vec<i32>,
}

type ForSaleColumns = (
    SqlUuid,
    Text,
    SqlUuid,
    Text,
    Text,
    Text,
    BigInt,
    Bool,
    Nullable<Double>,
    Nullable<Double>,
    Array<Integer>,
);

/// What a checkout needs of the offerings, in one statement; unknown ids are absent.
pub(crate) async fn load_for_sale(mut conn: &Conn, ids: &[OfferingId]) -> QueryResult<Vec<ForSale>> {
    let rows: Vec<ForSaleRow> = db::sql(
        "SELECT o.id, o.kind, o.vendor_id, s.name, o.title, o.unit, o.price_minor, \
         o.status = 'active' AND NOT o.hidden AND o.deleted_at IS NULL AND s.open, s.lat, s.lon, s.reach \
         FROM offerings o JOIN sellers s ON s.vendor_id = o.vendor_id WHERE o.id = ANY($1)",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .returning::<ForSaleColumns>()
    .load(&mut conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ForSale {
                id: row.id,
                kind: OfferingKind::from_word(&row.kind).ok_or_else(|| unreadable(&row.kind))?,
                vendor_id: row.vendor_id,
                vendor_name: row.vendor_name,
                title: row.title,
                unit: Unit::from_word(&row.unit).ok_or_else(|| unreadable(&row.unit))?,
                price: Money::new(row.price_minor, Currency::Usd),
                on_sale: row.on_sale,
                place: row.lat.zip(row.lon),
                reach: row.reach,
            })
        })
        .collect()
}
