//! The chapters of the document.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// What each is about. One that is missing here has no description, which the lint of the document reports.
const CHAPTERS: [(&str, &str); 23] = [
    ("admin", "For those who run the platform: decisions, moderation, people, figures."),
    ("auth", "Accounts and sessions: registering, logging in and out, renewing tokens, forgotten passwords."),
    ("cart", "The cart of whoever is logged in, or of the guest who has its token."),
    ("categories", "What offerings are filed under."),
    ("centers", "Distribution centers, where what gardeners sell is handed over, and their pickup windows."),
    ("checkout", "From a cart to orders."),
    ("checkouts", "Checkouts of yours."),
    ("health", "Whether the process lives, and whether it can do its work."),
    ("images", "Pictures that you upload, to put them on what is yours."),
    ("listings", "What gardeners sell. Browsing shows products, too, unless asked otherwise."),
    ("live", "Live updates: the ticket that opens a stream of what changes."),
    ("me", "Your account, your addresses, your storefront."),
    ("notifications", "What you were told: the notification center."),
    ("offerings", "Listings and products alike, by id."),
    ("orders", "Orders, and what may happen to them."),
    ("plants", "What a gardener grows and makes listings of."),
    ("posts", "What gardeners tell of their gardens."),
    ("products", "What makers sell. Products ship."),
    ("reports", "Telling the platform's admins of an offering or a shop."),
    ("unsubscribe", "Switching mail off by the link in it."),
    ("uploads", "Sending pictures straight to the object store."),
    ("vendor", "A vendor's own offerings, their stock, and the orders they sell in."),
    ("vendors", "Storefronts, as everybody sees them."),
];

/// Those that the operations name, in alphabetical order.
pub(super) fn of(document: &Value) -> Value {
    let operations =
        document["paths"].as_object().into_iter().flatten().filter_map(|(_, item)| item.as_object());
    let names: BTreeSet<&str> = operations
        .flat_map(Map::values)
        .filter_map(|operation| operation["tags"].as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    names.into_iter().map(tag).collect()
}

fn tag(name: &str) -> Value {
    match CHAPTERS.iter().find(|(known, _)| *known == name) {
        Some((_, description)) => json!({ "name": name, "description": description }),
        None => json!({ "name": name }),
    }
}
