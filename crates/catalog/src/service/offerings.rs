//! A vendor's offerings, and what admins and checkouts do with them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{
    Actor, CategoryId, Currency, FieldError, Fields, InvalidCode, Limit, Money, NewestKey, OfferingId, Page,
    PlantId, Quantity, TextRule, UserId,
};
use outbox::Event;
use reservations::PoolKind;
use serde_json::{Value, json};

use crate::publish::may_publish;
use crate::service::{expect_gardener, expect_version};
use crate::{
    CatalogError, Detail, ForSale, ListingType, Offering, OfferingKind, SaleStatus, Seller, Unit, store,
};

const TITLE: TextRule = TextRule::line(1, 160);
const DESCRIPTION: TextRule = TextRule::prose(4000);
const SKU: TextRule = TextRule::line(1, 64);
/// A million of the major unit.
const HIGHEST_PRICE: i64 = 100_000_000;

/// What a gardener says of a new listing.
#[derive(Clone, Debug)]
pub struct CreateListing {
    /// The plant it is of.
    pub plant_id: PlantId,
    /// The part that is offered.
    pub listing_type: ListingType,
    /// Its title; the plant's name unless given.
    pub title: Option<String>,
    /// More about it.
    pub description: Option<String>,
    /// Where it is filed.
    pub category_id: Option<CategoryId>,
    /// The unit of price and quantity.
    pub unit: Unit,
    /// The price of one unit.
    pub price: Money,
    /// How much there is.
    pub quantity_available: Quantity,
    /// Whether it goes on sale at once.
    pub publish: bool,
}

/// What a vendor says of a new product.
#[derive(Clone, Debug)]
pub struct CreateProduct {
    /// The vendor's own number for it.
    pub sku: String,
    /// Its title.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// Where it is filed.
    pub category_id: Option<CategoryId>,
    /// The price of one piece.
    pub price: Money,
    /// How many pieces there are.
    pub stock_quantity: Quantity,
    /// At or below this the vendor should make more.
    pub reorder_threshold: Quantity,
    /// Whether it goes on sale at once.
    pub publish: bool,
}

/// What shall be different about an offering; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct OfferingChange {
    /// A new title.
    pub title: Option<String>,
    /// A new description; the empty text removes it.
    pub description: Option<String>,
    /// Another category, or none.
    pub category_id: Option<Option<CategoryId>>,
    /// A new price, from the next checkout on.
    pub price: Option<Money>,
    /// A new SKU, of a product.
    pub sku: Option<String>,
    /// A new threshold, of a product.
    pub reorder_threshold: Option<Quantity>,
}

