//! What is said to those who sell.

use url::Url;

use super::orders::rows;
use super::{Block, Row, Wording, money};
use crate::{Handover, LowItem, Order};

pub(super) fn received(order: &Order, handover: Handover) -> Wording {
    let (number, total) = (&order.number, money(order.total));
    let next = match handover {
        Handover::Ship => "Ship it, and tell the buyer how to follow the parcel.",
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
        detail: format!("you asked to hear below {}", item.threshold),
        amount: format!("{} left", item.left),
        is_total: false,
    });
    Wording::new(title, format!("Not much is left of {}{more}.", named.join("; ")))
        .and(Block::Rows(rows.collect()))
        .action("Update your stock", link)
}
