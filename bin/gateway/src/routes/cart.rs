//! The cart: of whoever is logged in, or of the guest who has its token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use checkout::{CartProblem, CartReview, CheckoutError, ReviewedLine};
use kernel::{OfferingId, Quantity, UserId};
use market::{Cart, CartHolder, GuestToken, MarketError, MergeChange, MergedLine};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::eligibility::IneligibleView;
use crate::extract::{Body, CartToken, Id, Idempotency, MaybePrincipal, Principal};
use crate::wire::{MoneyView, quantity_text};
use crate::{AppState, Ok200, Problem};

/// A cart with present prices and stock.
#[derive(Debug, Serialize, Apiv2Schema)]
struct CartView {
    /// The lines, oldest first.
    lines: Vec<CartLineView>,
    /// The sum of the lines that are on sale, at present prices.
    total: MoneyView,
    /// What must be put right before a checkout; empty when nothing stands in its way.
    problems: Vec<CartProblemView>,
    /// The secret of the guest's cart: send it as `X-Cart-Token`. Only in the answer that began the cart.
    #[serde(skip_serializing_if = "Option::is_none")]
    cart_token: Option<String>,
}

/// A line of a cart.
#[derive(Debug, Serialize, Apiv2Schema)]
struct CartLineView {
    /// What.
    offering_id: Uuid,
    /// Its title; absent when it is no longer there.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// The shop's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_name: Option<String>,
    /// The unit of price and quantity. One of `each`, `gram`, `lb` or `bundle`.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// How much: a decimal number.
    quantity: String,
    /// How much can be had: a decimal number.
    quantity_available: String,
    /// The present price of one unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<MoneyView>,
    /// Price times quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<MoneyView>,
}

/// Something that must be put right before a checkout.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct CartProblemView {
    /// One of `not_on_sale`, `out_of_stock`, `price_changed`, `not_divisible`, `own_offering`, `login_required`,
    /// `no_shipping_address` or `not_eligible`.
    code: String,
    /// The line it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    offering_id: Option<Uuid>,
    /// What can be had, for `out_of_stock`.
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity_available: Option<String>,
    /// The price that was seen, in minor units, for `price_changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_price: Option<i64>,
    /// The present price, in minor units, for `price_changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    present_price: Option<i64>,
    /// The explanation, for `not_eligible`.
    #[serde(skip_serializing_if = "Option::is_none")]
    eligibility: Option<IneligibleView>,
}

/// How much of what.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct AddCartLineBody {
    /// What.
    offering_id: Uuid,
    /// How much more: a decimal number of more than zero.
    #[openapi(example = "\"2.5\"")]
    quantity: String,
}

/// How much.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct SetCartLineBody {
    /// How much in all: a decimal number of more than zero.
    #[openapi(example = "\"3\"")]
    quantity: String,
}

/// Which cart.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct MergeCartBody {
    /// The secret of the guest's cart.
    cart_token: String,
}

/// What became of the two carts' lines.
#[derive(Debug, Serialize, Apiv2Schema)]
struct CartMergeView {
    /// Every line of either cart.
    changes: Vec<MergedLineView>,
    /// The joined cart.
    cart: CartView,
}

/// What became of a line.
#[derive(Debug, Serialize, Apiv2Schema)]
struct MergedLineView {
    /// What.
    offering_id: Uuid,
    /// One of `kept`, `added`, `summed`, `capped` or `dropped`: it was in your cart, came over, was in both, there is
    /// less than the sum, or it cannot be had any more.
    change: String,
    /// How much is in the cart now: a decimal number.
    quantity: String,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/cart").route(web::get().to(show)))
        .service(web::resource("/api/v1/cart/lines").route(web::post().to(add)))
        .service(
            web::resource("/api/v1/cart/lines/{offering_id}")
                .route(web::put().to(set))
                .route(web::delete().to(remove)),
        )
        .service(web::resource("/api/v1/cart/prices/acknowledge").route(web::post().to(acknowledge)))
        .service(web::resource("/api/v1/cart/merge").route(web::post().to(merge)));
}

/// Your cart
///
/// With present prices, what can be had of each line, and everything that stands in the way of a checkout.
#[api_v2_operation(operation_id = "show_cart")]
async fn show(state: AppState, who: MaybePrincipal, token: CartToken) -> Result<Ok200<CartView>, Problem> {
    let Some(holder) = holder(&who, token) else { return Ok(Ok200::new(CartView::empty())) };
    let mut conn = state.conn().await?;
    match market::find_cart(&mut conn, &holder).await? {
        Some(cart) => view(&state, &mut conn, &who, cart).await.map(Ok200::new),
        None => Ok(Ok200::new(CartView::empty())),
    }
}

