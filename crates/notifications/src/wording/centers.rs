//! What is said about a proposed center.

use url::Url;

use super::{Block, Fact, Wording};
use crate::Place;

pub(super) fn approved(center: &Place, link: &Url) -> Wording {
    let name = &center.name;
    Wording::new(
        format!("{name} is open for pickups"),
        format!(
            "The center that you proposed, {name}, was approved. Orders can be picked up there from now on."
        ),
    )
    .and(place(center))
    .action("See the center", link)
    .note("Thank you for proposing it.")
}

pub(super) fn rejected(center: &Place, reason: Option<&str>, link: &Url) -> Wording {
    let name = &center.name;
    let words = Wording::new(
        format!("{name} was not approved"),
        format!("The center that you proposed, {name}, was not approved."),
    )
    .and(place(center));
    let words = match reason {
        Some(reason) => words.and(Block::Facts(vec![Fact::new("Why", reason)])),
        None => words,
    };
    words.action("Propose another", link)
}

fn place(center: &Place) -> Block {
    Block::Facts(vec![Fact::new("Center", &center.name), Fact::new("Address", &center.address)])
}
