//! Checking out.

use checkout::{CheckOut, CheckoutError};
use chrono::TimeDelta;
use kernel::{AddressId, CheckoutId};
use market::Order;
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cart::CartProblemView;
use super::eligibility::IneligibleView;
use super::order_views::OrderView;
use crate::extract::{Body, Id, Principal, RequiredIdempotency};
use crate::wire::MoneyView;
use crate::{AppState, Created, Ok200, Problem};

/// Where to ship what ships.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct CheckoutBody {
    /// One of your addresses; your primary one unless given.
    ship_to_address_id: Option<Uuid>,
}

/// A checkout and the orders it made.
#[derive(Debug, Serialize, Apiv2Schema)]
struct CheckoutView {
    /// The checkout's id.
    id: Uuid,
    /// The sum of the orders.
    total: MoneyView,
    /// One order for everything that is picked up, one per vendor for what ships.
    orders: Vec<OrderView>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/checkout").route(web::post().to(check_out)))
        .service(web::resource("/api/v1/checkouts/{id}").route(web::get().to(show)));
}

/// Checks out your cart
///
/// Makes the orders, holds their stock until `pay_by`, and empties the cart; or makes nothing and says why. What is
/// picked up needs a located primary address and a center that you and every gardener reach.
#[api_v2_operation]
async fn check_out(
    state: AppState,
    principal: Principal,
    idempotency: RequiredIdempotency,
    body: Body<CheckoutBody>,
) -> Result<Created<CheckoutView>, Problem> {
    let request = CheckOut {
        customer: principal.user_id,
        ship_to: body.data.ship_to_address_id.map(AddressId),
        pay_within: TimeDelta::from_std(state.settings.orders.payment_window).unwrap_or(TimeDelta::MAX),
    };
    let work = async |tx: &mut db::Conn| {
        let now = state.clock.now();
        let centers = state.centers.fresh(tx, now).await?;
        let made = checkout::check_out(tx, now, &request, centers.centers()).await;
        let made = made.map_err(|error| explain(error, &centers))?;
        let location = format!("/api/v1/checkouts/{}", made.id);
        Ok(Created::new(view(made.id, made.orders)?).location(location))
    };
    idempotency.run(&state, principal, &body.raw, work).await
}

/// A checkout of yours
#[api_v2_operation]
async fn show(
    state: AppState,
    principal: Principal,
    id: Id<CheckoutId>,
) -> Result<Ok200<CheckoutView>, Problem> {
    let mut conn = state.conn().await?;
    let orders = market::orders_of_checkout(&mut conn, principal.user_id, id.0).await?;
    Ok(Ok200::new(view(id.0, orders)?))
}

fn view(id: CheckoutId, orders: Vec<Order>) -> Result<CheckoutView, Problem> {
    let total = kernel::Money::sum(orders.iter().map(|order| order.total), kernel::Currency::Usd)
        .map_err(market::MarketError::Amount)?;
    let orders = orders.into_iter().map(OrderView::for_customer).collect();
    Ok(CheckoutView { id: id.0, total: total.into(), orders })
}

/// The problem, with the centers' names where it is about centers.
fn explain(error: CheckoutError, centers: &logistics::ApprovedCenters) -> Problem {
    let problems = match &error {
        CheckoutError::CartProblems(problems) | CheckoutError::OutOfStock(problems) => {
            problems.iter().map(|problem| CartProblemView::of(problem, centers)).collect()
        }
        _ => Vec::new(),
    };
    let eligibility = match &error {
        CheckoutError::Ineligible(why) => Some(IneligibleView::of(why, centers)),
        _ => None,
    };
    let mut problem = Problem::from(error);
    if !problems.is_empty() {
        problem = problem.extra("problems", problems);
    }
    match eligibility {
        Some(eligibility) => problem.extra("eligibility", eligibility),
        None => problem,
    }
}
