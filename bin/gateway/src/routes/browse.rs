//! Browse: what is on sale; with a place, what is sold by whoever shares a center with it. Public.

use catalog::{BrowseFilter, BrowseItem, ListingType, OfferingKind, Sort};
use chrono::{DateTime, Datelike, Utc};
use db::Conn;
use eligibility_core::EARTH_RADIUS_MILES;
use kernel::{FieldError, Fields, InvalidCode, Quantity, TextRule};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::offerings::{Stock, VendorBriefView};
use super::picture_views::PictureView;
use super::visitor::{VisitorPlaceView, browse_place, locate, read_place, refused};
use crate::extract::Params;
use crate::wire::{MoneyView, Paging, quantity_text};
use crate::{AppState, Ok200, Problem};

/// What to look for, and where.
#[derive(Debug, Clone, Serialize, Deserialize, Apiv2Schema)]
pub(super) struct BrowseParams {
    /// Where you are, as one line such as `12 Elm St, Boulder, CO 80302` or `80302`; 2 to 300 characters. Instead of `lat` with `lon`.
    address: Option<String>,
    /// Degrees of latitude, -90 to 90, with `lon`. Instead of `address`.
    lat: Option<f64>,
    /// Degrees of longitude, -180 to 180, with `lat`.
    lon: Option<f64>,
    /// One of `listing` or `product`.
    kind: Option<String>,
    /// A category's slug.
    category: Option<String>,
    /// The part of a plant. One of `CLIPPING`, `SEEDS` or `PRODUCE`.
    #[serde(rename = "type")]
    listing_type: Option<String>,
    /// The lowest price of a unit, in cents, at least 0.
    price_min: Option<i64>,
    /// The highest price of a unit, in cents, at least 0.
    price_max: Option<i64>,
    /// The greatest distance of the seller, more than 0 and up to 201 miles. Needs a place.
    within_miles: Option<f64>,
    /// Only what was put on sale at or after this ISO 8601 instant.
    since: Option<DateTime<Utc>>,
    /// Words to look for in titles and descriptions, 1 to 100 characters; `"exact words"`, `or` and `-without` work.
    q: Option<String>,
    /// One of `newest`, `cheapest` or `nearest`: newest unless asked; nearest needs a place.
    sort: Option<String>,
    /// 1 to 100, 24 unless asked.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of what is on sale.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct BrowseView {
    /// The offerings, in order. A page may have fewer than `limit` although more follow: what has just sold out is
    /// left out.
    items: Vec<BrowseItemView>,
    /// Send it as `cursor` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// Where you are, when you said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<VisitorPlaceView>,
}

/// An offering in a list.
#[derive(Debug, Serialize, Apiv2Schema)]
struct BrowseItemView {
    /// Its id.
    id: Uuid,
    /// One of `listing` or `product`.
    kind: String,
    /// The part of the plant, for a listing. One of `CLIPPING`, `SEEDS` or `PRODUCE`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    listing_type: Option<String>,
    /// What it is called.
    title: String,
    /// The unit of price and quantity. One of `each`, `gram`, `lb` or `bundle`.
    unit: String,
    /// The price of one unit.
    price: MoneyView,
    /// How much can be bought now: a decimal number.
    quantity_available: String,
    /// Where it is filed.
    #[serde(skip_serializing_if = "Option::is_none")]
    category_id: Option<Uuid>,
    /// When it was put on sale.
    published_at: DateTime<Utc>,
    /// Who sells it.
    vendor: VendorBriefView,
    /// How far away the seller is, when you said where you are and the seller has a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance_miles: Option<f64>,
    /// Its primary picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<PictureView>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(web::resource("/api/listings").route(web::get().to(list)));
}

/// What is on sale
///
/// Give `address`, or `lat` with `lon`, to see only offerings whose vendor shares at least one approved distribution
/// center with you: listings, which are picked up there, and products alike. `place` tells what was made of it; without
/// centers in reach the page is empty. What ships can be bought from anywhere: leave the place out, with `kind=product`
/// or at `GET /api/v1/products`, to see all of it. `quantity_available` is net of what others hold in their checkouts.
///
/// Problems: `geocoder_unavailable`.
#[api_v2_operation(operation_id = "browse", tags(listings))]
pub(super) async fn list(
    state: AppState,
    params: Params<BrowseParams>,
) -> Result<Ok200<BrowseView>, Problem> {
    page(&state, &params.0).await
}

/// Products on sale
///
/// Browse with `kind=product`: see `GET /api/v1/listings`. Products ship, and can be bought from anywhere: without a
/// place all of them are shown, with one only those whose vendor shares a distribution center with you.
///
/// Problems: `geocoder_unavailable`.
#[api_v2_operation(operation_id = "browse_products", tags(products))]
pub(super) async fn list_products(
    state: AppState,
    params: Params<BrowseParams>,
) -> Result<Ok200<BrowseView>, Problem> {
    let product = OfferingKind::Product.as_str();
    if params.0.kind.as_deref().is_some_and(|kind| kind != product) {
        return Err(refused("kind", InvalidCode::NotAllowed, "must be product, or left out"));
    }
    page(&state, &BrowseParams { kind: Some(product.to_owned()), ..params.0 }).await
}

