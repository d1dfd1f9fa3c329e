//! Moving orders on: pay, choose a pickup, hand over, ship, deliver, call off.

use checkout::{Caller, SchedulePickup, Step};
use kernel::{CenterId, InvalidCode, OrderId, TimeRange};
use market::Order;
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::callers::{asking, caller};
use super::order_views::OrderView;
use crate::extract::{Asker, Body, Id, Idempotency, Principal};
use crate::{AppState, Ok200, Problem};

/// Where and when.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct SchedulePickupBody {
    /// Which of the order's centers.
    center_id: Uuid,
    /// A window that the center offers, as ISO 8601 start and end: `2030-05-04T15:00:00Z/2030-05-04T17:00:00Z`.
    #[openapi(example = "2030-05-04T15:00:00Z/2030-05-04T17:00:00Z")]
    window: String,
}

/// The parcel's particulars.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ShipOrderBody {
    /// The carrier's reference, up to 80 characters.
    tracking_reference: Option<String>,
}

/// Why.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct CancelOrderBody {
    /// Up to 500 characters.
    reason: Option<String>,
}

/// Where an order may be picked up.
#[derive(Debug, Serialize, Apiv2Schema)]
struct OrderCentersView {
    /// The centers that everybody in the order reached when it was placed, as far as they are approved now.
    centers: Vec<OrderCenterView>,
}

/// A center.
#[derive(Debug, Serialize, Apiv2Schema)]
struct OrderCenterView {
    /// The center's id; its windows are at `/api/v1/centers/{id}/windows`.
    id: Uuid,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/orders/{id}/mock_pay").route(web::post().to(mock_pay)))
        .service(web::resource("/api/orders/{id}/mock_pay").route(web::post().to(mock_pay)))
        .service(web::resource("/api/v1/orders/{id}/centers").route(web::get().to(centers)))
        .service(web::resource("/api/v1/orders/{id}/pickup").route(web::post().to(schedule)))
        .service(web::resource("/api/v1/orders/{id}/complete").route(web::post().to(complete)))
        .service(web::resource("/api/v1/orders/{id}/ship").route(web::post().to(ship)))
        .service(web::resource("/api/v1/orders/{id}/deliver").route(web::post().to(deliver)))
        .service(web::resource("/api/v1/orders/{id}/cancel").route(web::post().to(cancel)));
}

/// Pays with simulated money
///
/// Sells the held stock and moves the order on. Paying again changes nothing.
///
/// Problems: `not_your_step`, `wrong_order_state`, `payment_too_late`.
#[api_v2_operation(operation_id = "mock_pay")]
async fn mock_pay(
    state: AppState,
    asker: Asker,
    id: Id<OrderId>,
    idempotency: Idempotency,
) -> Result<Ok200<OrderView>, Problem> {
    let now = state.clock.now();
    let pay = async |tx: &mut db::Conn| {
        let caller = asking(&state, tx, &asker).await?;
        let work =
            async |tx: &mut db::Conn| view(caller, checkout::pay_with_mock(tx, now, caller, id.0).await?);
        idempotency.within(tx, now, &asker, &[], work).await
    };
    state.transact(pay).await
}

/// Where an order may be picked up
///
/// At the centers that everybody in the order reached when it was placed and that are approved now. One that was
/// approved for the first time later is none of them, however near it is.
#[api_v2_operation(operation_id = "list_order_centers")]
async fn centers(
    state: AppState,
    principal: Principal,
    id: Id<OrderId>,
) -> Result<Ok200<OrderCentersView>, Problem> {
    let work = async |tx: &mut db::Conn| {
        let caller = caller(tx, principal).await?;
        let (order, _role) = checkout::find_order_for(tx, caller, id.0).await?;
        let ids = checkout::pickup_centers(tx, &order).await?;
        let known = state.centers.fresh(tx, state.clock.now()).await?;
        let name = |id: CenterId| {
            let mut among = order.center_numbers.iter().filter_map(|number| known.by_number(*number));
            among.find(|center| center.id == id).map(|center| center.name.clone())
        };
        let centers = ids.into_iter().map(|id| OrderCenterView { id: id.0, name: name(id) }).collect();
        Ok(Ok200::new(OrderCentersView { centers }))
    };
    state.transact(work).await
}

