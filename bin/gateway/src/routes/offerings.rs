//! Offerings one by one. Listings and products share one id space, so `/listings/{id}`, `/products/{id}` and
//! `/offerings/{id}` are three addresses of one resource; what is a vendor's own is under `/vendor`.

use std::collections::HashMap;

use actix_web::http::header;
use catalog::{Detail, Offering, OfferingKind, SaleStatus, Seller};
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{CategoryId, Fields, Money, OfferingId, PoolId, Quantity, UserId};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use reservations::Availability;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::picture_views::PictureView;
use super::{browse, listings, products};
use crate::extract::{Body, Id, IfMatch, IfNoneMatch, Params, Principal, Segment, etag_of};
use crate::wire::{MoneyBody, MoneyView, PageView, Paging, Patch, quantity_text};
use crate::{Answer, AppState, NoContent, Ok200, Problem};

/// A shop in a few words.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct VendorBriefView {
    /// The vendor's id.
    pub id: Uuid,
    /// The shop's name.
    pub name: String,
    /// The shop's name in addresses.
    pub slug: String,
}

/// An offering as customers see it.
#[derive(Debug, Serialize, Apiv2Schema)]
struct OfferingView {
    /// Its id.
    id: Uuid,
    /// `listing` (picked up at a center) or `product` (ships).
    kind: String,
    /// The part of the plant, for a listing. One of `CLIPPING`, `SEEDS` or `PRODUCE`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    listing_type: Option<String>,
    /// What it is called.
    title: String,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The unit of price and quantity. One of `each`, `gram`, `lb` or `bundle`.
    unit: String,
    /// The price of one unit.
    price: MoneyView,
    /// How much can be bought now: a decimal number.
    quantity_available: String,
    /// One of `active`, `paused` or `sold_out`.
    status: String,
    /// Where it is filed.
    #[serde(skip_serializing_if = "Option::is_none")]
    category_id: Option<Uuid>,
    /// When it was put on sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<DateTime<Utc>>,
    /// Who sells it.
    vendor: VendorBriefView,
    /// Its pictures, in order: the first is the primary one.
    pictures: Vec<PictureView>,
}

/// An offering as its vendor and admins see it.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct OwnOfferingView {
    /// Its id.
    id: Uuid,
    /// Counts its changes; `If-Match: "v<version>"`.
    version: i32,
    /// Who sells it.
    vendor_id: Uuid,
    /// `listing` (picked up at a center) or `product` (ships).
    kind: String,
    /// The plant, for a listing.
    #[serde(skip_serializing_if = "Option::is_none")]
    plant_id: Option<Uuid>,
    /// The part of the plant, for a listing. One of `CLIPPING`, `SEEDS` or `PRODUCE`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    listing_type: Option<String>,
    /// The vendor's own number, for a product.
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<String>,
    /// At or below this amount the vendor is told to make more; for a product.
    #[serde(skip_serializing_if = "Option::is_none")]
    reorder_threshold: Option<String>,
    /// What it is called.
    title: String,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The unit of price and quantity. One of `each`, `gram`, `lb` or `bundle`.
    unit: String,
    /// The price of one unit.
    price: MoneyView,
    /// How much can be bought now, beyond what checkouts hold: a decimal number.
    quantity_available: String,
    /// One of `draft`, `active`, `paused` or `sold_out`.
    status: String,
    /// Whether an admin has hidden it from everybody else.
    hidden: bool,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden_reason: Option<String>,
    /// Where it is filed.
    #[serde(skip_serializing_if = "Option::is_none")]
    category_id: Option<Uuid>,
    /// When it was first put on sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<DateTime<Utc>>,
    /// Its pictures as others see them. `GET /api/v1/listings/{id}/images` has those that cannot be shown yet, too.
    pictures: Vec<PictureView>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

/// What to change of an offering; what is left out stays.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeOfferingBody {
    /// 1 to 160 characters.
    title: Option<String>,
    /// Up to 4,000 characters; the empty text removes it.
    description: Option<String>,
    /// Where to file it; `null` for nowhere (nullable).
    #[serde(default)]
    category_id: Patch<Uuid>,
    /// The price of one unit, from the next checkout on.
    price: Option<MoneyBody>,
    /// 1 to 64 characters; of a product.
    sku: Option<String>,
    /// A whole number; of a product.
    reorder_threshold: Option<String>,
}

