//! From a garden to somebody's kitchen, and everything that can come in between.

mod carts;
mod endings;
mod guest_orders;
mod guests;
mod parcels;
mod pickups;
mod reach;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::actors::{BOULDER, DENVER, Market, each, id_of, produce, words};

/// What happened to an order: which states it went through, and who saw to it.
pub fn steps(timeline: &Value) -> Vec<(String, String, Option<Uuid>)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let events = timeline["events"].as_array().unwrap().iter();
    let actor = |event: &Value| event["actor_id"].as_str().map(|id| id.parse().unwrap());
    events.map(|event| (text(&event["from"]), text(&event["to"]), actor(event))).collect()
}

/// Who did what, as a story tells it.
pub fn told(steps: &[(&str, &str, Option<Uuid>)]) -> Vec<(String, String, Option<Uuid>)> {
    steps.iter().map(|(from, to, actor)| ((*from).to_owned(), (*to).to_owned(), *actor)).collect()
}

/// The codes of a cart's problems.
pub fn problems(cart: &Value) -> Vec<&str> {
    each(&cart["problems"], "code")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tomato_goes_from_the_garden_to_the_kitchen() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    let gardener = market.customer("Gale", BOULDER).await;
    let customer = market.customer("Casey", DENVER).await;

    // A place to hand over.
    let center = gardener.proposes("The Grange", BOULDER).await;
    let waiting = admin.get("/api/v1/admin/centers?status=PROPOSED").await.done();
    assert_eq!(each(&waiting["items"], "name"), ["The Grange"]);
    admin.lets(center, "approve").await;

    // Something to sell.
    let shop = gardener.opens_shop("gardener", "Pine Street Garden").await;
    let plant = id_of(&gardener.post("/api/v1/plants", &json!({ "name": "Cherry tomato" })).await.done());
    let listed = gardener.post("/api/v1/listings", &produce(plant, "lb", 499, "18")).await;
    assert_eq!(listed.status, 201, "{}", listed.body);
    let listing = id_of(&listed.body);

    // Somebody looks around: by address and by coordinates, with and without an account.
    for place in ["address=1701%20Wynkoop%20St,%20Denver,%20CO%2080202", "lat=39.7525&lon=-104.9995"] {
        let found = market.get(&format!("/api/v1/listings?{place}&sort=nearest")).await.done();
        assert_eq!(each(&found["items"], "title"), ["Cherry tomato"], "{place}");
        assert_eq!(found["items"][0]["vendor"]["slug"], shop["profile"]["slug"]);
        assert!((20.0..35.0).contains(&found["items"][0]["distance_miles"].as_f64().unwrap()), "{found}");
        assert_eq!(found["place"]["centers_in_reach"], 1);
        assert_eq!(customer.get(&format!("/api/listings?{place}&sort=nearest")).await.done(), found);
    }
    let elsewhere = market.get("/api/v1/listings?address=10001").await.done();
    assert_eq!((&elsewhere["items"], &elsewhere["place"]["centers_in_reach"]), (&json!([]), &json!(0)));

    // Into the cart, by the pound.
    let cart = customer.puts(listing, "2.5").await.done();
    assert_eq!(cart["lines"][0]["quantity"], "2.5");
    assert_eq!(cart["total"], json!({ "amount": 1248, "currency": "USD" }), "2.5 x 4.99, half a cent up");
    assert_eq!(cart["problems"], json!([]));
    let checked_out = customer.checks_out().await;
    assert_eq!(checked_out.status, 201, "{}", checked_out.body);
    let checkout = checked_out.body;
    assert_eq!(checked_out.headers["location"], format!("/api/v1/checkouts/{}", id_of(&checkout)));
    let order = id_of(&checkout["orders"][0]);
    assert_eq!(customer.cart().await["lines"], json!([]), "the cart is empty now");
    assert_eq!(market.free(listing).await, "15.5", "what is held cannot be had by others");

    let seen = customer.order(order).await;
    assert_eq!((&seen["status"], &seen["role"]), (&json!("CREATED"), &json!("customer")));
    assert_eq!(words(&seen["actions"]), ["pay", "cancel"]);
    assert_eq!(gardener.actions(order).await, ["cancel"]);
    gardener.step(order, "complete").await.refused(409, "wrong_order_state");
    customer
        .picks_up(order, center, "2030-03-02T16:00:00Z/2030-03-02T20:00:00Z")
        .await
        .refused(409, "wrong_order_state");

    // Payment.
    gardener.step(order, "mock_pay").await.refused(403, "not_your_step");
    let paid = customer.pays(order).await.done();
    assert_eq!(paid["status"], "AWAITING_PICKUP_SCHEDULING");
    assert!(paid["mock_payment_reference"].as_str().unwrap().starts_with("mock_"));
    assert_eq!(words(&paid["actions"]), ["schedule", "cancel"]);

    // Where and when.
    let centers = customer.get(&format!("/api/v1/orders/{order}/centers")).await.done();
    assert_eq!(each(&centers["centers"], "name"), ["The Grange"]);
    assert_eq!(id_of(&centers["centers"][0]), center);
    let windows = customer.windows(center).await;
    assert_eq!(windows[0], "2030-03-02T16:00:00Z/2030-03-02T20:00:00Z", "Saturday 09:00 to 13:00 in Denver");
    gardener.step(order, "complete").await.refused(409, "wrong_order_state");
    let scheduled = customer.picks_up(order, center, &windows[0]).await.done();
    assert_eq!(scheduled["status"], "SCHEDULED");
    assert_eq!(scheduled["pickup"]["starts_at"], "2030-03-02T16:00:00Z");
    assert_eq!(words(&scheduled["actions"]), ["schedule", "cancel"]);
    assert_eq!(gardener.actions(order).await, ["complete", "cancel"]);

    // Over the counter.
    let theirs = gardener.get("/api/v1/vendor/orders?status=SCHEDULED").await.done();
    assert_eq!(id_of(&theirs["items"][0]), order);
    assert_eq!(theirs["items"][0]["role"], "vendor");
    assert_eq!(theirs["items"][0]["mock_payment_reference"], Value::Null, "not the vendor's business");
    customer.step(order, "complete").await.refused(403, "not_your_step");
    let complete = gardener.step(order, "complete").await.done();
    assert_eq!((&complete["status"], &complete["actions"]), (&json!("COMPLETE"), &json!([])));
    customer.cancels(order, "changed my mind").await.refused(409, "wrong_order_state");

    assert_eq!(market.free(listing).await, "15.5");
    let moves = gardener.get(&format!("/api/v1/vendor/offerings/{listing}/movements")).await.done();
    assert_eq!(each(&moves["items"], "kind"), ["sale", "hold", "adjustment"]);
    let (buyer, seller) = (Some(customer.id.0), Some(gardener.id.0));
    let events = customer.get(&format!("/api/v1/orders/{order}/events")).await.done();
    let expected = told(&[
        ("-", "CREATED", buyer),
        ("CREATED", "AWAITING_PICKUP_SCHEDULING", buyer),
        ("AWAITING_PICKUP_SCHEDULING", "SCHEDULED", buyer),
        ("SCHEDULED", "COMPLETE", seller),
    ]);
    assert_eq!(steps(&events), expected);
    assert_eq!(steps(&gardener.get(&format!("/api/v1/orders/{order}/events")).await.done()), expected);
    let all = admin.get("/api/v1/admin/orders?status=COMPLETE").await.done();
    assert_eq!(id_of(&all["items"][0]), order);
}
