//! What gardeners put on sale.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::actors::*;
use crate::shelf::*;
use crate::town::pointers;

#[tokio::test(flavor = "multi_thread")]
async fn a_gardener_lists_and_everybody_sees() {
    let market = denver_market().await;
    let gale = market.gardener("Gale", BOULDER).await;
    let plant = gale.grows("Kale").await;
    let made = gale.post("/api/v1/listings", &listing_of(plant, &json!({ "description": "Lacinato" }))).await;
    let location = location_of(&made);
    let made = made.done();
    assert_eq!(location, format!("/api/v1/listings/{}", id_of(&made)));
    assert_eq!((&made["title"], &made["status"]), (&json!("Kale"), &json!("active")));
    assert_eq!((&made["plant_id"], &made["version"]), (&json!(plant), &json!(1)));

    let shown = market.get(&location).await.done();
    assert_eq!((&shown["description"], &shown["status"]), (&json!("Lacinato"), &json!("active")));
    assert_eq!(
        (&shown["quantity_available"], &shown["vendor"]["slug"]),
        (&json!("10"), &json!("gales-garden"))
    );
    assert_eq!(market.get(&location.replace("listings", "offerings")).await.done(), shown);
    assert_eq!(statements(&market, &location).await, 2);
    market.get(&format!("/api/v1/listings/{}", Uuid::new_v4())).await.refused(404, "not_found");
    market.get("/api/v1/listings/kale").await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_has_is_current_until_the_listing_or_its_stock_changes() {
    let market = denver_market().await;
    let gale = market.gardener("Gale", BOULDER).await;
    let id = id_of(&lists(&gale, "Kale", &json!({})).await);
    let path = format!("/api/v1/listings/{id}");
    let first = tag_of(&market.get(&path).await);
    let again = async |tag: &str| Answer::to(market.server.get(&path).header("if-none-match", tag)).await;
    assert_eq!(again(&first).await.status, 304);
    stocks(&gale, id, "9").await;
    let answer = again(&first).await;
    assert_eq!(answer.status, 200);
    let price = json!({ "price": { "amount": 350, "currency": "USD" } });
    let changed = patch_version(&gale, &path, &first, &price).await;
    assert_eq!(changed.status, 200, "stock is no change of the listing");
    assert_eq!(changed.done()["version"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_sell_learns_why_and_nothing_is_made() {
    let market = Market::open().await;
    let gale = market.newcomer("Gale").await;
    gale.opens_shop("gardener", "Gale's Garden").await;
    let plant = id_of(&gale.post("/api/v1/plants", &json!({ "name": "Kale" })).await.done());
    let body = listing_of(plant, &json!({}));
    let told = gale.post("/api/v1/listings", &body).await.refused(409, "not_located");
    assert_eq!(told["type"], "/problems/catalog/not-located");
    assert!(told["remedy"].as_str().unwrap().contains("primary address"), "{told}");

    moves_to_bozeman(&gale).await;
    market.work().await;
    let told = gale.post("/api/v1/listings", &body).await.refused(409, "out_of_reach");
    assert_eq!(told["nearest_center"], Value::Null, "there is none at all");
    let denver = opens_center(&market, "Union Station", (39.7527, -105.0)).await;
    let told = gale.post("/api/v1/listings", &body).await.refused(409, "out_of_reach");
    let nearest = &told["nearest_center"];
    assert_eq!((&nearest["id"], &nearest["name"]), (&json!(denver), &json!("Union Station")));
    let miles = nearest["miles"].as_f64().unwrap();
    assert!((450.0..600.0).contains(&miles), "{miles} miles from Bozeman to Denver");
    assert!(told["remedy"].as_str().unwrap().contains("center"), "{told}");
    assert!(titles(&gale.get("/api/v1/vendor/listings").await.done()).is_empty(), "nothing was made");

    let draft = listing_of(plant, &json!({ "publish": false }));
    let draft = gale.post("/api/v1/listings", &draft).await.done();
    assert_eq!(draft["status"], "draft");
    let publish = format!("/api/v1/vendor/offerings/{}/publish", id_of(&draft));
    let told = gale.post(&publish, &json!({})).await.refused(409, "out_of_reach");
    assert_eq!(told["nearest_center"]["id"], json!(denver));
    opens_center(&market, "Bozeman market", (45.68, -111.04)).await;
    let published = gale.post(&publish, &json!({})).await.done();
    assert_eq!((&published["status"], &published["version"]), (&json!("active"), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_field_is_named() {
    let market = denver_market().await;
    let gale = market.gardener("Gale", BOULDER).await;
    let plant = gale.grows("Kale").await;
    let usd = |amount: i64| json!({ "amount": amount, "currency": "USD" });
    for (fields, pointer) in [
        (json!({ "type": "FRUIT" }), &["/type"][..]),
        (json!({ "unit": "stone" }), &["/unit"]),
        (
            json!({ "type": "x", "unit": "x", "quantity_available": "x" }),
            &["/type", "/unit", "/quantity_available"],
        ),
        (json!({ "quantity_available": "-1" }), &["/quantity_available"]),
        (json!({ "quantity_available": "1000000001" }), &["/quantity_available"]),
        (json!({ "quantity_available": "0.0001" }), &["/quantity_available"]),
        (json!({ "quantity_available": 10 }), &["/quantity_available"]),
        (json!({ "unit": "each", "quantity_available": "0.5" }), &["/quantity_available"]),
        (json!({ "price": usd(0) }), &["/price"]),
        (json!({ "price": { "amount": 1, "currency": "EUR" } }), &["/price/currency"]),
        (json!({ "title": "" }), &["/title"]),
        (json!({ "plant_id": Uuid::new_v4() }), &["/plant_id"]),
        (json!({ "plant_id": "kale" }), &["/plant_id"]),
        (json!({ "category_id": Uuid::new_v4() }), &["/category_id"]),
        (json!({ "colour": "green" }), &["/colour"]),
    ] {
        let refused = gale.post("/api/v1/listings", &listing_of(plant, &fields)).await;
        assert_eq!(pointers(&refused.refused(422, "invalid_input")), pointer, "{fields}");
    }
    let path = format!("/api/v1/listings/{}", id_of(&lists(&gale, "Mint", &json!({})).await));
    for (change, pointer) in [
        (json!({ "price": usd(-5) }), "/price"),
        (json!({ "title": "x".repeat(161) }), "/title"),
        (json!({ "sku": "K-1" }), "/sku"),
        (json!({ "reorder_threshold": "-1" }), "/reorder_threshold"),
        (json!({ "category_id": Uuid::new_v4() }), "/category_id"),
        (json!({ "status": "active" }), "/status"),
    ] {
        let refused = gale.patch(&path, &change).await;
        assert_eq!(pointers(&refused.refused(422, "invalid_input")), [pointer], "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_is_changed_by_its_gardener_who_has_read_it() {
    let market = denver_market().await;
    let (gale, fred) = (market.gardener("Gale", BOULDER).await, market.gardener("Fred", BOULDER).await);
    let id = id_of(&lists(&gale, "Kale", &json!({})).await);
    let (path, own) = (format!("/api/v1/listings/{id}"), format!("/api/v1/vendor/offerings/{id}"));
    let first = tag_of(&gale.get(&own).await);
    let change = json!({ "title": "Red kale", "description": "Sweet" });
    let blind = Answer::to(gale.ask(reqwest::Method::PATCH, &path).json(&change)).await;
    blind.refused(428, "precondition_required");
    let changed = patch_version(&gale, &path, &first, &change).await;
    let second = tag_of(&changed);
    let changed = changed.done();
    assert_eq!((&changed["title"], &changed["price"]["amount"]), (&json!("Red kale"), &json!(300)));
    patch_version(&gale, &path, &first, &change).await.refused(412, "precondition_failed");
    let cleared = patch_version(&gale, &path, &second, &json!({ "description": "" })).await.done();
    assert!(cleared.get("description").is_none());
    assert_eq!(titles(&browse(&market, "q=red").await), ["Red kale"]);

    fred.patch(&path, &change).await.refused(404, "not_found");
    fred.delete(&path).await.refused(404, "not_found");
    fred.get(&own).await.refused(404, "not_found");
    for action in ["publish", "pause"] {
        fred.post(&format!("{own}/{action}"), &json!({})).await.refused(404, "not_found");
    }
    fred.put(&format!("{own}/stock"), &json!({ "quantity_available": "1" })).await.refused(404, "not_found");
    fred.get(&format!("{own}/movements")).await.refused(404, "not_found");

    let paused = gale.post(&format!("{own}/pause"), &json!({})).await.done();
    assert_eq!(paused["status"], "paused");
    assert_eq!(market.get(&path).await.done()["status"], "paused");
    assert!(titles(&browse(&market, "").await).is_empty());
    assert_eq!(gale.delete(&path).await.status, 204);
    market.get(&path).await.refused(404, "not_found");
    gale.delete(&path).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_are_their_vendor_s_alone() {
    let market = denver_market().await;
    let gale = market.gardener("Gale", BOULDER).await;
    let draft = id_of(&lists(&gale, "Kale", &json!({ "publish": false })).await);
    let (path, own) = (format!("/api/v1/listings/{draft}"), format!("/api/v1/vendor/offerings/{draft}"));
    market.get(&path).await.refused(404, "not_found");
    gale.get(&path).await.refused(404, "not_found");
    assert_eq!(gale.get(&own).await.done()["status"], "draft");
    lists(&gale, "Mint", &json!({})).await;
    assert_eq!(titles(&gale.get("/api/v1/vendor/listings").await.done()).len(), 2);
    assert!(titles(&gale.get("/api/v1/vendor/products").await.done()).is_empty());
    assert_eq!(titles(&browse(&market, "").await), ["Mint"]);
    gale.post(&format!("{own}/publish"), &json!({})).await.done();
    assert_eq!(market.get(&path).await.done()["status"], "active");
    for path in ["/api/v1/vendor/listings", "/api/v1/plants", &own] {
        market.get(path).await.refused(401, "unauthenticated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_twice_with_one_key_lists_once() {
    let market = denver_market().await;
    let gale = market.gardener("Gale", BOULDER).await;
    let body = listing_of(gale.grows("Kale").await, &json!({}));
    let send = async || {
        let request = gale.ask(reqwest::Method::POST, "/api/v1/listings").header("idempotency-key", "spring");
        Answer::to(request.json(&body)).await
    };
    let (first, second) = (send().await, send().await);
    assert_eq!(second.headers["idempotent-replayed"], "true");
    assert_eq!(first.done(), second.done());
    assert_eq!(titles(&browse(&market, "").await), ["Kale"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_set_against_what_the_vendor_saw() {
    let market = denver_market().await;
    let (gale, mia) = (market.gardener("Gale", BOULDER).await, market.maker("Mia", GRAND_JUNCTION).await);
    let kale = id_of(&lists(&gale, "Kale", &json!({})).await);
    let stock = format!("/api/v1/vendor/offerings/{kale}/stock");
    let set = async |body: Value| gale.put(&stock, &body).await;
    let wrong = set(json!({ "quantity_available": "7", "expected_quantity": "9" })).await;
    assert_eq!(wrong.refused(409, "stock_changed")["quantity_available"], "10");
    let right = set(json!({ "quantity_available": "7.25", "expected_quantity": "10" })).await;
    assert_eq!(right.done()["quantity_available"], "7.25");
    assert_eq!(set(json!({ "quantity_available": "0" })).await.done()["status"], "sold_out");
    market.work().await;
    assert!(titles(&browse(&market, "").await).is_empty());
    for quantity in ["-1", "1e3", "", "1000000000.001"] {
        let refused = set(json!({ "quantity_available": quantity })).await.refused(422, "invalid_input");
        assert_eq!(pointers(&refused), ["/quantity_available"], "{quantity}");
    }
    let belief = set(json!({ "quantity_available": "1", "expected_quantity": "x" })).await;
    assert_eq!(pointers(&belief.refused(422, "invalid_input")), ["/expected_quantity"]);
    let mug = makes(&mia, "Mug", "M-1").await;
    let half = mia
        .put(&format!("/api/v1/vendor/offerings/{mug}/stock"), &json!({ "quantity_available": "0.5" }))
        .await;
    assert_eq!(pointers(&half.refused(422, "invalid_input")), ["/quantity_available"]);

    let movements = gale.get(&format!("/api/v1/vendor/offerings/{kale}/movements")).await.done();
    let deltas: Vec<_> = movements["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["quantity_delta"].as_str().unwrap())
        .collect();
    assert_eq!(deltas, ["-7.25", "-2.75", "10"]);
    let last = &movements["items"][0];
    assert_eq!((&last["kind"], &last["actor"]), (&json!("adjustment"), &json!(format!("user:{}", gale.id))));
}
