//! Filling a cart and looking at it.

use std::collections::HashMap;

use accounts::PrimaryPlace;
use catalog::{ForSale, OfferingKind};
use chrono::{DateTime, Utc};
use db::Conn;
use eligibility_core::Centers;
use kernel::{Currency, FieldError, InvalidCode, Money, OfferingId, PoolId, Quantity, UserId};
use market::{Cart, CartHolder, CartLine, MOST_LINES, MergeChange, MergedLine};

use crate::eligible::common_centers;
use crate::{CartProblem, CheckoutError, find_problems};

/// A cart as its holder sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct CartReview {
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
    /// Every line of either cart, the dropped ones included.
    pub lines: Vec<MergedLine>,
    /// The joined cart.
    pub cart: Cart,
}

/// Sets how much of an offering is in a cart that the transaction holds locked, at the present price, and looks at
/// the cart then.
///
/// # Errors
/// [`CheckoutError::OutOfStock`] when there is less than asked for; nothing is changed then.
pub async fn put_in_cart(
    tx: &mut Conn,
    now: DateTime<Utc>,
    customer: Option<UserId>,
    mut cart: Cart,
    (offering, quantity): (OfferingId, Quantity),
    centers: &Centers,
) -> Result<CartReview, CheckoutError> {
    let mut ids = ids_of(&cart.lines);
    if !ids.contains(&offering) {
        ids.push(offering);
    }
    let market = Standing::load(tx, now, customer, &ids).await?;
    let sale = market.sales.get(&offering).filter(|sale| sale.on_sale).ok_or_else(|| {
        FieldError::new(InvalidCode::Unknown, "there is no such offering on sale").at("offering_id")
    })?;
    let quantity = sale.unit.accept(quantity).map_err(|error| error.at("quantity"))?;
    let free = market.free.get(&offering).copied().unwrap_or_default();
    if free < quantity {
        let shortage = CartProblem::OutOfStock { offering, asked: quantity, free };
        return Err(CheckoutError::OutOfStock(vec![shortage]));
    }
    let seen_price_minor = sale.price.amount;
    let line = CartLine { offering_id: offering, quantity, seen_price_minor, created_at: now };
    market::put_lines(tx, &mut cart, &[line]).await?;
    market.review(customer, cart.lines, centers)
}

/// Takes note that the customer has seen the present prices of everything in a cart that the transaction holds locked.
pub async fn acknowledge_prices(tx: &mut Conn, cart: &mut Cart) -> Result<(), CheckoutError> {
    let sales = sales_of(tx, &cart.lines).await?;
    let seen_anew = |line: &CartLine| {
        let seen_price_minor = sales.get(&line.offering_id)?.price.amount;
        (seen_price_minor != line.seen_price_minor).then_some(CartLine { seen_price_minor, ..*line })
    };
    let changed: Vec<CartLine> = cart.lines.iter().filter_map(seen_anew).collect();
    Ok(market::put_lines(tx, cart, &changed).await?)
}

/// The cart's lines with present prices, stock and problems; a constant number of statements.
pub async fn review_cart(
    conn: &Conn,
    now: DateTime<Utc>,
    customer: Option<UserId>,
    lines: Vec<CartLine>,
    centers: &Centers,
) -> Result<CartReview, CheckoutError> {
    Standing::load(conn, now, customer, &ids_of(&lines)).await?.review(customer, lines, centers)
}

/// Joins the guest's cart to the user's and removes it; see [`market::merge`] for the rule.
pub async fn adopt_guest_cart(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    guest: &CartHolder,
) -> Result<MergeReport, CheckoutError> {
    let mut cart = market::user_cart(tx, now, user).await?;
    let Some(guests) = market::lock_cart(tx, now, guest).await? else {
        return Err(market::MarketError::NotFound("cart").into());
    };
    let Standing { sales, mut free, .. } = Standing::load(tx, now, None, &ids_of(&guests.lines)).await?;
    free.retain(|id, _| sales.get(id).is_some_and(|sale| sale.on_sale && sale.vendor_id != user));
    let lines = market::merge(&cart.lines, &guests.lines, &free, MOST_LINES);
    let is_changed =
        |merged: &&MergedLine| !matches!(merged.change, MergeChange::Kept | MergeChange::Dropped);
    let changed: Vec<CartLine> = lines.iter().filter(is_changed).map(|merged| merged.line).collect();
    market::put_lines(tx, &mut cart, &changed).await?;
    market::remove_cart(tx, guests.id).await?;
    Ok(MergeReport { lines, cart })
}