/// Puts something into your cart
///
/// Adds to what is there. A guest without a token is given a new cart, and its token in the answer.
///
/// Problems: `not_found`, `cart_full`, `out_of_stock`, `amount_too_large`.
#[api_v2_operation(operation_id = "add_cart_line")]
async fn add(
    state: AppState,
    who: MaybePrincipal,
    token: CartToken,
    idempotency: Idempotency,
    body: Body<AddCartLineBody>,
) -> Result<Ok200<CartView>, Problem> {
    let more = Quantity::positive(&body.data.quantity).map_err(|error| error.at("quantity"))?;
    let offering = OfferingId(body.data.offering_id);
    let owner = owner(&who, &token);
    let work = async |tx: &mut db::Conn| {
        let (cart, fresh) = open(&state, tx, &who, token).await?;
        let present = cart.lines.iter().find(|line| line.offering_id == offering);
        let quantity = present.map_or(more, |line| line.quantity.saturating_add(more));
        Ok(Ok200::new(put(&state, tx, &who, cart, (offering, quantity), fresh).await?))
    };
    match owner {
        Some(owner) => idempotency.run(&state, owner, &body.raw, work).await,
        // Repeating it begins another cart, of which nobody knows the first; the answer's secret is not kept.
        None => state.transact(work).await,
    }
}

/// Sets how much of something is in your cart
///
/// Problems: `cart_full`, `out_of_stock`, `amount_too_large`.
#[api_v2_operation(operation_id = "set_cart_line")]
async fn set(
    state: AppState,
    who: MaybePrincipal,
    token: CartToken,
    id: Id<OfferingId>,
    body: Body<SetCartLineBody>,
) -> Result<Ok200<CartView>, Problem> {
    let quantity = Quantity::positive(&body.data.quantity).map_err(|error| error.at("quantity"))?;
    let work = async |tx: &mut db::Conn| {
        let (cart, fresh) = open(&state, tx, &who, token).await?;
        let cart = put(&state, tx, &who, cart, (id.0, quantity), fresh).await;
        cart.map(Ok200::new).map_err(|error| match error {
            // Here it is the path that names it.
            CheckoutError::Invalid(invalid)
                if invalid.fields.iter().any(|(name, _)| name == "offering_id") =>
            {
                Problem::not_found("offering")
            }
            error => error.into(),
        })
    };
    state.transact(work).await
}

/// Takes something out of your cart
#[api_v2_operation(operation_id = "remove_cart_line")]
async fn remove(
    state: AppState,
    who: MaybePrincipal,
    token: CartToken,
    id: Id<OfferingId>,
) -> Result<Ok200<CartView>, Problem> {
    let holder = holder(&who, token).ok_or_else(|| Problem::not_found("cart line"))?;
    let work = async |tx: &mut db::Conn| {
        let cart = market::lock_cart(tx, state.clock.now(), &holder).await?;
        let mut cart = cart.ok_or_else(|| Problem::not_found("cart line"))?;
        if !market::remove_line(tx, &mut cart, id.0).await? {
            return Err(Problem::not_found("cart line"));
        }
        view(&state, tx, &who, cart).await.map(Ok200::new)
    };
    state.transact(work).await
}

/// Accepts the present prices
///
/// A checkout is refused while a price differs from the one you have seen; this says that you have seen them all.
#[api_v2_operation(operation_id = "acknowledge_prices")]
async fn acknowledge(
    state: AppState,
    who: MaybePrincipal,
    token: CartToken,
) -> Result<Ok200<CartView>, Problem> {
    let Some(holder) = holder(&who, token) else { return Ok(Ok200::new(CartView::empty())) };
    let work = async |tx: &mut db::Conn| {
        let cart = market::lock_cart(tx, state.clock.now(), &holder).await?;
        let Some(mut cart) = cart else { return Ok(Ok200::new(CartView::empty())) };
        checkout::acknowledge_prices(tx, &mut cart).await?;
        view(&state, tx, &who, cart).await.map(Ok200::new)
    };
    state.transact(work).await
}

/// Joins a guest's cart to yours
///
/// Quantities of the same offering are added, up to what can be had; lines that only you had stay as they are. The
/// guest's cart is gone afterwards. `changes` says what became of every line.
///
/// Problems: `not_found`, `cart_full`, `amount_too_large`.
#[api_v2_operation(operation_id = "merge_carts")]
async fn merge(
    state: AppState,
    principal: Principal,
    idempotency: Idempotency,
    body: Body<MergeCartBody>,
) -> Result<Ok200<CartMergeView>, Problem> {
    let user = principal.user_id;
    let guest = CartHolder::Guest(GuestToken(body.data.cart_token));
    let work = async |tx: &mut db::Conn| {
        let report = checkout::adopt_guest_cart(tx, state.clock.now(), user, &guest).await?;
        let cart = view(&state, tx, &MaybePrincipal(Some(principal)), report.cart).await?;
        let changes = report.lines.into_iter().map(MergedLineView::from).collect();
        Ok(Ok200::new(CartMergeView { changes, cart }))
    };
    idempotency.run(&state, principal, &body.raw, work).await
}

fn holder(who: &MaybePrincipal, token: CartToken) -> Option<CartHolder> {
    match who.0 {
        Some(principal) => Some(CartHolder::User(principal.user_id)),
        None => token.0.map(CartHolder::Guest),
    }
}

