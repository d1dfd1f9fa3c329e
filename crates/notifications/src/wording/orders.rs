//! What is said about an order to whoever bought it.

use super::{Block, Fact, Row, Wording, listed, money};
use crate::{CancelledBy, LocalTime, Order, Pickup, Tracking};

const SEE: &str = "See the order";

pub(super) fn placed(order: &Order, pay_by: Option<&LocalTime>) -> Wording {
    let (number, total) = (&order.number, money(order.total));
    let from = match order.shops.as_slice() {
        [] => String::new(),
        shops => format!(" from {}", listed(shops)),
    };
    let words = Wording::new(
        format!("Your order {number}"),
        format!("Thank you! We have your order {number}{from}, for {total} in all."),
    )
    .and(rows(order));
    match pay_by {
        Some(until) => words
            .paragraph(format!(
                "We keep it for you until {}. Please pay by then, or it will be cancelled.",
                until.in_full()
            ))
            .action("Pay for the order", &order.link),
        None => words.action(SEE, &order.link),
    }
}

pub(super) fn paid(order: &Order, to_be_scheduled: bool) -> Wording {
    let (number, total) = (&order.number, money(order.total));
    let words = Wording::new(
        format!("Order {number} is paid"),
        format!("We have your payment of {total} for order {number}."),
    )
    .and(rows(order));
    if to_be_scheduled {
        words.paragraph("Now choose where and when you pick it up.").action("Arrange the pickup", &order.link)
    } else {
        words.action(SEE, &order.link)
    }
}

pub(super) fn scheduled(order: &Order, pickup: &Pickup) -> Wording {
    let number = &order.number;
    let (center, when) = (&pickup.center.name, pickup.window.in_full());
    Wording::new(
        format!("Your pickup of order {number}"),
        format!("You can pick up order {number} at {center} on {when}."),
    )
    .and(meeting(pickup))
    .action(SEE, &order.link)
    .note("If something comes up, choose another time on the order's page.")
    .texting(format!("pick up order {number} at {center}, {}.", pickup.window.in_short()))
}

pub(super) fn reminder(order: &Order, pickup: &Pickup) -> Wording {
    let number = &order.number;
    let (center, when) = (&pickup.center.name, pickup.window.in_full());
    Wording::new(
        format!("Soon: your pickup of order {number}"),
        format!("Order {number} waits for you at {center} on {when}."),
    )
    .and(meeting(pickup))
    .and(rows(order))
    .action(SEE, &order.link)
    .texting(format!("reminder: order {number} at {center}, {}.", pickup.window.in_short()))
}

pub(super) fn shipped(order: &Order, tracking: Option<&Tracking>) -> Wording {
    let number = &order.number;
    let title = format!("Order {number} is on its way");
    let summary = match order.shops.as_slice() {
        [] => format!("Your order {number} was shipped."),
        shops => format!("{} shipped your order {number}.", listed(shops)),
    };
    let words = Wording::new(title, summary);
    let words = match tracking {
        Some(tracking) => words.and(Block::Facts(vec![Fact {
            link: tracking.link.clone(),
            ..Fact::new("Tracking", &tracking.reference)
        }])),
        None => words,
    };
    words.and(rows(order)).action(SEE, &order.link).texting(format!("order {number} is on its way."))
}

pub(super) fn delivered(order: &Order) -> Wording {
    let number = &order.number;
    Wording::new(
        format!("Order {number} has arrived"),
        format!("Your order {number} was delivered. Enjoy it!"),
    )
    .and(rows(order))
    .action(SEE, &order.link)
    .note("If something is not as it should be, tell the shop from the order's page.")
    .texting(format!("order {number} was delivered."))
}

pub(super) fn completed(order: &Order) -> Wording {
    let number = &order.number;
    Wording::new(
        format!("Order {number} is complete"),
        format!("You have picked up your order {number}. Enjoy it!"),
    )
    .and(rows(order))
    .action(SEE, &order.link)
    .note("If something is not as it should be, tell the shop from the order's page.")
}

pub(super) fn cancelled(
    order: &Order,
    by: CancelledBy,
    reason: Option<&str>,
    refund: Option<kernel::Money>,
) -> Wording {
    let number = &order.number;
    let how = match by {
        CancelledBy::Buyer => "was cancelled by the buyer",
        CancelledBy::Shop => "was cancelled by the shop",
        CancelledBy::Platform => "was cancelled by us",
        CancelledBy::Unpaid => "was cancelled, because it was not paid in time",
    };
    let refunded = refund.map(money);
    let summary = match &refunded {
        Some(amount) => format!("Order {number} {how}. A refund of {amount} is on its way to the buyer."),
        None => format!("Order {number} {how}."),
    };
    let mut facts = Vec::new();
    facts.extend(reason.map(|reason| Fact::new("Why", reason)));
    facts.extend(refunded.map(|amount| Fact::new("Refund", amount)));
    let words = Wording::new(format!("Order {number} was cancelled"), summary);
    let words = if facts.is_empty() { words } else { words.and(Block::Facts(facts)) };
    words.and(rows(order)).action(SEE, &order.link).texting(format!("order {number} {how}."))
}

/// What was bought, and what it comes to.
pub(super) fn rows(order: &Order) -> Block {
    let lines = order.lines.iter().map(|line| Row {
        what: line.title.clone(),
        detail: line.quantity.clone(),
        amount: money(line.total),
        is_total: false,
    });
    let total =
        Row { what: "Total".to_owned(), detail: String::new(), amount: money(order.total), is_total: true };
    Block::Rows(lines.chain([total]).collect())
}

pub(super) fn meeting(pickup: &Pickup) -> Block {
    Block::Facts(vec![
        Fact::new("When", pickup.window.in_full()),
        Fact::new("Where", &pickup.center.name),
        Fact::new("Address", &pickup.center.address),
    ])
}