async fn page(state: &AppState, params: &BrowseParams) -> Result<Ok200<BrowseView>, Problem> {
    let (mut filter, sort) = params.read()?;
    let paging = Paging::read(&state.cursors, "browse", params)?;
    let visitor = match read_place(params.address.as_deref(), params.lat, params.lon)? {
        Some(place) => Some(locate(state, &place).await?),
        None => None,
    };
    filter.place = visitor.as_ref().map(browse_place);
    let mut conn = state.conn().await?;
    if let Some(slug) = &params.category {
        filter.category = Some(category(&mut conn, slug).await?);
    }
    let page = catalog::browse(&mut conn, &filter, sort, paging.after, paging.limit).await?;
    let ids: Vec<_> = page.items.iter().map(|item| item.id).collect();
    let stock = Stock::load(&conn, state.clock.now(), &ids).await?;
    let page = paging.view(page, |item| (stock.free(item.id), item))?;
    let with_some = page.items.into_iter().filter(|(free, _)| *free > Quantity::ZERO);
    let base = &state.settings.media.url;
    Ok(Ok200::new(BrowseView {
        items: with_some.map(|(free, item)| BrowseItemView::new(base, item, free)).collect(),
        next_cursor: page.next_cursor,
        place: visitor.as_ref().map(VisitorPlaceView::from),
    }))
}

async fn category(conn: &mut Conn, slug: &str) -> Result<kernel::CategoryId, Problem> {
    let found = catalog::find_category(conn, slug).await?;
    let unknown = || refused("category", InvalidCode::Unknown, "there is no such category");
    found.map(|category| category.id).ok_or_else(unknown)
}

impl BrowseParams {
    /// Whether anything is said of a place.
    fn has_place(&self) -> bool {
        self.address.is_some() || self.lat.is_some() || self.lon.is_some()
    }

    /// The filter, but for what the database or a geocoder must be asked.
    fn read(&self) -> Result<(BrowseFilter, Sort), Problem> {
        let mut fields = Fields::default();
        let mut filter = BrowseFilter {
            price_from: self.price_min,
            price_to: self.price_max,
            within_miles: self.within_miles,
            published_since: self.since,
            ..BrowseFilter::default()
        };
        if let Some(kind) = &self.kind {
            filter.kind = fields.take("kind", OfferingKind::parse(kind));
        }
        if let Some(listing_type) = &self.listing_type {
            filter.listing_type = fields.take("type", ListingType::parse(listing_type));
        }
        if let Some(text) = &self.q {
            filter.text = fields.take("q", TextRule::line(1, 100).read(text));
        }
        let sort = fields.take("sort", self.read_sort());
        self.check_bounds(&mut fields);
        fields.finish().map_err(Problem::in_query)?;
        Ok((filter, sort.unwrap_or_default()))
    }

    fn read_sort(&self) -> Result<Sort, FieldError> {
        match self.sort.as_deref() {
            None | Some("newest") => Ok(Sort::Newest),
            Some("cheapest") => Ok(Sort::Cheapest),
            Some("nearest") if self.has_place() => Ok(Sort::Nearest),
            Some("nearest") => {
                Err(FieldError::new(InvalidCode::NotAllowed, "nearest needs an address, or lat with lon"))
            }
            Some(_) => {
                Err(FieldError::new(InvalidCode::NotAllowed, "must be one of: newest cheapest nearest"))
            }
        }
    }

    fn check_bounds(&self, fields: &mut Fields) {
        for (name, price) in [("price_min", self.price_min), ("price_max", self.price_max)] {
            if price.is_some_and(|price| price < 0) {
                fields.refuse(name, InvalidCode::TooSmall, "must not be negative");
            }
        }
        if let (Some(least), Some(most)) = (self.price_min, self.price_max)
            && least > most
        {
            fields.refuse("price_max", InvalidCode::TooSmall, "must not be below price_min");
        }
        if let Some(miles) = self.within_miles {
            if !(miles > 0.0 && miles <= 201.0) {
                let message = "must be more than 0 and at most 201";
                fields.refuse("within_miles", InvalidCode::NotAllowed, message);
            } else if !self.has_place() {
                let message = "needs an address, or lat with lon";
                fields.refuse("within_miles", InvalidCode::NotAllowed, message);
            }
        }
        if self.since.is_some_and(|since| !(1970..=9999).contains(&since.year())) {
            fields.refuse("since", InvalidCode::NotAllowed, "must be in the years 1970 to 9999");
        }
    }
}

impl BrowseItemView {
    fn new(base: &Url, item: BrowseItem, free: Quantity) -> Self {
        Self {
            id: item.id.0,
            kind: item.kind.as_str().to_owned(),
            listing_type: item.listing_type.map(|part| part.as_str().to_owned()),
            title: item.title,
            unit: item.unit.as_str().to_owned(),
            price: item.price.into(),
            quantity_available: quantity_text(free),
            category_id: item.category_id.map(|category| category.0),
            published_at: item.published_at,
            vendor: VendorBriefView { id: item.vendor_id.0, name: item.vendor_name, slug: item.vendor_slug },
            distance_miles: item.chord.map(miles_of_chord),
            picture: item.picture.and_then(|kept| PictureView::one(base, kept)),
        }
    }
}

/// The great-circle distance over a chord of the unit sphere, to a tenth of a mile.
fn miles_of_chord(chord: f64) -> f64 {
    let miles = 2.0 * EARTH_RADIUS_MILES * (chord / 2.0).min(1.0).asin();
    (miles * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_rounded_to_a_tenth_of_a_mile() {
        assert!((miles_of_chord(0.0)).abs() < f64::EPSILON);
        assert!((miles_of_chord(0.025_259) - 100.0).abs() < f64::EPSILON);
        assert!((miles_of_chord(2.000_001) - 12_436.8).abs() < 0.05, "the far side");
    }
}
