//! What stands between a cart and its checkout.

use serde_json::json;

use super::problems;
use crate::actors::{BOULDER, DENVER, Market, each};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_price_must_be_seen_before_it_is_charged() {
    let market = Market::open().await;
    market.admin("root@example.com").await.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let customer = market.customer("Casey", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    customer.puts(kale, "2").await.done();
    let price = json!({ "price": { "amount": 400, "currency": "USD" } });
    gardener.patch(&format!("/api/v1/listings/{kale}"), &price).await.done();

    let refused = customer.checks_out().await.refused(409, "cart_problems");
    let expected = json!([{
        "code": "price_changed", "offering_id": kale, "seen_price": 350, "present_price": 400,
    }]);
    assert_eq!(refused["problems"], expected);
    let cart = customer.cart().await;
    assert_eq!(cart["problems"], expected);
    assert_eq!(cart["total"]["amount"], 800, "at present prices");
    let seen = customer.does("/api/v1/cart/prices/acknowledge").await.done();
    assert_eq!(seen["problems"], json!([]));
    let checkout = customer.checks_out().await.done();
    assert_eq!(checkout["total"]["amount"], 800);

    // The order keeps the price it was made at.
    let price = json!({ "price": { "amount": 1, "currency": "USD" } });
    gardener.patch(&format!("/api/v1/listings/{kale}"), &price).await.done();
    let order = customer.get(&format!("/api/v1/checkouts/{}", checkout["id"].as_str().unwrap())).await.done();
    assert_eq!(order["orders"][0]["lines"][0]["unit_price"]["amount"], 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_off_sale_is_a_problem_of_the_cart() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    admin.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let customer = market.customer("Casey", BOULDER).await;
    let paused = gardener.lists("Kale", "bundle", 350, "10").await;
    let hidden = gardener.lists("Basil", "each", 200, "10").await;
    let removed = gardener.lists("Plum", "lb", 300, "10").await;
    let sound = gardener.lists("Apple", "lb", 250, "10").await;
    for offering in [paused, hidden, removed, sound] {
        customer.puts(offering, "1").await.done();
    }
    gardener.does(&format!("/api/v1/vendor/offerings/{paused}/pause")).await.done();
    let reason = json!({ "reason": "this is parsley" });
    admin.post(&format!("/api/v1/admin/offerings/{hidden}/hide"), &reason).await.done();
    gardener.delete(&format!("/api/v1/listings/{removed}")).await.done();

    let cart = customer.cart().await;
    assert_eq!(problems(&cart), ["not_on_sale"; 3]);
    assert_eq!(cart["total"]["amount"], 250, "only what is on sale counts");
    let refused = customer.checks_out().await.refused(409, "cart_problems");
    assert_eq!(refused["problems"], cart["problems"]);
    let about = each(&refused["problems"], "offering_id");
    for offering in [paused, hidden, removed] {
        assert!(about.contains(&offering.to_string().as_str()), "{refused}");
        customer.delete(&format!("/api/v1/cart/lines/{offering}")).await.done();
    }
    customer.checks_out().await.done();
    let gone = customer.puts(paused, "1").await.refused(422, "invalid_input");
    assert_eq!(gone["errors"][0]["pointer"], "/offering_id");
    customer
        .put(&format!("/api/v1/cart/lines/{paused}"), &json!({ "quantity": "1" }))
        .await
        .refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn quantities_are_those_of_the_unit_and_of_the_stock() {
    let market = Market::open().await;
    market.admin("root@example.com").await.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let customer = market.customer("Casey", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let plum = gardener.lists("Plum", "lb", 300, "10").await;

    for (offering, quantity) in [(kale, "1.5"), (plum, "0"), (plum, "-1"), (plum, "1.0001"), (plum, "a lot")]
    {
        let refused = customer.puts(offering, quantity).await.refused(422, "invalid_input");
        assert_eq!(refused["errors"][0]["pointer"], "/quantity", "{quantity}");
    }
    let short = customer.puts(plum, "10.001").await.refused(409, "out_of_stock");
    assert_eq!(short["quantity_available"], "10");
    customer.puts(plum, "9.5").await.done();
    customer.puts(plum, "0.501").await.refused(409, "out_of_stock");
    let cart = customer.puts(plum, "0.25").await.done();
    assert_eq!(cart["lines"][0]["quantity"], "9.75", "adding adds");
    let cart = customer.put(&format!("/api/v1/cart/lines/{plum}"), &json!({ "quantity": "3" })).await.done();
    assert_eq!(cart["lines"][0]["quantity"], "3", "setting sets");

    // Somebody else is quicker.
    let other = market.customer("Olive", BOULDER).await;
    other.orders(plum, "8").await;
    let cart = customer.cart().await;
    assert_eq!(problems(&cart), ["out_of_stock"]);
    assert_eq!(cart["problems"][0]["quantity_available"], "2");
    let refused = customer.checks_out().await.refused(409, "out_of_stock");
    assert_eq!(refused["quantity_available"], "2");
    assert_eq!(refused["problems"], cart["problems"]);
    assert_eq!(market.free(plum).await, "2", "a refused checkout takes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_buys_from_themselves() {
    let market = Market::open().await;
    market.admin("root@example.com").await.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let as_customer = market.known(gardener.id);
    let cart = as_customer.puts(kale, "1").await.done();
    assert_eq!(problems(&cart), ["own_offering"]);
    let refused = as_customer.checks_out().await.refused(409, "cart_problems");
    assert_eq!(problems(&refused), ["own_offering"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_cart_is_not_checked_out_and_a_key_is_asked_for() {
    let market = Market::open().await;
    let customer = market.customer("Casey", DENVER).await;
    customer.checks_out().await.refused(409, "empty_cart");
    customer.post("/api/v1/checkout", &json!({})).await.refused(400, "idempotency_key_required");
}
