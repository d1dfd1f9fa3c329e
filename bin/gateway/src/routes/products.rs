//! Making products: handmade goods that ship, sold by the piece.

use catalog::CreateProduct;
use db::Conn;
use kernel::{CategoryId, Fields, Quantity};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::Deserialize;
use uuid::Uuid;

use super::offerings::{OwnOfferingView, answer_own, take_money};
use super::publication::{at_once, unread};
use crate::extract::{Body, Idempotency, Principal};
use crate::wire::MoneyBody;
use crate::{AppState, Created, Problem};

/// A new product.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateProductBody {
    /// Your own number for it, 1 to 64 characters, unlike those of your other products.
    sku: String,
    /// 1 to 160 characters.
    title: String,
    /// Up to 4,000 characters.
    description: Option<String>,
    /// Where to file it.
    category_id: Option<Uuid>,
    /// The price of one piece.
    price: MoneyBody,
    /// How many pieces there are: a whole number.
    stock_quantity: String,
    /// At or below this many you are told to make more: a whole number, 0 unless given.
    reorder_threshold: Option<String>,
    /// Whether it goes on sale at once (default: true).
    #[serde(default = "at_once")]
    publish: bool,
}

/// Makes a product
///
/// Problems: `not_a_vendor`, `sku_taken`.
#[api_v2_operation(operation_id = "create_product", tags(products))]
pub(super) async fn create(
    state: AppState,
    principal: Principal,
    idempotency: Idempotency,
    body: Body<CreateProductBody>,
) -> Result<Created<OwnOfferingView>, Problem> {
    let draft = body.data.read()?;
    let (now, vendor) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        let offering = catalog::create_product(tx, now, vendor, &draft).await?;
        let location = format!("/api/v1/products/{}", offering.id);
        let made: Created<_> = answer_own(&state, tx, now, offering).await?;
        Ok(made.location(location))
    };
    idempotency.run(&state, principal, &body.raw, work).await
}

impl CreateProductBody {
    fn read(self) -> Result<CreateProduct, Problem> {
        let mut fields = Fields::default();
        let price = take_money(&mut fields, "price", &self.price);
        let stock = fields.take("stock_quantity", Quantity::non_negative(&self.stock_quantity));
        let threshold = self.reorder_threshold.as_deref().unwrap_or("0");
        let threshold = fields.take("reorder_threshold", Quantity::non_negative(threshold));
        let (Some(price), Some(stock_quantity), Some(reorder_threshold)) = (price, stock, threshold) else {
            return Err(unread(fields));
        };
        Ok(CreateProduct {
            sku: self.sku,
            title: self.title,
            description: self.description,
            category_id: self.category_id.map(CategoryId),
            price,
            stock_quantity,
            reorder_threshold,
            publish: self.publish,
        })
    }
}
