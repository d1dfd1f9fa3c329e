//! Orders that end before their time, and requests that come twice.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use super::{steps, told};
use crate::actors::{Answer, BOULDER, Customer, Gardener, Market, id_of};

/// A market with kale in it, ten bundles.
macro_rules! kale {
    ($market:ident, $gardener:ident, $customer:ident, $kale:ident, $center:ident) => {
        let $market = Market::open().await;
        let $center = $market.admin("root@example.com").await.runs_center("The Grange", BOULDER).await;
        let $gardener: Gardener<'_> = $market.gardener("Gale", BOULDER).await;
        let $customer: Customer<'_> = $market.customer("Casey", BOULDER).await;
        let $kale = $gardener.lists("Kale", "bundle", 350, "10").await;
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_called_off_gives_its_stock_back() {
    kale!(market, gardener, customer, kale, center);
    // Before it is paid: what was held is free again.
    let unpaid = customer.orders(kale, "4").await;
    assert_eq!(market.free(kale).await, "6");
    let cancelled = customer.cancels(unpaid, "changed my mind").await.done();
    assert_eq!((&cancelled["status"], &cancelled["actions"]), (&json!("CANCELLED"), &json!([])));
    assert_eq!(cancelled["cancel_reason"], "changed my mind");
    assert_eq!(market.free(kale).await, "10");
    customer.pays(unpaid).await.refused(409, "wrong_order_state");

    // After: what was sold comes back, and the place in the window too.
    let paid = customer.orders(kale, "3").await;
    customer.pays(paid).await.done();
    let window = customer.windows(center).await.remove(0);
    customer.picks_up(paid, center, &window).await.done();
    let left = async |which: usize| {
        let calendar = market.get(&format!("/api/v1/centers/{center}/windows")).await.done();
        calendar["items"][which]["remaining"].as_i64().unwrap()
    };
    assert_eq!((market.free(kale).await.as_str(), left(0).await), ("7", 39));
    gardener.cancels(paid, "slugs").await.done();
    assert_eq!((market.free(kale).await.as_str(), left(0).await), ("10", 40));
    let again = gardener.cancels(paid, "slugs again").await.done();
    assert_eq!(again["cancel_reason"], "slugs", "calling off twice is calling off once");
    assert_eq!(market.free(kale).await, "10");

    let events = customer.get(&format!("/api/v1/orders/{paid}/events")).await.done();
    let (buyer, seller) = (Some(customer.id.0), Some(gardener.id.0));
    let expected = told(&[
        ("-", "CREATED", buyer),
        ("CREATED", "AWAITING_PICKUP_SCHEDULING", buyer),
        ("AWAITING_PICKUP_SCHEDULING", "SCHEDULED", buyer),
        ("SCHEDULED", "CANCELLED", seller),
    ]);
    assert_eq!(steps(&events), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_called_off_without_a_word() {
    kale!(market, _gardener, customer, kale, _center);
    let order = customer.orders(kale, "4").await;
    let cancelled = customer.step(order, "cancel").await.done();
    assert_eq!((&cancelled["status"], &cancelled["cancel_reason"]), (&json!("CANCELLED"), &json!(null)));
    assert_eq!(market.free(kale).await, "10");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_not_paid_in_time_expires() {
    kale!(market, gardener, customer, kale, _center);
    let order = customer.orders(kale, "4").await;
    let paid = customer.orders(kale, "1").await;
    customer.pays(paid).await.done();
    market.clock.advance(TimeDelta::minutes(29));
    market.work().await;
    assert_eq!(customer.order(order).await["status"], "CREATED");
    assert_eq!(market.free(kale).await, "5");

    // When the time is over nothing is held any more, whether or not anybody has cleaned up.
    market.clock.advance(TimeDelta::minutes(1));
    assert_eq!(market.free(kale).await, "9");
    customer.pays(order).await.refused(409, "payment_too_late");
    market.work().await;
    let expired = customer.order(order).await;
    assert_eq!((&expired["status"], &expired["actions"]), (&json!("CANCELLED"), &json!([])));
    assert_eq!(expired["cancel_reason"], "not paid in time");
    customer.pays(order).await.refused(409, "payment_too_late");
    let events = gardener.get(&format!("/api/v1/orders/{order}/events")).await.done();
    let buyer = Some(customer.id.0);
    assert_eq!(steps(&events), told(&[("-", "CREATED", buyer), ("CREATED", "CANCELLED", None)]));
    assert_eq!(market.free(kale).await, "9");
    assert_eq!(customer.order(paid).await["status"], "AWAITING_PICKUP_SCHEDULING");

    // Somebody else can have it.
    let other = market.customer("Olive", BOULDER).await;
    other.orders(kale, "9").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paying_twice_is_paying_once() {
    kale!(market, gardener, customer, kale, center);
    let order = customer.orders(kale, "4").await;
    let first = customer.pays(order).await;
    let second = customer.step(order, "mock_pay").await;
    assert_eq!(first.body, second.body);
    assert_eq!(first.headers["etag"], second.headers["etag"]);
    let plain = customer.does(&format!("/api/orders/{order}/mock_pay")).await.done();
    assert_eq!(plain, first.body);
    let window = customer.windows(center).await.remove(0);
    let scheduled = customer.picks_up(order, center, &window).await.done();
    assert_eq!(customer.pays(order).await.done(), scheduled, "nor does it undo what came after");
    assert_eq!(market.free(kale).await, "6");
    let events = customer.get(&format!("/api/v1/orders/{order}/events")).await.done();
    assert_eq!(events["events"].as_array().unwrap().len(), 3);
    let moves = gardener.get(&format!("/api/v1/vendor/offerings/{kale}/movements")).await.done();
    let sales = moves["items"].as_array().unwrap().iter().filter(|item| item["kind"] == "sale").count();
    assert_eq!(sales, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_repeated_is_answered_as_before() {
    kale!(market, _gardener, customer, kale, _center);
    customer.puts(kale, "2").await.done();
    let first = customer.checks_out_as("one", &json!({})).await;
    customer.puts(kale, "3").await.done();
    let again = customer.checks_out_as("one", &json!({})).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert!(!first.headers.contains_key("idempotent-replayed"));
    assert_eq!(market.free(kale).await, "8", "the second cart waits");
    let other = json!({ "ship_to_address_id": customer.id });
    customer.checks_out_as("one", &other).await.refused(422, "idempotency_key_reused");

    // The key is the customer's own.
    let somebody = market.customer("Olive", BOULDER).await;
    somebody.checks_out_as("one", &json!({})).await.refused(409, "empty_cart");
    // A refusal is no answer to keep: when what was in the way is gone, the same request works.
    somebody.puts(kale, "1").await.done();
    let made = somebody.checks_out_as("one", &json!({})).await.done();
    assert_ne!(id_of(&made), id_of(&first.body));

    let body = json!({ "offering_id": kale, "quantity": "1" });
    for _ in 0..2 {
        let adds = somebody.ask(Method::POST, "/api/v1/cart/lines").header("idempotency-key", "add");
        let cart = Answer::to(adds.json(&body)).await.done();
        assert_eq!(cart["lines"][0]["quantity"], "1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_named_must_be_there_even_where_nothing_ships() {
    kale!(market, _gardener, customer, kale, _center);
    customer.puts(kale, "2").await.done();
    let nowhere = json!({ "ship_to_address_id": customer.id });
    let refused = customer.checks_out_as("one", &nowhere).await.refused(422, "invalid_input");
    assert_eq!(refused["errors"][0]["pointer"], "/ship_to_address_id");
    assert_eq!(market.free(kale).await, "10", "nothing was ordered");
    customer.checks_out_as("one", &json!({})).await.done();
}
