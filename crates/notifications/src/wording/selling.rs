//! What is said to those who sell.

use url::Url;

use super::orders::{meeting, rows};
use super::{Block, Row, Wording, money};
use crate::{Handover, LowItem, Order, Pickup};

pub(super) fn received(order: &Order, handover: Handover) -> Wording {
    let (number, total) = (&order.number, money(order.total));
    let next = match handover {
        Handover::Ship => "We tell you as soon as it is paid, so that you can ship it.",
        Handover::Pickup => "Bring it to the center by the time that the buyer chooses; you hear of it then.",
    };
    Wording::new(
        format!("You sold something: order {number}"),
        format!("Somebody bought from you for {total}, in order {number}."),
    )
    .and(rows(order))
    .paragraph(next)
    .action("See the order", &order.link)
    .texting(format!("you sold something for {total}, order {number}."))
}

pub(super) fn paid(order: &Order, handover: Handover) -> Wording {
    let (number, total) = (&order.number, money(order.total));
    let next = match handover {
        Handover::Ship => "Ship it, and tell the buyer how to follow the parcel.",
        Handover::Pickup => "The buyer now chooses where and when to pick it up; you hear of it then.",
    };
    Wording::new(
        format!("Paid: order {number}"),
        format!("What you sold in order {number}, for {total}, is paid."),
    )
    .and(rows(order))
    .paragraph(next)
    .action("See the order", &order.link)
    .texting(format!("order {number} is paid."))
}

pub(super) fn scheduled(order: &Order, pickup: &Pickup) -> Wording {
    let number = &order.number;
    let (center, when) = (&pickup.center.name, pickup.window.in_full());
    Wording::new(
        format!("To be picked up: order {number}"),
        format!("The buyer of order {number} comes to {center} on {when}. Please have it there by then."),
    )
    .and(meeting(pickup))
    .and(rows(order))
    .action("See the order", &order.link)
    .texting(format!("bring order {number} to {center}, {}.", pickup.window.in_short()))
}

pub(super) fn low_stock(items: &[LowItem], link: &Url) -> Wording {
    let title = match items {
        [item] => format!("Running low: {}", item.title),
        _ => format!("Running low: {} of your goods", items.len()),
    };
    let named: Vec<String> =
        items.iter().take(3).map(|item| format!("{} ({} left)", item.title, item.left)).collect();
    let rest = items.len().saturating_sub(named.len());
    let more = if rest > 0 { format!("; and {rest} more") } else { String::new() };
    let rows = items.iter().map(|item| Row {
        what: item.title.clone(),
        detail: item
            .threshold
            .as_ref()
            .map(|least| format!("you asked to hear below {least}"))
            .unwrap_or_default(),
        amount: format!("{} left", item.left),
        is_total: false,
    });
    Wording::new(title, format!("Not much is left of {}{more}.", named.join("; ")))
        .and(Block::Rows(rows.collect()))
        .action("Update your stock", link)
}
