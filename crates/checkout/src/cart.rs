//! Filling a cart and looking at it.

use std::collections::HashMap;

use catalog::{ForSale, OfferingKind};
use chrono::{DateTime, Utc};
use db::Conn;
use eligibility_core::Centers;
use kernel::{CartId, Currency, FieldError, InvalidCode, Money, OfferingId, PoolId, Quantity, UserId};
use market::{Cart, CartHolder, CartLine, MOST_LINES, MergeChange, MergedLine};

use crate::eligible::common_centers;
use crate::{CartProblem, CheckoutError, find_problems};

/// A cart as its holder sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct CartReview {
    /// The cart; none yet for somebody who has not begun one.
    pub cart: Option<CartId>,
    /// Its lines, oldest first.
    pub lines: Vec<ReviewedLine>,
    /// The sum of the lines that are on sale, at present prices.
    pub total: Money,
    /// What must be put right before a checkout.
    pub problems: Vec<CartProblem>,
}

/// A line with what it would cost now.
#[derive(Clone, PartialEq, Debug)]
pub struct ReviewedLine {
    /// The line.
    pub line: CartLine,
    /// What the catalog says of it.
    pub sale: Option<ForSale>,
    /// How much can be had.
    pub free: Quantity,
    /// Price times quantity, at the present price.
    pub total: Option<Money>,
}

/// What became of a guest's cart at login.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MergeReport {
    /// Every line of the joined carts, the dropped ones included.
    pub lines: Vec<MergedLine>,
}

/// Sets how much of an offering is in the cart, at the present price.
///
/// # Errors
/// [`CheckoutError::OutOfStock`] when there is less than asked for; nothing is changed then.
pub async fn put_in_cart(
    tx: &mut Conn,
    now: DateTime<Utc>,
    cart: CartId,
    offering: OfferingId,
    quantity: Quantity,
) -> Result<(), CheckoutError> {
    let sale = catalog::load_for_sale(tx, &[offering]).await?.pop();
    let sale = sale.filter(|sale| sale.on_sale).ok_or_else(|| {
        FieldError::new(InvalidCode::Unknown, "there is no such offering on sale").at("offering_id")
    })?;
    let quantity = sale.unit.accept(quantity).map_err(|error| error.at("quantity"))?;
    let free = free_of(tx, now, &[offering]).await?.get(&offering).copied().unwrap_or_default();
    if free < quantity {
        let shortage = CartProblem::OutOfStock { offering, asked: quantity, free };
        return Err(CheckoutError::OutOfStock(vec![shortage]));
    }
    let seen_price_minor = sale.price.amount;
    let line = CartLine { offering_id: offering, quantity, seen_price_minor, created_at: now };
    Ok(market::put_line(tx, now, cart, line).await?)
}

/// Takes note that the customer has seen the present prices of everything in the cart.
pub async fn acknowledge_prices(tx: &mut Conn, now: DateTime<Utc>, cart: &Cart) -> Result<(), CheckoutError> {
    let sales = sales_of(tx, &cart.lines).await?;
    for line in &cart.lines {
        let price = sales.get(&line.offering_id).map(|sale| sale.price.amount);
        if let Some(price) = price.filter(|price| *price != line.seen_price_minor) {
            market::put_line(tx, now, cart.id, CartLine { seen_price_minor: price, ..*line }).await?;
        }
    }
    Ok(())
}