/// What the catalog says of the lines, in one statement.
pub(crate) async fn sales_of(
    conn: &Conn,
    lines: &[CartLine],
) -> Result<HashMap<OfferingId, ForSale>, CheckoutError> {
    sales(conn, &ids_of(lines)).await
}

fn ids_of(lines: &[CartLine]) -> Vec<OfferingId> {
    lines.iter().map(|line| line.offering_id).collect()
}

async fn sales(conn: &Conn, ids: &[OfferingId]) -> Result<HashMap<OfferingId, ForSale>, CheckoutError> {
    Ok(catalog::load_for_sale(conn, ids).await?.into_iter().map(|sale| (sale.id, sale)).collect())
}

/// How things stand for a customer who looks at some offerings.
struct Standing {
    sales: HashMap<OfferingId, ForSale>,
    /// How much can be had.
    free: HashMap<OfferingId, Quantity>,
    /// Where the customer is; none for a guest.
    place: Option<PrimaryPlace>,
}

impl Standing {
    /// Three reads, sent together.
    async fn load(
        conn: &Conn,
        now: DateTime<Utc>,
        customer: Option<UserId>,
        ids: &[OfferingId],
    ) -> Result<Self, CheckoutError> {
        let pools: Vec<PoolId> = ids.iter().map(|id| PoolId::from(*id)).collect();
        let free = async { Ok(reservations::availability(conn, now, &pools).await?) };
        let place = async {
            match customer {
                Some(customer) => Ok(accounts::primary_place(conn, customer).await?),
                None => Ok(None),
            }
        };
        let (sales, free, place) = futures_util::try_join!(sales(conn, ids), free, place)?;
        let free = free.into_iter().map(|(pool, standing)| (pool.into(), standing.free())).collect();
        Ok(Self { sales, free, place })
    }

    /// What the lines come to and what stands in their way.
    fn review(
        &self,
        customer: Option<UserId>,
        lines: Vec<CartLine>,
        centers: &Centers,
    ) -> Result<CartReview, CheckoutError> {
        let mut problems = find_problems(customer, &lines, &self.sales, Some(&self.free));
        if let Some(customer) = customer {
            problems.extend(self.shipping_problem(&lines));
            problems.extend(self.pickup_problem(customer, &lines, centers));
        }
        let reviewed = lines.into_iter().map(|line| {
            let sale = self.sales.get(&line.offering_id).cloned();
            let total = sale.as_ref().map(|sale| sale.price.times(line.quantity)).transpose()?;
            let free = self.free.get(&line.offering_id).copied().unwrap_or_default();
            Ok(ReviewedLine { line, sale, free, total })
        });
        let lines: Vec<ReviewedLine> =
            reviewed.collect::<Result<_, _>>().map_err(market::MarketError::Amount)?;
        let on_sale = lines.iter().filter(|line| line.sale.as_ref().is_some_and(|sale| sale.on_sale));
        let total = Money::sum(on_sale.filter_map(|line| line.total), Currency::Usd)
            .map_err(market::MarketError::Amount)?;
        Ok(CartReview { lines, total, problems })
    }

    /// Whoever has addresses has a primary one.
    fn shipping_problem(&self, lines: &[CartLine]) -> Option<CartProblem> {
        let ships = self.on_sale(lines, OfferingKind::Product).next().is_some();
        (ships && self.place.is_none()).then_some(CartProblem::NoShippingAddress)
    }

    /// Why the pickup lines cannot be had together, if they cannot.
    fn pickup_problem(&self, customer: UserId, lines: &[CartLine], centers: &Centers) -> Option<CartProblem> {
        let mut pickups = self.on_sale(lines, OfferingKind::Listing).peekable();
        pickups.peek()?;
        let common = common_centers(customer, self.place.as_ref(), pickups, centers);
        common.err().map(CartProblem::Ineligible)
    }

    fn on_sale(&self, lines: &[CartLine], kind: OfferingKind) -> impl Iterator<Item = &ForSale> {
        let sales = lines.iter().filter_map(|line| self.sales.get(&line.offering_id));
        sales.filter(move |sale| sale.kind == kind && sale.on_sale)
    }
}
