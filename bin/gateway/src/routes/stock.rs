//! The stock of a vendor's own offerings.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{Fields, OfferingId, Quantity};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use reservations::{Movement, MovementKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::offerings::{OwnOfferingView, answer_own};
use crate::extract::{Body, Id, Principal};
use crate::wire::{PageView, quantity_text};
use crate::{AppState, Ok200, Problem};

/// How many movements are shown.
const LATEST: i64 = 100;

/// How much there shall be.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct SetStockBody {
    /// What can be bought from now on, beyond what checkouts hold: a decimal number, whole for `each` and `bundle`.
    quantity_available: String,
    /// What you believe can be bought now: a decimal number. When that is wrong, nothing changes and the problem tells what is right.
    expected_quantity: Option<String>,
}

/// A change of the stock.
#[derive(Debug, Serialize, Apiv2Schema)]
struct MovementView {
    /// One of `adjustment`, `hold`, `release`, `sale` or `cancellation`: a checkout holds, and releases what is not paid.
    kind: String,
    /// By how much all there is changed: a decimal number, perhaps negative.
    quantity_delta: String,
    /// By how much what checkouts hold changed: a decimal number, perhaps negative.
    held_delta: String,
    /// Who did it: `user:<id>` or `system`.
    actor: String,
    /// The kind of document it belongs to, such as `order`.
    source_type: String,
    /// The document it belongs to.
    source_id: Uuid,
    /// When.
    occurred_at: DateTime<Utc>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/vendor/offerings/{id}/stock").route(web::put().to(set)))
        .service(web::resource("/api/v1/vendor/offerings/{id}/movements").route(web::get().to(movements)));
}

/// Sets how much of an offering of yours can be bought
///
/// What checkouts hold stays theirs.
///
/// Problems: `stock_changed`.
#[api_v2_operation(operation_id = "set_stock")]
async fn set(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
    body: Body<SetStockBody>,
) -> Result<Ok200<OwnOfferingView>, Problem> {
    let (wanted, expected) = body.data.read()?;
    let (now, vendor) = (state.clock.now(), principal.user_id);
    state
        .transact(async |tx: &mut Conn| {
            let offering = catalog::find_own_offering(tx, vendor, id.0).await?;
            offering.unit.accept(wanted).map_err(|error| error.at("quantity_available"))?;
            reservations::adjust_free(tx, now, vendor.into(), id.0.into(), expected, wanted).await?;
            answer_own(&state, tx, now, offering).await
        })
        .await
}

/// The latest 100 changes of an offering's stock, newest first
#[api_v2_operation(operation_id = "list_movements")]
async fn movements(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
) -> Result<Ok200<PageView<MovementView>>, Problem> {
    let mut conn = state.conn().await?;
    catalog::find_own_offering(&mut conn, principal.user_id, id.0).await?;
    let latest = reservations::list_movements(&mut conn, id.0.into(), LATEST).await?;
    let items = latest.into_iter().map(MovementView::from).collect();
    Ok(Ok200::new(PageView { items, next_cursor: None }))
}

impl SetStockBody {
    fn read(&self) -> Result<(Quantity, Option<Quantity>), Problem> {
        let mut fields = Fields::default();
        let wanted = fields.take("quantity_available", Quantity::non_negative(&self.quantity_available));
        let expected = self.expected_quantity.as_deref();
        let expected =
            expected.and_then(|text| fields.take("expected_quantity", Quantity::non_negative(text)));
        fields.finish()?;
        Ok((wanted.unwrap_or_default(), expected))
    }
}

impl From<Movement> for MovementView {
    fn from(movement: Movement) -> Self {
        let kind = match movement.kind {
            MovementKind::Adjustment => "adjustment",
            MovementKind::Hold => "hold",
            MovementKind::Release => "release",
            MovementKind::Sale => "sale",
            MovementKind::Cancellation => "cancellation",
        };
        Self {
            kind: kind.to_owned(),
            quantity_delta: quantity_text(movement.capacity_delta),
            held_delta: quantity_text(movement.taken_delta),
            actor: movement.actor.to_string(),
            source_type: movement.source_kind,
            source_id: movement.source_id,
            occurred_at: movement.occurred_at,
        }
    }
}
