//! Making listings: plants' clippings, seeds and produce, picked up at a center near the gardener.

use catalog::{CreateListing, ListingType, Unit};
use db::Conn;
use kernel::{CategoryId, Fields, PlantId, Quantity};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::Deserialize;
use uuid::Uuid;

use super::offerings::{OwnOfferingView, answer_own, take_money};
use super::publication::{at_once, explain, unread};
use crate::extract::{Body, Idempotency, Principal};
use crate::wire::MoneyBody;
use crate::{AppState, Created, Problem};

/// A new listing.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateListingBody {
    /// One of your plants.
    plant_id: Uuid,
    /// One of `CLIPPING`, `SEEDS` or `PRODUCE`.
    #[serde(rename = "type")]
    listing_type: String,
    /// One of `each`, `gram`, `lb` or `bundle`.
    unit: String,
    /// The price of one unit.
    price: MoneyBody,
    /// How many units there are: a decimal number, whole for `each` and `bundle`.
    quantity_available: String,
    /// 1 to 160 characters; the plant's name unless given.
    title: Option<String>,
    /// Up to 4,000 characters.
    description: Option<String>,
    /// Where to file it.
    category_id: Option<Uuid>,
    /// Whether it goes on sale at once (default: true).
    #[serde(default = "at_once")]
    publish: bool,
}

/// Makes a listing of one of your plants
///
/// To go on sale, you must be within 100 miles of an approved distribution center; where you are not, nothing is made
/// and the problem tells the nearest center. With `publish: false` it is a draft that only you see.
///
/// Problems: `not_a_vendor`, `not_a_gardener`, `not_located`, `out_of_reach`.
#[api_v2_operation(operation_id = "create_listing", tags(listings))]
pub(super) async fn create(
    state: AppState,
    principal: Principal,
    idempotency: Idempotency,
    body: Body<CreateListingBody>,
) -> Result<Created<OwnOfferingView>, Problem> {
    let draft = body.data.read()?;
    let (now, gardener) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        let offering = catalog::create_listing(tx, now, gardener, &draft).await?;
        let location = format!("/api/v1/listings/{}", offering.id);
        let made: Created<_> = answer_own(&state, tx, now, offering).await?;
        Ok(made.location(location))
    };
    explain(&state, gardener, idempotency.run(&state, principal, &body.raw, work).await).await
}

impl CreateListingBody {
    fn read(self) -> Result<CreateListing, Problem> {
        let mut fields = Fields::default();
        let listing_type = fields.take("type", ListingType::parse(&self.listing_type));
        let unit = fields.take("unit", Unit::parse(&self.unit));
        let price = take_money(&mut fields, "price", &self.price);
        let quantity = fields.take("quantity_available", Quantity::non_negative(&self.quantity_available));
        let (Some(listing_type), Some(unit), Some(price), Some(quantity_available)) =
            (listing_type, unit, price, quantity)
        else {
            return Err(unread(fields));
        };
        Ok(CreateListing {
            plant_id: PlantId(self.plant_id),
            listing_type,
            title: self.title,
            description: self.description,
            category_id: self.category_id.map(CategoryId),
            unit,
            price,
            quantity_available,
            publish: self.publish,
        })
    }
}