/// Chooses, or changes, where and when to pick up
///
/// The center must be one of the order's: those that everybody in it reached when it was placed, as
/// `GET /api/v1/orders/{id}/centers` lists them. The window must be one that the center offers.
///
/// Problems: `not_your_step`, `wrong_order_state`, `center_not_eligible`, `center_not_approved`, `window_not_offered`,
/// `window_full`.
#[api_v2_operation(operation_id = "schedule_pickup")]
async fn schedule(
    state: AppState,
    principal: Principal,
    id: Id<OrderId>,
    idempotency: Idempotency,
    body: Body<SchedulePickupBody>,
) -> Result<Ok200<OrderView>, Problem> {
    let window: TimeRange = body.data.window.parse().map_err(|error: kernel::TimeRangeError| {
        kernel::FieldError::new(InvalidCode::Malformed, error.to_string()).at("window")
    })?;
    let choice = SchedulePickup { order: id.0, center: CenterId(body.data.center_id), window };
    let work = async |tx: &mut db::Conn| {
        let caller = caller(tx, principal).await?;
        let order = checkout::schedule_pickup(tx, state.clock.now(), caller, choice).await?;
        view(caller, order)
    };
    idempotency.run(&state, principal, &body.raw, work).await
}

/// Confirms that a pickup order was handed over
///
/// Problems: `not_your_step`, `wrong_order_state`.
#[api_v2_operation(operation_id = "complete_order")]
async fn complete(
    state: AppState,
    principal: Principal,
    id: Id<OrderId>,
    idempotency: Idempotency,
) -> Result<Ok200<OrderView>, Problem> {
    let work = async |tx: &mut db::Conn| step(&state, tx, principal, id.0, Step::Complete, None).await;
    idempotency.run(&state, principal, &[], work).await
}

/// Confirms that a parcel was given to a carrier
///
/// Problems: `not_your_step`, `wrong_order_state`.
#[api_v2_operation(operation_id = "ship_order")]
async fn ship(
    state: AppState,
    principal: Principal,
    id: Id<OrderId>,
    idempotency: Idempotency,
    body: Body<ShipOrderBody>,
) -> Result<Ok200<OrderView>, Problem> {
    let reference = body.data.tracking_reference;
    let work =
        async |tx: &mut db::Conn| step(&state, tx, principal, id.0, Step::Ship, reference.as_deref()).await;
    idempotency.run(&state, principal, &body.raw, work).await
}

/// Confirms that a parcel has arrived
///
/// Problems: `not_your_step`, `wrong_order_state`.
#[api_v2_operation(operation_id = "deliver_order")]
async fn deliver(
    state: AppState,
    principal: Principal,
    id: Id<OrderId>,
    idempotency: Idempotency,
) -> Result<Ok200<OrderView>, Problem> {
    let work = async |tx: &mut db::Conn| step(&state, tx, principal, id.0, Step::Deliver, None).await;
    idempotency.run(&state, principal, &[], work).await
}

/// Calls an order off
///
/// Gives its stock and its pickup place back. A vendor may do so when nobody else sells in the order.
///
/// Problems: `not_your_step`, `not_sole_vendor`, `wrong_order_state`.
#[api_v2_operation(operation_id = "cancel_order")]
async fn cancel(
    state: AppState,
    asker: Asker,
    id: Id<OrderId>,
    idempotency: Idempotency,
    body: Body<CancelOrderBody>,
) -> Result<Ok200<OrderView>, Problem> {
    let (now, reason) = (state.clock.now(), body.data.reason.as_deref());
    let cancel = async |tx: &mut db::Conn| {
        let caller = asking(&state, tx, &asker).await?;
        let work =
            async |tx: &mut db::Conn| view(caller, checkout::cancel(tx, now, caller, id.0, reason).await?);
        idempotency.within(tx, now, &asker, &body.raw, work).await
    };
    state.transact(cancel).await
}

async fn step(
    state: &AppState,
    tx: &mut db::Conn,
    principal: Principal,
    id: OrderId,
    step: Step,
    reference: Option<&str>,
) -> Result<Ok200<OrderView>, Problem> {
    let caller = caller(tx, principal).await?;
    let order = checkout::take(tx, state.clock.now(), caller, id, step, reference).await?;
    view(caller, order)
}

fn view(caller: Caller, order: Order) -> Result<Ok200<OrderView>, Problem> {
    let role = caller.role_in(&order)?;
    let version = order.version;
    Ok(Ok200::new(OrderView::for_role(order, role, caller.user())).etag(version))
}
