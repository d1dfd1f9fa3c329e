//! From a cart to unpaid orders, all or nothing.

use std::collections::HashMap;

use accounts::{AccountsError, PostalAddress, PrimaryPlace};
use catalog::{ForSale, OfferingKind};
use chrono::{DateTime, TimeDelta, Utc};
use db::Conn;
use eligibility_core::Centers;
use kernel::{Actor, AddressId, CartId, FieldError, HoldId, InvalidCode, OfferingId, OrderId, UserId};
use logistics::ApprovedCenters;
use market::{
    CartLine, Checkout, Fulfilment, MarketError, OrderPlan, PlacedBy, PlacedOrder, PricedLine, ShipTo, split,
};
use reservations::{HoldRequest, ReservationError, Source};

use crate::cart::sales_of;
use crate::eligible::common_centers;
use crate::{CartProblem, CheckoutError, ExpireOrder, find_problems};

/// What a checkout needs besides the cart.
#[derive(Clone, Debug)]
pub struct CheckOut {
    /// Whose cart it is.
    pub customer: UserId,
    /// Where to ship what ships; the primary address unless given.
    pub ship_to: Option<AddressId>,
    /// How long stock is held for the payment.
    pub pay_within: TimeDelta,
}

/// Turns the customer's cart into orders, holds their stock, and empties the cart.
///
/// `centers` narrows down who reaches what; which of those centers are approved at this moment is
/// asked of the database.
pub async fn check_out(
    tx: &mut Conn,
    now: DateTime<Utc>,
    request: &CheckOut,
    centers: &Centers,
) -> Result<Checkout, CheckoutError> {
    let customer = request.customer;
    let cart = market::user_cart(tx, now, customer).await?;
    if cart.lines.is_empty() {
        return Err(CheckoutError::EmptyCart);
    }
    let (sales, at) = futures_util::try_join!(sales_of(tx, &cart.lines), async {
        Ok(accounts::primary_place(tx, customer).await?)
    })?;
    let problems = find_problems(Some(customer), &cart.lines, &sales, None);
    if !problems.is_empty() {
        return Err(CheckoutError::CartProblems(problems));
    }
    let center_numbers = common_approved_centers(tx, (customer, at.as_ref()), &sales, centers).await?;
    let plans = split(priced(&cart.lines, &sales)).map_err(MarketError::Amount)?;
    let ships = plans.iter().any(|plan| plan.fulfilment == Fulfilment::Ship);
    // What was named must be there even where nothing ships: a mistake that goes unnoticed comes back later.
    let ship_to = if ships || request.ship_to.is_some() {
        Some(shipping_address(tx, request, at.as_ref()).await?)
    } else {
        None
    };
    let by = PlacedBy::Customer(customer);
    let terms = Terms { center_numbers, ship_to, pay_by: now + request.pay_within };
    place(tx, now, &by, cart.id, plans, terms).await
}

/// What orders need besides what is bought.
pub(crate) struct Terms {
    /// The centers at which everybody could meet, where something is picked up.
    pub center_numbers: Vec<i32>,
    /// Where to ship what ships.
    pub ship_to: Option<ShipTo>,
    /// Until when the stock is held.
    pub pay_by: DateTime<Utc>,
}

/// Makes orders of the plans: holds their stock, sees to their expiry, and empties the cart.
pub(crate) async fn place(
    tx: &mut Conn,
    now: DateTime<Utc>,
    by: &PlacedBy,
    cart: CartId,
    plans: Vec<OrderPlan>,
    terms: Terms,
) -> Result<Checkout, CheckoutError> {
    let Terms { center_numbers, ship_to, pay_by } = terms;
    let placed = plans
        .into_iter()
        .map(|plan| PlacedOrder {
            id: OrderId::new(),
            hold_id: HoldId::new(),
            center_numbers: match plan.fulfilment {
                Fulfilment::Pickup => center_numbers.clone(),
                Fulfilment::Ship => Vec::new(),
            },
            ship_to: ship_to.clone().filter(|_| plan.fulfilment == Fulfilment::Ship),
            plan,
        })
        .collect::<Vec<_>>();
    hold_stock(tx, now, by.buyer().actor(), pay_by, &placed).await?;
    let checkout = market::place_orders(tx, now, by, pay_by, placed).await?;
    let expiries: Vec<ExpireOrder> =
        checkout.orders.iter().map(|order| ExpireOrder { order_id: order.id }).collect();
    outbox::enqueue_all(tx, now, pay_by, &expiries).await?;
    market::clear_cart(tx, cart).await?;
    Ok(checkout)
}