/// Which offerings of a shop.
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct StorefrontParams {
    /// One of `listing` or `product`.
    kind: Option<String>,
    /// 1 to 100, 24 unless asked.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// How many, and from where.
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
pub(super) struct OwnListParams {
    /// 1 to 100, 24 unless asked.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// What is free of some offerings, as of one instant.
#[derive(Debug)]
pub(super) struct Stock(HashMap<PoolId, Availability>);

impl Stock {
    /// In one statement.
    pub async fn load(conn: &Conn, now: DateTime<Utc>, ids: &[OfferingId]) -> Result<Self, Problem> {
        let pools: Vec<PoolId> = ids.iter().map(|id| PoolId::from(*id)).collect();
        Ok(Self(reservations::availability(conn, now, &pools).await?))
    }

    /// How much of it can be bought.
    pub fn free(&self, id: OfferingId) -> Quantity {
        self.0.get(&id.into()).map_or(Quantity::ZERO, Availability::free)
    }
}

pub(super) fn configure(config: &mut ServiceConfig) {
    let one = |path: &str| {
        web::resource(path)
            .route(web::get().to(show))
            .route(web::patch().to(change))
            .route(web::delete().to(remove))
    };
    config
        .service(
            web::resource("/api/v1/listings")
                .route(web::get().to(browse::list))
                .route(web::post().to(listings::create)),
        )
        .service(
            web::resource("/api/v1/products")
                .route(web::get().to(browse::list_products))
                .route(web::post().to(products::create)),
        )
        .service(one("/api/v1/listings/{id}"))
        .service(one("/api/v1/products/{id}"))
        .service(one("/api/v1/offerings/{id}"))
        .service(web::resource("/api/v1/vendors/{slug}/offerings").route(web::get().to(storefront)))
        .service(web::resource("/api/v1/vendor/listings").route(web::get().to(list_own_listings)))
        .service(web::resource("/api/v1/vendor/products").route(web::get().to(list_own_products)))
        .service(web::resource("/api/v1/vendor/offerings/{id}").route(web::get().to(show_own)));
}

/// An offering on sale
///
/// Listings and products share one id space: each of the three addresses answers for both. Drafts, and what an admin
/// has hidden, are not found.
#[api_v2_operation(operation_id = "show_offering")]
async fn show(
    state: AppState,
    id: Id<OfferingId>,
    _have: IfNoneMatch,
) -> Result<Ok200<OfferingView>, Problem> {
    let conn = state.conn().await?;
    let found = async { Ok(catalog::find_public_offering(&conn, id.0).await?) };
    // Neither waits for the other: both go to the database in one message.
    let stock = Stock::load(&conn, state.clock.now(), std::slice::from_ref(&id.0));
    let ((offering, name, slug), stock) = futures_util::try_join!(found, stock)?;
    let vendor = VendorBriefView { id: offering.vendor_id.0, name, slug };
    let version = offering.version;
    let base = &state.settings.media.url;
    Ok(tagged(version, OfferingView::new(base, offering, vendor, stock.free(id.0))))
}

/// Changes an offering of yours
///
/// Listings and products share one id space: each of the three addresses answers for both.
///
/// Problems: `sku_taken`.
#[api_v2_operation(operation_id = "change_offering")]
async fn change(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
    if_match: IfMatch,
    body: Body<ChangeOfferingBody>,
) -> Result<Ok200<OwnOfferingView>, Problem> {
    let change = body.data.read()?;
    let (now, vendor) = (state.clock.now(), principal.user_id);
    state
        .transact(async |tx: &mut Conn| {
            let seen = catalog::find_own_offering(tx, vendor, id.0).await?;
            if_match.check(seen.version)?;
            let changed =
                catalog::change_offering(tx, now, vendor.into(), vendor, id.0, seen.version, &change).await?;
            answer_own(&state, tx, now, changed).await
        })
        .await
}

/// Removes an offering of yours
///
/// Orders of it go on.
#[api_v2_operation(operation_id = "remove_offering")]
async fn remove(state: AppState, principal: Principal, id: Id<OfferingId>) -> Result<NoContent, Problem> {
    let now = state.clock.now();
    state
        .transact(async |tx: &mut Conn| {
            Ok(catalog::remove_offering(tx, now, principal.user_id.into(), principal.user_id, id.0).await?)
        })
        .await?;
    Ok(NoContent)
}

/// What a shop has on sale, newest first
#[api_v2_operation(operation_id = "storefront")]
async fn storefront(
    state: AppState,
    slug: Segment,
    params: Params<StorefrontParams>,
) -> Result<Ok200<PageView<OfferingView>>, Problem> {
    let kind = params.0.kind.as_deref().map(OfferingKind::parse).transpose();
    let kind = kind.map_err(|error| Problem::in_query(error.at("kind")))?;
    let mut conn = state.conn().await?;
    let shop = catalog::find_seller_by_slug(&mut conn, &slug.0).await?;
    let shop = shop.ok_or_else(|| Problem::not_found("vendor"))?;
    let list = format!("storefront of {}", shop.vendor_id);
    let paging = Paging::read(&state.cursors, &list, &params.0)?;
    let page = catalog::storefront(&mut conn, shop.vendor_id, kind, paging.after, paging.limit).await?;
    let ids: Vec<_> = page.items.iter().map(|offering| offering.id).collect();
    let stock = Stock::load(&conn, state.clock.now(), &ids).await?;
    let view = |offering: Offering| {
        let free = stock.free(offering.id);
        OfferingView::new(&state.settings.media.url, offering, VendorBriefView::from(&shop), free)
    };
    Ok(Ok200::new(paging.view(page, view)?))
}

/// Your listings, drafts and all, newest first
#[api_v2_operation(operation_id = "list_own_listings")]
async fn list_own_listings(
    state: AppState,
    principal: Principal,
    params: Params<OwnListParams>,
) -> Result<Ok200<PageView<OwnOfferingView>>, Problem> {
    list_own(&state, principal, OfferingKind::Listing, &params.0).await
}

/// Your products, drafts and all, newest first
#[api_v2_operation(operation_id = "list_own_products")]
async fn list_own_products(
    state: AppState,
    principal: Principal,
    params: Params<OwnListParams>,
) -> Result<Ok200<PageView<OwnOfferingView>>, Problem> {
    list_own(&state, principal, OfferingKind::Product, &params.0).await
}

async fn list_own(
    state: &AppState,
    principal: Principal,
    kind: OfferingKind,
    params: &OwnListParams,
) -> Result<Ok200<PageView<OwnOfferingView>>, Problem> {
    let list = format!("{} of {principal}", kind.as_str());
    let paging = Paging::read(&state.cursors, &list, params)?;
    let (mut conn, vendor) = (state.conn().await?, principal.user_id);
    let page = catalog::list_own_offerings(&mut conn, vendor, Some(kind), paging.after, paging.limit).await?;
    let ids: Vec<_> = page.items.iter().map(|offering| offering.id).collect();
    let stock = Stock::load(&conn, state.clock.now(), &ids).await?;
    let view = |offering: Offering| {
        let free = stock.free(offering.id);
        OwnOfferingView::new(&state.settings.media.url, offering, free)
    };
    Ok(Ok200::new(paging.view(page, view)?))
}

/// An offering of yours, whatever its status
#[api_v2_operation(operation_id = "show_own_offering")]
async fn show_own(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
    _have: IfNoneMatch,
) -> Result<Ok200<OwnOfferingView>, Problem> {
    let mut conn = state.conn().await?;
    let offering = catalog::find_own_offering(&mut conn, principal.user_id, id.0).await?;
    answer_own(&state, &mut conn, state.clock.now(), offering).await
}

/// An offering as its vendor sees it, with its tag.
pub(super) async fn answer_own<const STATUS: u16>(
    state: &AppState,
    conn: &mut Conn,
    now: DateTime<Utc>,
    offering: Offering,
) -> Result<Answer<OwnOfferingView, STATUS>, Problem> {
    let stock = Stock::load(conn, now, &[offering.id]).await?;
    let (version, free) = (offering.version, stock.free(offering.id));
    Ok(tagged(version, OwnOfferingView::new(&state.settings.media.url, offering, free)))
}

/// Stock is shown and no part of the version, so the tag speaks of both.
fn tagged<T: Serialize, const STATUS: u16>(version: i32, view: T) -> Answer<T, STATUS> {
    let tag = etag_of(version, &view);
    Answer::new(view).with(&header::ETAG, tag)
}

impl From<&Seller> for VendorBriefView {
    fn from(shop: &Seller) -> Self {
        Self { id: shop.vendor_id.0, name: shop.name.clone(), slug: shop.slug.clone() }
    }
}

impl OfferingView {
    fn new(base: &Url, offering: Offering, vendor: VendorBriefView, free: Quantity) -> Self {
        Self {
            id: offering.id.0,
            kind: offering.detail.kind().as_str().to_owned(),
            listing_type: match &offering.detail {
                Detail::Listing { listing_type, .. } => Some(listing_type.as_str().to_owned()),
                Detail::Product { .. } => None,
            },
            status: status(&offering, free),
            title: offering.title,
            description: offering.description,
            unit: offering.unit.as_str().to_owned(),
            price: offering.price.into(),
            quantity_available: quantity_text(free),
            category_id: offering.category_id.map(Uuid::from),
            published_at: offering.published_at,
            vendor,
            pictures: PictureView::all(base, offering.pictures),
        }
    }
}

impl OwnOfferingView {
    fn new(base: &Url, offering: Offering, free: Quantity) -> Self {
        let status = status(&offering, free);
        let kind = offering.detail.kind().as_str().to_owned();
        let (plant_id, listing_type, sku, reorder_threshold) = match offering.detail {
            Detail::Listing { plant_id, listing_type } => (Some(plant_id), Some(listing_type), None, None),
            Detail::Product { sku, reorder_threshold } => (None, None, Some(sku), Some(reorder_threshold)),
        };
        Self {
            id: offering.id.0,
            version: offering.version,
            vendor_id: offering.vendor_id.0,
            kind,
            plant_id: plant_id.map(Uuid::from),
            listing_type: listing_type.map(|part| part.as_str().to_owned()),
            sku,
            reorder_threshold: reorder_threshold.map(quantity_text),
            title: offering.title,
            description: offering.description,
            unit: offering.unit.as_str().to_owned(),
            price: offering.price.into(),
            quantity_available: quantity_text(free),
            status,
            hidden: offering.hidden,
            hidden_reason: offering.hidden_reason,
            category_id: offering.category_id.map(Uuid::from),
            published_at: offering.published_at,
            pictures: PictureView::all(base, offering.pictures),
            created_at: offering.created_at,
            updated_at: offering.updated_at,
        }
    }
}

/// What the vendor decided, or `sold_out` for what is on sale with nothing left.
fn status(offering: &Offering, free: Quantity) -> String {
    match offering.status {
        SaleStatus::Active if free == Quantity::ZERO => "sold_out".to_owned(),
        decided => decided.as_str().to_owned(),
    }
}

impl ChangeOfferingBody {
    pub(super) fn read(self) -> Result<catalog::OfferingChange, Problem> {
        let mut fields = Fields::default();
        let price = self.price.as_ref().and_then(|price| take_money(&mut fields, "price", price));
        let threshold = self.reorder_threshold.as_deref();
        let threshold =
            threshold.and_then(|text| fields.take("reorder_threshold", Quantity::non_negative(text)));
        fields.finish()?;
        Ok(catalog::OfferingChange {
            title: self.title,
            description: self.description,
            category_id: match self.category_id {
                Patch::Keep => None,
                Patch::Clear => Some(None),
                Patch::Set(category) => Some(Some(CategoryId(category))),
            },
            price,
            sku: self.sku,
            reorder_threshold: threshold,
        })
    }
}

/// Reads an amount among other fields.
pub(super) fn take_money(fields: &mut Fields, name: &str, body: &MoneyBody) -> Option<Money> {
    match body.read(name) {
        Ok(money) => Some(money),
        Err(invalid) => {
            for (field, error) in invalid.fields {
                fields.take::<()>(&field, Err(error));
            }
            None
        }
    }
}

/// Whose offering it is, for an admin who acts on it.
pub(super) async fn vendor_of(conn: &mut Conn, id: OfferingId) -> Result<UserId, Problem> {
    let found = catalog::load_for_sale(conn, &[id]).await?;
    found.first().map(|offering| offering.vendor_id).ok_or_else(|| Problem::not_found("offering"))
}