/// Makes a listing of one of the gardener's plants.
pub async fn create_listing(
    tx: &mut Conn,
    now: DateTime<Utc>,
    gardener: UserId,
    draft: &CreateListing,
) -> Result<Offering, CatalogError> {
    let seller = hold_seller(tx, gardener).await?;
    expect_gardener(&seller)?;
    // Locked, so that it is not removed meanwhile.
    let plant = store::plants::lock_of(tx, gardener, draft.plant_id).await?;
    let plant = plant.ok_or_else(|| {
        CatalogError::from(FieldError::new(InvalidCode::Unknown, "none of your plants").at("plant_id"))
    })?;
    let mut fields = Fields::default();
    let title = fields.take("title", TITLE.read(draft.title.as_deref().unwrap_or(&plant.name)));
    let description = fields.take("description", DESCRIPTION.read_optional(draft.description.as_deref()));
    fields.take("price", read_price(draft.price));
    fields.take("quantity_available", draft.unit.accept(draft.quantity_available));
    fields.finish()?;
    let offering = Offering {
        id: OfferingId::new(),
        vendor_id: gardener,
        category_id: draft.category_id,
        title: title.unwrap_or_default(),
        description: description.flatten(),
        unit: draft.unit,
        price: draft.price,
        status: SaleStatus::Draft,
        hidden: false,
        hidden_reason: None,
        detail: Detail::Listing { plant_id: plant.id, listing_type: draft.listing_type },
        pictures: json!([]),
        published_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    create(tx, now, offering, &seller, draft.quantity_available, draft.publish).await
}

/// Makes a product.
pub async fn create_product(
    tx: &mut Conn,
    now: DateTime<Utc>,
    vendor: UserId,
    draft: &CreateProduct,
) -> Result<Offering, CatalogError> {
    let seller = hold_seller(tx, vendor).await?;
    let mut fields = Fields::default();
    let sku = fields.take("sku", SKU.read(&draft.sku));
    let title = fields.take("title", TITLE.read(&draft.title));
    let description = fields.take("description", DESCRIPTION.read_optional(draft.description.as_deref()));
    fields.take("price", read_price(draft.price));
    fields.take("stock_quantity", Unit::Each.accept(draft.stock_quantity));
    fields.take("reorder_threshold", Unit::Each.accept(draft.reorder_threshold));
    fields.finish()?;
    let offering = Offering {
        id: OfferingId::new(),
        vendor_id: vendor,
        category_id: draft.category_id,
        title: title.unwrap_or_default(),
        description: description.flatten(),
        unit: Unit::Each,
        price: draft.price,
        status: SaleStatus::Draft,
        hidden: false,
        hidden_reason: None,
        detail: Detail::Product { sku: sku.unwrap_or_default(), reorder_threshold: draft.reorder_threshold },
        pictures: json!([]),
        published_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    create(tx, now, offering, &seller, draft.stock_quantity, draft.publish).await
}

async fn create(
    tx: &mut Conn,
    now: DateTime<Utc>,
    mut offering: Offering,
    seller: &Seller,
    stock: Quantity,
    publish: bool,
) -> Result<Offering, CatalogError> {
    if publish {
        put_on_sale(&mut offering, seller, now)?;
    }
    let actor = Actor::from(offering.vendor_id);
    let inserted = store::offerings::insert(tx, &offering, stock > Quantity::ZERO).await;
    inserted.map_err(CatalogError::of_writing("category_id"))?;
    reservations::ensure_pool(tx, now, actor, offering.id.into(), PoolKind::Stock, stock).await?;
    store::reach::refresh_offering(tx, offering.id).await?;
    announce(tx, now, actor, "offering.created", &offering).await?;
    Ok(offering)
}

/// Changes what is said of a vendor's offering that has not changed since `expected_version`.
pub async fn change_offering(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    vendor: UserId,
    id: OfferingId,
    expected_version: i32,
    change: &OfferingChange,
) -> Result<Offering, CatalogError> {
    let mut offering = lock_own(tx, vendor, id).await?;
    expect_version(expected_version, offering.version)?;
    apply(&mut offering, change)?;
    save(tx, now, actor, "offering.changed", offering).await
}

/// Puts an offering on sale; doing it twice does nothing the second time, but to say what keeps it from being found.
pub async fn publish_offering(
    tx: &mut Conn,
    now: DateTime<Utc>,
    vendor: UserId,
    id: OfferingId,
) -> Result<Offering, CatalogError> {
    let mut offering = lock_own(tx, vendor, id).await?;
    let seller = seller_of(tx, vendor).await?;
    if offering.status == SaleStatus::Active {
        may_publish(offering.detail.kind(), &seller)?;
        return Ok(offering);
    }
    put_on_sale(&mut offering, &seller, now)?;
    save(tx, now, vendor.into(), "offering.published", offering).await
}

/// Takes an offering off sale for now; a draft stays a draft.
pub async fn pause_offering(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    vendor: UserId,
    id: OfferingId,
) -> Result<Offering, CatalogError> {
    let mut offering = lock_own(tx, vendor, id).await?;
    if offering.status != SaleStatus::Active {
        return Ok(offering);
    }
    offering.status = SaleStatus::Paused;
    save(tx, now, actor, "offering.paused", offering).await
}

/// Removes an offering. Orders of it go on.
pub async fn remove_offering(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    vendor: UserId,
    id: OfferingId,
) -> Result<(), CatalogError> {
    let offering = lock_own(tx, vendor, id).await?;
    store::offerings::mark_deleted(tx, id, now).await?;
    store::reach::refresh_offering(tx, id).await?;
    announce(tx, now, actor, "offering.removed", &offering).await
}

/// Hides an offering from the public, by an admin.
pub async fn hide_offering(
    tx: &mut Conn,
    now: DateTime<Utc>,
    admin: UserId,
    id: OfferingId,
    reason: &str,
) -> Result<Offering, CatalogError> {
    let reason = TextRule::line(3, 500).read(reason).map_err(|error| error.at("reason"))?;
    let mut offering = lock_any(tx, id).await?;
    offering.hidden = true;
    offering.hidden_reason = Some(reason);
    save(tx, now, admin.into(), "offering.hidden", offering).await
}

/// Shows a hidden offering again, by an admin.
pub async fn unhide_offering(
    tx: &mut Conn,
    now: DateTime<Utc>,
    admin: UserId,
    id: OfferingId,
) -> Result<Offering, CatalogError> {
    let mut offering = lock_any(tx, id).await?;
    offering.hidden = false;
    offering.hidden_reason = None;
    save(tx, now, admin.into(), "offering.shown", offering).await
}

/// Records which offerings have something to sell, as the stock's events tell.
pub async fn set_in_stock(tx: &mut Conn, ids: &[OfferingId], in_stock: bool) -> Result<(), CatalogError> {
    Ok(store::reach::update_in_stock(tx, ids, in_stock).await?)
}

/// One of the vendor's offerings, which nobody else changes until the transaction ends.
pub async fn hold_own_offering(
    tx: &mut Conn,
    vendor: UserId,
    id: OfferingId,
) -> Result<Offering, CatalogError> {
    lock_own(tx, vendor, id).await
}

/// Has nobody else change an offering until the transaction ends, removed or not.
pub async fn hold_offering(tx: &mut Conn, id: OfferingId) -> Result<(), CatalogError> {
    Ok(store::offerings::lock_all(tx, &[id]).await?)
}

/// Writes what is shown of an offering's pictures: a list, in order, whose items the catalog keeps as they are. The
/// offering is held by the caller, who so decides which of two writes is the later one.
pub async fn show_pictures(tx: &mut Conn, id: OfferingId, pictures: &Value) -> Result<(), CatalogError> {
    Ok(store::offerings::update_pictures(tx, id, pictures).await?)
}

/// What is shown of these offerings' pictures, of those that are not removed.
pub async fn pictures_of(
    conn: &mut Conn,
    ids: &[OfferingId],
) -> Result<HashMap<OfferingId, Value>, CatalogError> {
    Ok(store::offerings::pictures_of(conn, ids).await?.into_iter().collect())
}

/// Up to `limit` offerings of whose pictures something is shown, in the order of their ids, after `after`.
pub async fn list_showing_pictures(
    conn: &mut Conn,
    after: Option<OfferingId>,
    limit: i64,
) -> Result<Vec<OfferingId>, CatalogError> {
    Ok(store::offerings::list_showing_pictures(conn, after, limit).await?)
}

/// One of the vendor's offerings, whatever its status.
pub async fn find_own_offering(
    conn: &mut Conn,
    vendor: UserId,
    id: OfferingId,
) -> Result<Offering, CatalogError> {
    let offering = store::offerings::find(conn, id).await?;
    offering.filter(|offering| offering.vendor_id == vendor).ok_or(CatalogError::NotFound("offering"))
}

/// The vendor's offerings, newest first.
pub async fn list_own_offerings(
    conn: &mut Conn,
    vendor: UserId,
    kind: Option<OfferingKind>,
    after: Option<NewestKey>,
    limit: Limit,
) -> Result<Page<Offering, NewestKey>, CatalogError> {
    let rows = store::offerings::list_of(conn, vendor, kind, false, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, |o| NewestKey { at: o.created_at, id: o.id.0 }))
}

/// How many of the offerings that can be browsed now were put on sale at or after `since`.
pub async fn count_published(conn: &mut Conn, since: DateTime<Utc>) -> Result<i64, CatalogError> {
    Ok(store::offerings::count_published(conn, since).await?)
}

/// What a cart or a checkout needs of the offerings, in one statement; unknown ids are absent.
pub async fn load_for_sale(conn: &Conn, ids: &[OfferingId]) -> Result<Vec<ForSale>, CatalogError> {
    Ok(store::offerings::load_for_sale(conn, ids).await?)
}

fn put_on_sale(offering: &mut Offering, seller: &Seller, now: DateTime<Utc>) -> Result<(), CatalogError> {
    may_publish(offering.detail.kind(), seller)?;
    offering.status = SaleStatus::Active;
    offering.published_at.get_or_insert(now);
    Ok(())
}

fn apply(offering: &mut Offering, change: &OfferingChange) -> Result<(), CatalogError> {
    let mut fields = Fields::default();
    if let Some(title) = change.title.as_deref().and_then(|text| fields.take("title", TITLE.read(text))) {
        offering.title = title;
    }
    if let Some(text) = change.description.as_deref() {
        let read = fields.take("description", DESCRIPTION.read_optional(Some(text)));
        offering.description = read.flatten();
    }
    if let Some(price) = change.price.and_then(|price| fields.take("price", read_price(price))) {
        offering.price = price;
    }
    offering.category_id = change.category_id.unwrap_or(offering.category_id);
    match &mut offering.detail {
        Detail::Product { sku, reorder_threshold } => {
            if let Some(new) = change.sku.as_deref().and_then(|text| fields.take("sku", SKU.read(text))) {
                *sku = new;
            }
            let threshold = change.reorder_threshold.map(|amount| Unit::Each.accept(amount));
            if let Some(new) = threshold.and_then(|read| fields.take("reorder_threshold", read)) {
                *reorder_threshold = new;
            }
        }
        Detail::Listing { .. } => {
            for (field, given) in
                [("sku", change.sku.is_some()), ("reorder_threshold", change.reorder_threshold.is_some())]
            {
                if given {
                    fields.refuse(field, InvalidCode::NotAllowed, "only a product has this");
                }
            }
        }
    }
    Ok(fields.finish()?)
}

async fn save(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    kind: &'static str,
    mut offering: Offering,
) -> Result<Offering, CatalogError> {
    offering.version += 1;
    offering.updated_at = now;
    store::offerings::update(tx, &offering).await.map_err(CatalogError::of_writing("category_id"))?;
    store::reach::refresh_offering(tx, offering.id).await?;
    announce(tx, now, actor, kind, &offering).await?;
    Ok(offering)
}

async fn announce(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    kind: &'static str,
    offering: &Offering,
) -> Result<(), CatalogError> {
    let data = json!({
        "kind": offering.detail.kind().as_str(),
        "vendor_id": offering.vendor_id,
        "status": offering.status.as_str(),
    });
    let event = Event { kind, subject_type: "offering", subject_id: offering.id.0, actor, data };
    Ok(outbox::emit(tx, now, event).await?)
}

/// The seller, who stays where they are until the transaction ends.
async fn hold_seller(tx: &mut Conn, vendor: UserId) -> Result<Seller, CatalogError> {
    store::sellers::hold_in_place(tx, &[vendor]).await?;
    seller_of(tx, vendor).await
}

async fn seller_of(tx: &mut Conn, vendor: UserId) -> Result<Seller, CatalogError> {
    store::sellers::find(tx, vendor).await?.ok_or(CatalogError::NotAVendor)
}

async fn lock_any(tx: &mut Conn, id: OfferingId) -> Result<Offering, CatalogError> {
    store::offerings::lock(tx, id).await?.ok_or(CatalogError::NotFound("offering"))
}

async fn lock_own(tx: &mut Conn, vendor: UserId, id: OfferingId) -> Result<Offering, CatalogError> {
    let offering = lock_any(tx, id).await?;
    if offering.vendor_id == vendor { Ok(offering) } else { Err(CatalogError::NotFound("offering")) }
}

fn read_price(price: Money) -> Result<Money, FieldError> {
    if price.currency != Currency::Usd {
        return Err(FieldError::new(InvalidCode::NotAllowed, "must be in USD"));
    }
    match price.amount {
        1..=HIGHEST_PRICE => Ok(price),
        ..=0 => Err(FieldError::new(InvalidCode::TooSmall, "must be at least 1 cent")),
        _ => Err(FieldError::new(InvalidCode::TooLarge, "must be at most 100000000 cents")),
    }
}