/// The numbers of the approved centers that everybody in the pickup lines reaches; none are needed
/// when nothing is picked up.
async fn common_approved_centers(
    tx: &mut Conn,
    (customer, place): (UserId, Option<&PrimaryPlace>),
    sales: &HashMap<OfferingId, ForSale>,
    centers: &Centers,
) -> Result<Vec<i32>, CheckoutError> {
    let pickups: Vec<&ForSale> = sales.values().filter(|sale| sale.kind == OfferingKind::Listing).collect();
    if pickups.is_empty() {
        return Ok(Vec::new());
    }
    let common = |centers: &Centers| {
        common_centers(customer, place, pickups.iter().copied(), centers).map_err(CheckoutError::Ineligible)
    };
    let mut approved = logistics::confirm_approved(tx, common(centers)?.numbers()).await?;
    if approved.is_empty() {
        // The index is behind: what is true now decides, and explains.
        let truth = ApprovedCenters::load(tx).await?;
        approved = logistics::confirm_approved(tx, common(truth.centers())?.numbers()).await?;
    }
    if approved.is_empty() {
        return Err(CheckoutError::CenterNotEligible);
    }
    Ok(approved.into_iter().map(|center| center.number).collect())
}

/// The lines with what they cost now.
pub(crate) fn priced(lines: &[CartLine], sales: &HashMap<OfferingId, ForSale>) -> Vec<PricedLine> {
    lines
        .iter()
        .filter_map(|line| {
            let sale = sales.get(&line.offering_id)?;
            Some(PricedLine {
                offering_id: sale.id,
                vendor_id: sale.vendor_id,
                fulfilment: match sale.kind {
                    OfferingKind::Listing => Fulfilment::Pickup,
                    OfferingKind::Product => Fulfilment::Ship,
                },
                title: sale.title.clone(),
                unit: sale.unit.as_str().to_owned(),
                quantity: line.quantity,
                unit_price: sale.price,
            })
        })
        .collect()
}

async fn shipping_address(
    tx: &mut Conn,
    request: &CheckOut,
    primary: Option<&PrimaryPlace>,
) -> Result<ShipTo, CheckoutError> {
    let address_id = request.ship_to.or(primary.map(|primary| primary.address_id));
    let address_id = address_id.ok_or(CheckoutError::NoShippingAddress)?;
    let found = accounts::find_address(tx, request.customer, address_id).await;
    let address = found.map_err(|error| match error {
        AccountsError::AddressNotFound => {
            FieldError::new(InvalidCode::Unknown, "none of your addresses").at("ship_to_address_id").into()
        }
        other => CheckoutError::from(other),
    })?;
    let account = accounts::find_account(tx, request.customer).await?;
    Ok(envelope(account.user.display_name, address.postal))
}

/// What is written on a parcel.
pub(crate) fn envelope(name: String, to: PostalAddress) -> ShipTo {
    let PostalAddress { line1, line2, city, state, postal_code, country } = to;
    ShipTo { name, line1, line2, city, state, postal_code, country }
}

/// Takes the stock of every order, all or nothing; the database decides who of many gets the last.
async fn hold_stock(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    expires_at: DateTime<Utc>,
    placed: &[PlacedOrder],
) -> Result<(), CheckoutError> {
    let lines = |plan: &OrderPlan| {
        plan.lines.iter().map(|(line, _)| (line.offering_id.into(), line.quantity)).collect()
    };
    let requests: Vec<HoldRequest> = placed
        .iter()
        .map(|order| HoldRequest {
            id: order.hold_id,
            source: Source { kind: "order", id: order.id.0 },
            expires_at,
            lines: lines(&order.plan),
        })
        .collect();
    match reservations::place_holds(tx, now, actor, &requests).await {
        Ok(()) => Ok(()),
        Err(ReservationError::Insufficient(shortages)) => {
            let problems = shortages
                .into_iter()
                .map(|shortage| CartProblem::OutOfStock {
                    offering: shortage.pool.into(),
                    asked: shortage.asked,
                    free: shortage.free,
                })
                .collect();
            Err(CheckoutError::OutOfStock(problems))
        }
        Err(error) => Err(error.into()),
    }
}
