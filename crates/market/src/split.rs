//! How a cart becomes orders: pure.
//!
//! All pickup lines go into one order, because they are handed over together at one center; lines
//! that ship go into one order per vendor, because each vendor sends their own parcel.

use std::collections::BTreeMap;

use kernel::{Currency, Money, MoneyError, OfferingId, Quantity, UserId};

use crate::Fulfilment;

/// A line of a cart with what it costs now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PricedLine {
    /// What is bought.
    pub offering_id: OfferingId,
    /// From whom.
    pub vendor_id: UserId,
    /// How it reaches the customer.
    pub fulfilment: Fulfilment,
    /// Its title.
    pub title: String,
    /// The unit of price and quantity.
    pub unit: String,
    /// How much.
    pub quantity: Quantity,
    /// The price of one unit.
    pub unit_price: Money,
}

/// An order about to be placed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderPlan {
    /// How it reaches the customer.
    pub fulfilment: Fulfilment,
    /// Its lines with their totals, in the cart's order.
    pub lines: Vec<(PricedLine, Money)>,
    /// The sum of the lines.
    pub total: Money,
}

/// What makes lines one order: the way they go and, if they ship, whose parcel it is.
type Parcel = (Fulfilment, Option<UserId>);

/// The orders of a cart's lines: pickup first, then by vendor.
pub fn split(lines: Vec<PricedLine>) -> Result<Vec<OrderPlan>, MoneyError> {
    let mut parts: BTreeMap<Parcel, Vec<(PricedLine, Money)>> = BTreeMap::new();
    for line in lines {
        let parcel = match line.fulfilment {
            Fulfilment::Pickup => None,
            Fulfilment::Ship => Some(line.vendor_id),
        };
        let total = line.unit_price.times(line.quantity)?;
        parts.entry((line.fulfilment, parcel)).or_default().push((line, total));
    }
    parts
        .into_iter()
        .map(|((fulfilment, _), lines)| {
            let total = Money::sum(lines.iter().map(|(_, total)| *total), Currency::Usd)?;
            Ok(OrderPlan { fulfilment, lines, total })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(vendor_id: UserId, fulfilment: Fulfilment, cents: i64, quantity: &str) -> PricedLine {
        PricedLine {
            offering_id: OfferingId::new(),
            vendor_id,
            fulfilment,
            title: "thing".to_owned(),
            unit: "lb".to_owned(),
            quantity: quantity.parse().unwrap(),
            unit_price: Money::new(cents, Currency::Usd),
        }
    }

    #[test]
    fn pickup_lines_stay_together_and_parcels_are_per_vendor() {
        let (ann, bob) = (UserId::new(), UserId::new());
        let orders = split(vec![
            line(ann, Fulfilment::Ship, 500, "1"),
            line(ann, Fulfilment::Pickup, 333, "0.5"),
            line(bob, Fulfilment::Ship, 700, "2"),
            line(bob, Fulfilment::Pickup, 100, "3"),
            line(ann, Fulfilment::Ship, 50, "1"),
        ])
        .unwrap();
        let shape: Vec<_> = orders.iter().map(|o| (o.fulfilment, o.lines.len(), o.total.amount)).collect();
        assert_eq!(shape[0], (Fulfilment::Pickup, 2, 167 + 300));
        assert_eq!(orders.len(), 3);
        assert!(shape[1..].contains(&(Fulfilment::Ship, 2, 550)));
        assert!(shape[1..].contains(&(Fulfilment::Ship, 1, 1400)));
    }

    #[test]
    fn a_sum_beyond_all_money_is_refused() {
        let vendor = UserId::new();
        let huge = || line(vendor, Fulfilment::Pickup, i64::MAX / 2, "1.5");
        assert_eq!(split(vec![huge(), huge()]), Err(MoneyError::Overflow));
    }
}