/// Whose idempotency keys the caller's are; none for a guest who has no cart yet.
fn owner(who: &MaybePrincipal, token: &CartToken) -> Option<String> {
    match (who.0, &token.0) {
        (Some(principal), _) => Some(principal.to_string()),
        (None, Some(token)) => Some(guest(token)),
        (None, None) => None,
    }
}

/// Whose idempotency keys those of a cart's holder are.
pub(super) fn guest(token: &GuestToken) -> String {
    format!("guest:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(&token.0)))
}

/// The caller's cart, begun if need be and locked; the token of a guest's that was just begun.
async fn open(
    state: &AppState,
    tx: &mut db::Conn,
    who: &MaybePrincipal,
    token: CartToken,
) -> Result<(Cart, Option<GuestToken>), CheckoutError> {
    let now = state.clock.now();
    match holder(who, token) {
        Some(CartHolder::User(user)) => Ok((market::user_cart(tx, now, user).await?, None)),
        Some(guest) => {
            let cart = market::lock_cart(tx, now, &guest).await?;
            Ok((cart.ok_or(MarketError::NotFound("cart"))?, None))
        }
        None => {
            let (cart, token) = market::create_guest_cart(tx, now).await?;
            Ok((cart, Some(token)))
        }
    }
}

async fn put(
    state: &AppState,
    tx: &mut db::Conn,
    who: &MaybePrincipal,
    cart: Cart,
    line: (OfferingId, Quantity),
    fresh: Option<GuestToken>,
) -> Result<CartView, CheckoutError> {
    let now = state.clock.now();
    let centers = state.centers.fresh(tx, now).await?;
    let review = checkout::put_in_cart(tx, now, customer(who), cart, line, centers.centers()).await?;
    Ok(CartView::of(review, &centers, fresh))
}

async fn view(
    state: &AppState,
    conn: &mut db::Conn,
    who: &MaybePrincipal,
    cart: Cart,
) -> Result<CartView, Problem> {
    let now = state.clock.now();
    let centers = state.centers.fresh(conn, now).await?;
    let review = checkout::review_cart(conn, now, customer(who), cart.lines, centers.centers()).await?;
    Ok(CartView::of(review, &centers, None))
}

fn customer(who: &MaybePrincipal) -> Option<UserId> {
    who.0.map(|principal| principal.user_id)
}

impl CartView {
    fn of(review: CartReview, centers: &logistics::ApprovedCenters, fresh: Option<GuestToken>) -> Self {
        let CartReview { lines, total, problems } = review;
        Self {
            lines: lines.into_iter().map(CartLineView::from).collect(),
            total: total.into(),
            problems: problems.iter().map(|problem| CartProblemView::of(problem, centers)).collect(),
            cart_token: fresh.map(|token| token.0),
        }
    }

    fn empty() -> Self {
        let total = kernel::Money::new(0, kernel::Currency::Usd).into();
        Self { lines: Vec::new(), total, problems: Vec::new(), cart_token: None }
    }
}

impl From<ReviewedLine> for CartLineView {
    fn from(reviewed: ReviewedLine) -> Self {
        let ReviewedLine { line, sale, free, total } = reviewed;
        Self {
            offering_id: line.offering_id.0,
            quantity: quantity_text(line.quantity),
            quantity_available: quantity_text(free),
            unit: sale.as_ref().map(|sale| sale.unit.as_str().to_owned()),
            unit_price: sale.as_ref().map(|sale| sale.price.into()),
            vendor_name: sale.as_ref().map(|sale| sale.vendor_name.clone()),
            title: sale.map(|sale| sale.title),
            total: total.map(MoneyView::from),
        }
    }
}

impl From<MergedLine> for MergedLineView {
    fn from(merged: MergedLine) -> Self {
        let (change, quantity) = match merged.change {
            MergeChange::Kept => ("kept", merged.line.quantity),
            MergeChange::Added => ("added", merged.line.quantity),
            MergeChange::Summed => ("summed", merged.line.quantity),
            MergeChange::Capped { .. } => ("capped", merged.line.quantity),
            MergeChange::Dropped => ("dropped", Quantity::ZERO),
        };
        Self {
            offering_id: merged.line.offering_id.0,
            change: change.to_owned(),
            quantity: quantity_text(quantity),
        }
    }
}

impl CartProblemView {
    pub(super) fn of(problem: &CartProblem, centers: &logistics::ApprovedCenters) -> Self {
        let mut view = Self {
            code: problem.code().to_owned(),
            offering_id: problem.offering().map(|offering| offering.0),
            quantity_available: None,
            seen_price: None,
            present_price: None,
            eligibility: None,
        };
        match problem {
            CartProblem::OutOfStock { free, .. } => view.quantity_available = Some(quantity_text(*free)),
            CartProblem::PriceChanged { seen, now, .. } => {
                view.seen_price = Some(*seen);
                view.present_price = Some(*now);
            }
            CartProblem::Ineligible(why) => view.eligibility = Some(IneligibleView::of(why, centers)),
            CartProblem::NotOnSale { .. }
            | CartProblem::NotDivisible { .. }
            | CartProblem::OwnOffering { .. }
            | CartProblem::LoginRequired { .. }
            | CartProblem::NoShippingAddress => {}
        }
        view
    }
}
