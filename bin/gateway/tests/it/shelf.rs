//! What vendors put on their shelves, and what visitors see of it.

use kernel::{Actor as Doer, Clock};
use logistics::{Confidence, PostalAddress, Propose};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::actors::*;

/// A market with an approved distribution center in Denver.
pub async fn denver_market() -> Market {
    let market = Market::open().await;
    opens_center(&market, "Union Station", (39.7527, -105.0)).await;
    market
}

/// Approves a center, wherever it is.
pub async fn opens_center(market: &Market, name: &str, (lat, lon): (f64, f64)) -> Uuid {
    let (now, conn) = (market.clock.now(), &mut *market.server.running.state.conn().await.unwrap());
    let address = PostalAddress {
        line1: "1 Main St".to_owned(),
        line2: None,
        city: "Denver".to_owned(),
        state: "CO".to_owned(),
        postal_code: "80202".to_owned(),
        country: "US".to_owned(),
    };
    let place = eligibility_core::Place::new(lat, lon).unwrap();
    let (name, confidence) = (name.to_owned(), Confidence::Rooftop);
    let proposal = Propose { name, address, notes: None, place, confidence, by: None };
    let center = logistics::propose(conn, now, proposal).await.unwrap();
    logistics::approve(conn, now, Doer::System, center.id).await.unwrap();
    market.work().await;
    center.id.0
}

/// Moves to Bozeman, Montana, some 500 miles from Denver.
pub async fn moves_to_bozeman(actor: &Actor<'_>) {
    let address = json!({ "line1": "1 Main St", "city": "Bozeman", "state": "MT", "postal_code": "59718" });
    let saved = actor.post("/api/v1/me/addresses", &address).await.done();
    actor.does(&format!("/api/v1/me/addresses/{}/primary", id_of(&saved))).await.done();
    actor.market.work().await;
}

/// A page of browse as a stranger sees it; `query` begins after the question mark.
pub async fn browse(market: &Market, query: &str) -> Value {
    market.get(&format!("/api/v1/listings?{query}")).await.done()
}

/// How many SQL statements the server makes of a stranger's request, once it is warm.
pub async fn statements(market: &Market, path: &str) -> u64 {
    market.get(path).await.done();
    let database = &market.server.running.state.database;
    let before = database.statements();
    market.get(path).await.done();
    database.statements() - before
}

/// The body of a listing of ten pounds at 3 dollars, with some fields otherwise.
pub fn listing_of(plant: Uuid, fields: &Value) -> Value {
    with(produce(plant, "lb", 300, "10"), fields)
}

/// Plants something and lists it, with some fields otherwise; returns the listing.
pub async fn lists(gardener: &Gardener<'_>, name: &str, fields: &Value) -> Value {
    let plant = gardener.grows(name).await;
    gardener.post("/api/v1/listings", &listing_of(plant, fields)).await.done()
}

/// The body of a product, five pieces at 20 dollars, with some fields otherwise.
pub fn product(title: &str, sku: &str, fields: &Value) -> Value {
    let usual = json!({
        "title": title, "sku": sku, "stock_quantity": "5", "price": { "amount": 2000, "currency": "USD" },
    });
    with(usual, fields)
}

pub async fn makes(maker: &Maker<'_>, title: &str, sku: &str) -> Uuid {
    id_of(&maker.post("/api/v1/products", &product(title, sku, &json!({}))).await.done())
}

/// Sets how much can be bought.
pub async fn stocks(vendor: &Actor<'_>, id: Uuid, quantity: &str) {
    let body = json!({ "quantity_available": quantity });
    vendor.put(&format!("/api/v1/vendor/offerings/{id}/stock"), &body).await.done();
}

/// Changes the version that the tag names.
pub async fn patch_version(actor: &Actor<'_>, path: &str, tag: &str, body: &Value) -> Answer {
    Answer::to(actor.ask(Method::PATCH, path).header("if-match", tag).json(body)).await
}

pub fn tag_of(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

pub fn location_of(answer: &Answer) -> String {
    answer.headers["location"].to_str().unwrap().to_owned()
}

/// The titles on a page.
pub fn titles(page: &Value) -> Vec<&str> {
    each(&page["items"], "title")
}

/// An object with some members otherwise.
pub fn with(mut object: Value, members: &Value) -> Value {
    let (all, new) = (object.as_object_mut().unwrap(), members.as_object().unwrap());
    all.extend(new.iter().map(|(name, value)| (name.clone(), value.clone())));
    object
}
