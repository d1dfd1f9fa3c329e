//! Orders: those you bought, those you sell in, and all of them for admins.

use kernel::{InvalidCode, NewestKey, OrderId};
use market::{OrderFilter, OrderStatus};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};

use super::callers::{asking, require_admin};
use super::order_views::{OrderEventView, OrderView};
use crate::extract::{Asker, Id, IfNoneMatch, Params, Principal};
use crate::wire::{PageView, Paging};
use crate::{AppState, Ok200, Problem};

/// Which orders, and how many.
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct OrderParams {
    /// Only those in this state. One of `CREATED`, `AWAITING_PICKUP_SCHEDULING`, `SCHEDULED`, `COMPLETE`, `CANCELLED`,
    /// `PENDING`, `PROCESSING`, `SHIPPED`, `DELIVERED` or `CANCELED`.
    status: Option<String>,
    /// 1 to 100, 24 unless asked.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Everything that happened to an order.
#[derive(Debug, Serialize, Apiv2Schema)]
struct OrderTimelineView {
    /// Oldest first.
    events: Vec<OrderEventView>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/orders").route(web::get().to(list)))
        .service(web::resource("/api/v1/orders/{id}").route(web::get().to(show)))
        .service(web::resource("/api/v1/orders/{id}/events").route(web::get().to(timeline)))
        .service(web::resource("/api/v1/vendor/orders").route(web::get().to(list_of_vendor)))
        .service(web::resource("/api/v1/admin/orders").route(web::get().to(list_all)));
}

/// The orders you bought, newest first
#[api_v2_operation(operation_id = "list_orders")]
async fn list(
    state: AppState,
    principal: Principal,
    params: Params<OrderParams>,
) -> Result<Ok200<PageView<OrderView>>, Problem> {
    let filter = params.0.filter()?;
    let paging: Paging<NewestKey> =
        Paging::read(&state.cursors, &format!("orders of {principal}"), &params.0)?;
    let mut conn = state.conn().await?;
    let (limit, after) = (paging.limit, paging.after);
    let page = market::list_customer_orders(&mut conn, principal.user_id, filter, after, limit).await?;
    Ok(Ok200::new(paging.view(page, OrderView::for_customer)?))
}

/// The orders you sell in, newest first
///
/// Each with your own lines only.
#[api_v2_operation(operation_id = "list_vendor_orders")]
async fn list_of_vendor(
    state: AppState,
    principal: Principal,
    params: Params<OrderParams>,
) -> Result<Ok200<PageView<OrderView>>, Problem> {
    let filter = params.0.filter()?;
    let paging: Paging<NewestKey> =
        Paging::read(&state.cursors, &format!("vendor orders of {principal}"), &params.0)?;
    let mut conn = state.conn().await?;
    let vendor = principal.user_id;
    let page = market::list_vendor_orders(&mut conn, vendor, filter, paging.after, paging.limit).await?;
    Ok(Ok200::new(paging.view(page, |order| OrderView::for_vendor(order, vendor))?))
}

/// All orders, newest first
#[api_v2_operation(operation_id = "list_orders_as_admin")]
async fn list_all(
    state: AppState,
    principal: Principal,
    params: Params<OrderParams>,
) -> Result<Ok200<PageView<OrderView>>, Problem> {
    let mut conn = state.conn().await?;
    require_admin(&mut conn, principal).await?;
    let filter = params.0.filter()?;
    let paging: Paging<NewestKey> = Paging::read(&state.cursors, "all orders", &params.0)?;
    let page = market::list_orders(&mut conn, filter, paging.after, paging.limit).await?;
    let admin = market::Role::Admin;
    Ok(Ok200::new(paging.view(page, |order| OrderView::for_role(order, admin, Some(principal.user_id)))?))
}

/// An order
///
/// For its customer, for vendors who sell in it (their own lines) and for admins; for a guest, by the order's token.
#[api_v2_operation(operation_id = "show_order")]
async fn show(
    state: AppState,
    asker: Asker,
    id: Id<OrderId>,
    _have: IfNoneMatch,
) -> Result<Ok200<OrderView>, Problem> {
    let mut conn = state.conn().await?;
    let caller = asking(&state, &mut conn, &asker).await?;
    let (order, role) = checkout::find_order_for(&mut conn, caller, id.0).await?;
    let version = order.version;
    Ok(Ok200::new(OrderView::for_role(order, role, caller.user())).etag(version))
}

/// What happened to an order, oldest first
#[api_v2_operation(operation_id = "show_order_timeline")]
async fn timeline(
    state: AppState,
    asker: Asker,
    id: Id<OrderId>,
) -> Result<Ok200<OrderTimelineView>, Problem> {
    let mut conn = state.conn().await?;
    let caller = asking(&state, &mut conn, &asker).await?;
    let (order, _role) = checkout::find_order_for(&mut conn, caller, id.0).await?;
    let events = outbox::timeline(&mut conn, "order", order.id.0).await?;
    let events = events.into_iter().map(OrderEventView::from).collect();
    Ok(Ok200::new(OrderTimelineView { events }))
}

impl OrderParams {
    fn filter(&self) -> Result<OrderFilter, Problem> {
        let status = self.status.as_deref().map(|word| {
            OrderStatus::from_word(word).ok_or_else(|| {
                let words: Vec<_> = OrderStatus::ALL.map(OrderStatus::as_str).to_vec();
                let message = format!("must be one of: {}", words.join(" "));
                Problem::parameter("status", InvalidCode::NotAllowed, message)
            })
        });
        Ok(OrderFilter { status: status.transpose()? })
    }
}
