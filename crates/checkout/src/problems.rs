//! What stands between a cart and its checkout: pure.

use std::collections::HashMap;
use std::hash::BuildHasher;

use catalog::{ForSale, OfferingKind};
use eligibility_core::Ineligible;
use kernel::{OfferingId, Quantity, UserId};
use market::CartLine;

/// One thing that must be put right before a checkout.
#[derive(Clone, PartialEq, Debug)]
pub enum CartProblem {
    /// It is paused, hidden or removed.
    NotOnSale {
        /// The offering.
        offering: OfferingId,
    },
    /// There is less of it than the cart asks for.
    OutOfStock {
        /// The offering.
        offering: OfferingId,
        /// What the cart asks for.
        asked: Quantity,
        /// What can be had.
        free: Quantity,
    },
    /// Its price is not the one the customer last saw.
    PriceChanged {
        /// The offering.
        offering: OfferingId,
        /// The price seen, in minor units.
        seen: i64,
        /// The price now, in minor units.
        now: i64,
    },
    /// The unit is not divided so.
    NotDivisible {
        /// The offering.
        offering: OfferingId,
    },
    /// Nobody buys from themselves.
    OwnOffering {
        /// The offering.
        offering: OfferingId,
    },
    /// It is picked up, which needs an account with a located address.
    LoginRequired {
        /// The offering.
        offering: OfferingId,
    },
    /// Something ships, and the customer has no address to ship it to.
    NoShippingAddress,
    /// No center serves everybody whose goods would be picked up.
    Ineligible(Box<Ineligible>),
}

impl CartProblem {
    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOnSale { .. } => "not_on_sale",
            Self::OutOfStock { .. } => "out_of_stock",
            Self::PriceChanged { .. } => "price_changed",
            Self::NotDivisible { .. } => "not_divisible",
            Self::OwnOffering { .. } => "own_offering",
            Self::LoginRequired { .. } => "login_required",
            Self::NoShippingAddress => "no_shipping_address",
            Self::Ineligible(_) => "not_eligible",
        }
    }

    /// The line it is about, where it is about one.
    #[must_use]
    pub fn offering(&self) -> Option<OfferingId> {
        match self {
            Self::NotOnSale { offering }
            | Self::OutOfStock { offering, .. }
            | Self::PriceChanged { offering, .. }
            | Self::NotDivisible { offering }
            | Self::OwnOffering { offering }
            | Self::LoginRequired { offering } => Some(*offering),
            Self::NoShippingAddress | Self::Ineligible(_) => None,
        }
    }
}

/// What is wrong with the lines themselves; `free` is left out where stock is decided by a hold.
#[must_use]
pub fn find_problems<S: BuildHasher>(
    customer: Option<UserId>,
    lines: &[CartLine],
    sales: &HashMap<OfferingId, ForSale, S>,
    free: Option<&HashMap<OfferingId, Quantity, S>>,
) -> Vec<CartProblem> {
    let mut problems = Vec::new();
    for line in lines {
        let offering = line.offering_id;
        let Some(sale) = sales.get(&offering).filter(|sale| sale.on_sale) else {
            problems.push(CartProblem::NotOnSale { offering });
            continue;
        };
        if customer.is_none() && sale.kind == OfferingKind::Listing {
            problems.push(CartProblem::LoginRequired { offering });
        }
        if customer == Some(sale.vendor_id) {
            problems.push(CartProblem::OwnOffering { offering });
        }
        if sale.unit.accept(line.quantity).is_err() {
            problems.push(CartProblem::NotDivisible { offering });
        }
        if sale.price.amount != line.seen_price_minor {
            let (seen, now) = (line.seen_price_minor, sale.price.amount);
            problems.push(CartProblem::PriceChanged { offering, seen, now });
        }
        if let Some(free) = free {
            let free = free.get(&offering).copied().unwrap_or(Quantity::ZERO);
            if free < line.quantity {
                problems.push(CartProblem::OutOfStock { offering, asked: line.quantity, free });
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use catalog::Unit;
    use chrono::DateTime;
    use kernel::{Currency, Money};

    use super::*;

    fn sale(price: i64) -> ForSale {
        ForSale {
            id: OfferingId::new(),
            kind: OfferingKind::Listing,
            vendor_id: UserId::new(),
            vendor_name: "Green Acre".to_owned(),
            title: "Kale".to_owned(),
            unit: Unit::Each,
            price: Money::new(price, Currency::Usd),
            on_sale: true,
            place: None,
            reach: vec![],
        }
    }

    fn line(sale: &ForSale, quantity: &str, seen_price_minor: i64) -> CartLine {
        let quantity = quantity.parse().unwrap();
        CartLine { offering_id: sale.id, quantity, seen_price_minor, created_at: DateTime::UNIX_EPOCH }
    }

    fn problems(customer: Option<UserId>, line: CartLine, sale: &ForSale, free: i32) -> Vec<&'static str> {
        let sales = HashMap::from([(sale.id, sale.clone())]);
        let free = HashMap::from([(sale.id, Quantity::whole(free))]);
        find_problems(customer, &[line], &sales, Some(&free)).iter().map(CartProblem::code).collect()
    }

    #[test]
    fn a_sound_line_has_no_problem() {
        let kale = sale(100);
        assert!(problems(Some(UserId::new()), line(&kale, "2", 100), &kale, 2).is_empty());
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let kale = sale(100);
        let found = problems(Some(kale.vendor_id), line(&kale, "2.5", 90), &kale, 1);
        assert_eq!(found, ["own_offering", "not_divisible", "price_changed", "out_of_stock"]);
    }

    #[test]
    fn what_is_off_sale_has_no_other_problem() {
        let mut kale = sale(100);
        kale.on_sale = false;
        assert_eq!(problems(None, line(&kale, "2.5", 90), &kale, 0), ["not_on_sale"]);
    }

    #[test]
    fn a_guest_cannot_pick_up() {
        let kale = sale(100);
        assert_eq!(problems(None, line(&kale, "1", 100), &kale, 1), ["login_required"]);
    }
}