/// The holder's cart with present prices, stock and problems; a constant number of statements.
pub async fn review_cart(
    conn: &mut Conn,
    now: DateTime<Utc>,
    holder: &CartHolder,
    centers: &Centers,
) -> Result<CartReview, CheckoutError> {
    let customer = match holder {
        CartHolder::User(user) => Some(*user),
        CartHolder::Guest(_) => None,
    };
    let Some(cart) = market::find_cart(conn, holder).await? else {
        let total = Money::new(0, Currency::Usd);
        return Ok(CartReview { cart: None, lines: Vec::new(), total, problems: Vec::new() });
    };
    let sales = sales_of(conn, &cart.lines).await?;
    let ids: Vec<OfferingId> = cart.lines.iter().map(|line| line.offering_id).collect();
    let free = free_of(conn, now, &ids).await?;
    let mut problems = find_problems(customer, &cart.lines, &sales, Some(&free));
    if let Some(customer) = customer {
        problems.extend(pickup_problem(conn, customer, &sales, centers).await?);
    }
    let lines = cart
        .lines
        .into_iter()
        .map(|line| {
            let sale = sales.get(&line.offering_id).cloned();
            let total = sale.as_ref().map(|sale| sale.price.times(line.quantity)).transpose();
            let free = free.get(&line.offering_id).copied().unwrap_or_default();
            total.map(|total| ReviewedLine { line, sale, free, total })
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(market::MarketError::Amount)?;
    let on_sale = lines.iter().filter(|line| line.sale.as_ref().is_some_and(|sale| sale.on_sale));
    let total = Money::sum(on_sale.filter_map(|line| line.total), Currency::Usd)
        .map_err(market::MarketError::Amount)?;
    Ok(CartReview { cart: Some(cart.id), lines, total, problems })
}

/// Joins the guest's cart to the user's and removes it; see [`market::merge`] for the rule.
pub async fn adopt_guest_cart(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    guest: &CartHolder,
) -> Result<MergeReport, CheckoutError> {
    let own = market::user_cart(tx, now, user).await?;
    let Some(guests) = market::find_cart(tx, guest).await? else {
        return Err(market::MarketError::NotFound("cart").into());
    };
    let ids: Vec<OfferingId> = guests.lines.iter().map(|line| line.offering_id).collect();
    let mut free = free_of(tx, now, &ids).await?;
    let sales = sales_of(tx, &guests.lines).await?;
    free.retain(|id, _| sales.get(id).is_some_and(|sale| sale.on_sale && sale.vendor_id != user));
    let merged = market::merge(&own.lines, &guests.lines, &free, MOST_LINES);
    for entry in &merged {
        if !matches!(entry.change, MergeChange::Kept | MergeChange::Dropped) {
            market::put_line(tx, now, own.id, entry.line).await?;
        }
    }
    market::remove_cart(tx, guests.id).await?;
    Ok(MergeReport { lines: merged })
}

/// What the catalog says of the lines, in one statement.
pub(crate) async fn sales_of(
    conn: &mut Conn,
    lines: &[CartLine],
) -> Result<HashMap<OfferingId, ForSale>, CheckoutError> {
    let ids: Vec<OfferingId> = lines.iter().map(|line| line.offering_id).collect();
    Ok(catalog::load_for_sale(conn, &ids).await?.into_iter().map(|sale| (sale.id, sale)).collect())
}

/// What can be had of the offerings, in one statement.
async fn free_of(
    conn: &mut Conn,
    now: DateTime<Utc>,
    ids: &[OfferingId],
) -> Result<HashMap<OfferingId, Quantity>, CheckoutError> {
    let pools: Vec<PoolId> = ids.iter().map(|id| PoolId::from(*id)).collect();
    let standing = reservations::availability(conn, now, &pools).await?;
    Ok(standing.into_iter().map(|(pool, standing)| (pool.into(), standing.free())).collect())
}

/// Why the cart's pickup lines cannot be had together, if they cannot.
async fn pickup_problem(
    conn: &mut Conn,
    customer: UserId,
    sales: &HashMap<OfferingId, ForSale>,
    centers: &Centers,
) -> Result<Option<CartProblem>, CheckoutError> {
    let pickups: Vec<&ForSale> =
        sales.values().filter(|sale| sale.kind == OfferingKind::Listing && sale.on_sale).collect();
    if pickups.is_empty() {
        return Ok(None);
    }
    let place = accounts::primary_place(conn, customer).await?;
    let common = common_centers(customer, place.as_ref(), pickups, centers);
    Ok(common.err().map(CartProblem::Ineligible))
}
