//! What makers sell.

use serde_json::json;

use crate::actors::*;
use crate::shelf::*;
use crate::town::pointers;

#[tokio::test(flavor = "multi_thread")]
async fn a_maker_sells_from_anywhere() {
    let market = Market::open().await;
    let mia = market.maker("Mia", GRAND_JUNCTION).await;
    let body = product("Mug", "M-1", &json!({ "reorder_threshold": "2" }));
    let made = mia.post("/api/v1/products", &body).await;
    let location = location_of(&made);
    let made = made.done();
    assert_eq!(
        (&made["sku"], &made["reorder_threshold"], &made["unit"]),
        (&json!("M-1"), &json!("2"), &json!("each"))
    );
    let shown = market.get(&location).await.done();
    assert_eq!((&shown["kind"], &shown["quantity_available"]), (&json!("product"), &json!("5")));
    assert!(shown.get("sku").is_none(), "the vendor's own number is nobody else's");
    assert_eq!(titles(&market.get("/api/v1/products").await.done()), ["Mug"]);
    let changed = mia.patch(&location, &json!({ "sku": "M-2", "reorder_threshold": "0" })).await;
    assert_eq!(changed.done()["sku"], "M-2");

    let ann = market.newcomer("Ann").await;
    ann.post("/api/v1/products", &body).await.refused(403, "not_a_vendor");
    mia.post("/api/v1/plants", &json!({ "name": "Kale" })).await.refused(403, "not_a_gardener");
    Answer::to(market.server.post("/api/v1/products").json(&body)).await.refused(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sku_is_taken_until_its_product_is_removed() {
    let market = Market::open().await;
    let mia = market.maker("Mia", GRAND_JUNCTION).await;
    let mug = makes(&mia, "Mug", "M-1").await;
    let again = product("Plate", "M-1", &json!({}));
    let taken = mia.post("/api/v1/products", &again).await.refused(409, "sku_taken");
    assert_eq!(pointers(&taken), ["/sku"]);
    assert_eq!(mia.delete(&format!("/api/v1/products/{mug}")).await.status, 204);
    mia.post("/api/v1/products", &again).await.done();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_field_of_a_product_is_named() {
    let market = Market::open().await;
    let mia = market.maker("Mia", GRAND_JUNCTION).await;
    for (fields, refused) in [
        (json!({ "sku": "" }), &["/sku"][..]),
        (json!({ "title": "\u{0}" }), &["/title"]),
        (json!({ "stock_quantity": "0.5" }), &["/stock_quantity"]),
        (
            json!({ "stock_quantity": "x", "reorder_threshold": "-1" }),
            &["/stock_quantity", "/reorder_threshold"],
        ),
        (json!({ "reorder_threshold": "0.5" }), &["/reorder_threshold"]),
        (json!({ "price": { "amount": 100_000_001, "currency": "USD" } }), &["/price"]),
    ] {
        let answer = mia.post("/api/v1/products", &product("Mug", "M-1", &fields)).await;
        assert_eq!(pointers(&answer.refused(422, "invalid_input")), refused, "{fields}");
    }
}
