//! Checking out.

use accounts::AddressDetails;
use checkout::{CheckOut, CheckoutError, GuestCheckOut};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{AddressId, CheckoutId, OrderId};
use market::{Order, OrderToken};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::callers::asking;
use super::cart::{CartProblemView, guest};
use super::eligibility::IneligibleView;
use super::order_views::OrderView;
use crate::extract::{
    Asker, Body, Claimant, Id, Idempotency, Principal, RequiredCartToken, RequiredIdempotency,
};
use crate::wire::MoneyView;
use crate::{AppState, Created, Ok200, Problem};

/// Where to ship what ships.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct CheckoutBody {
    /// One of your addresses; your primary one unless given.
    ship_to_address_id: Option<Uuid>,
}

/// Who a guest is and where their parcels go.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct GuestCheckoutBody {
    /// An email address of at most 254 characters: where you are told of your orders.
    email: String,
    /// Where to ship.
    ship_to: GuestShipToBody,
}

/// A postal address.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct GuestShipToBody {
    /// Who receives it: 1 to 80 characters.
    name: String,
    /// Street and number: 1 to 120 characters.
    line1: String,
    /// Up to 120 characters.
    line2: Option<String>,
    /// 1 to 80 characters.
    city: String,
    /// 2 to 60 characters.
    state: String,
    /// 3 to 12 characters.
    postal_code: String,
    /// ISO 3166-1 alpha-2; `US` when absent.
    country: Option<String>,
}

/// A guest's checkout, the orders it made, and the token that opens them.
#[derive(Debug, Serialize, Apiv2Schema)]
struct GuestCheckoutView {
    /// The secret of these orders: send it as `X-Order-Token`. Added when the view has been recorded with the request's
    /// key, so that it is kept nowhere.
    #[serde(skip_serializing_if = "String::is_empty")]
    order_token: String,
    /// Until when it opens them.
    order_token_expires_at: DateTime<Utc>,
    /// The checkout's id.
    id: Uuid,
    /// The sum of the orders.
    total: MoneyView,
    /// One order per vendor.
    orders: Vec<OrderView>,
}

/// What a checkout's recorded answer says of it.
#[derive(Debug, Deserialize)]
struct Made {
    id: Uuid,
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
        .service(web::resource("/api/v1/checkout/guest").route(web::post().to(check_out_as_guest)))
        .service(web::resource("/api/v1/orders/{id}/claim").route(web::post().to(claim)))
        .service(web::resource("/api/v1/checkouts/{id}").route(web::get().to(show)));
}

/// Checks out your cart
///
/// Makes the orders, holds their stock until `pay_by`, and empties the cart; or makes nothing and says why. What is
/// picked up needs a located primary address and a center that you and every gardener reach.
///
/// Problems: `empty_cart`, `cart_problems`, `out_of_stock`, `not_eligible`, `no_shipping_address`, `amount_too_large`.
#[api_v2_operation(operation_id = "check_out")]
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

/// Checks out a guest's cart
///
/// As with an account, for a cart of things that ship: send its token as `X-Cart-Token`. What is picked up is refused with
/// `pickup_needs_account`. `order_token` opens the orders until it expires; it is told here only, and to whoever repeats
/// the request with the same key. Whether the email address belongs to an account makes no difference.
///
/// Problems: `not_found`, `empty_cart`, `cart_problems`, `pickup_needs_account`, `out_of_stock`, `amount_too_large`.
#[api_v2_operation(operation_id = "check_out_as_guest")]
async fn check_out_as_guest(
    state: AppState,
    cart: RequiredCartToken,
    idempotency: RequiredIdempotency,
    body: Body<GuestCheckoutBody>,
) -> Result<Created<GuestCheckoutView>, Problem> {
    let RequiredCartToken(cart) = cart;
    let GuestCheckoutBody { email, ship_to } = body.data;
    let request = GuestCheckOut {
        cart: cart.clone(),
        email,
        name: ship_to.name,
        address: AddressDetails {
            label: None,
            line1: ship_to.line1,
            line2: ship_to.line2,
            city: ship_to.city,
            state: ship_to.state,
            postal_code: ship_to.postal_code,
            country: ship_to.country,
        },
        pay_within: TimeDelta::from_std(state.settings.orders.payment_window).unwrap_or(TimeDelta::MAX),
    };
    let work = async |tx: &mut db::Conn| {
        let now = state.clock.now();
        let centers = state.centers.fresh(tx, now).await?;
        let made = checkout::check_out_as_guest(tx, now, request).await;
        let made = made.map_err(|error| explain(error, &centers))?;
        let location = format!("/api/v1/checkouts/{}", made.id);
        let order_token_expires_at = made.token_expires_at.unwrap_or(now);
        let CheckoutView { id, total, orders } = view(made.id, made.orders)?;
        let view =
            GuestCheckoutView { order_token: String::new(), order_token_expires_at, id, total, orders };
        Ok(Created::new(view).location(location))
    };
    let answer = idempotency.run(&state, guest(&cart), &body.raw, work).await?;
    answer.with_secret("order_token", |made: Made| OrderToken::of(&cart, CheckoutId(made.id)).0)
}

/// Takes a guest's orders into your account
///
/// Send the order's token as `X-Order-Token` beside your access token. Everything that the same checkout ordered becomes
/// yours, and the token opens nothing any more.
///
/// Problems: `own_sale`.
#[api_v2_operation(operation_id = "claim_order")]
async fn claim(
    state: AppState,
    id: Id<OrderId>,
    claimant: Claimant,
    idempotency: Idempotency,
) -> Result<Ok200<CheckoutView>, Problem> {
    let Claimant { principal, token } = claimant;
    let work = async |tx: &mut db::Conn| {
        let now = state.clock.now();
        let claimed = market::claim_orders(tx, now, principal.user_id, &token, id.0).await?;
        Ok(Ok200::new(view(claimed.id, claimed.orders)?))
    };
    idempotency.run(&state, principal, &[], work).await
}

/// A checkout of yours
///
/// For a guest, by the token of its orders.
#[api_v2_operation(operation_id = "show_checkout")]
async fn show(state: AppState, asker: Asker, id: Id<CheckoutId>) -> Result<Ok200<CheckoutView>, Problem> {
    let mut conn = state.conn().await?;
    let caller = asking(&state, &mut conn, &asker).await?;
    let orders = checkout::find_checkout_for(&mut conn, caller, id.0).await?;
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
        CheckoutError::CartProblems(problems)
        | CheckoutError::PickupNeedsAccount(problems)
        | CheckoutError::OutOfStock(problems) => {
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
