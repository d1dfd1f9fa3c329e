//! What a maker sends, beside what a gardener hands over.

use serde_json::{Value, json};

use super::{problems, steps, told};
use crate::actors::{BOULDER, DENVER, GRAND_JUNCTION, Market, each, id_of, words};

#[tokio::test(flavor = "multi_thread")]
async fn a_mixed_cart_becomes_a_pickup_and_a_parcel() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    admin.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let maker = market.maker("Mina", DENVER).await;
    let customer = market.customer("Casey", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let mug = maker.makes("Mug", 2800, "5").await;
    customer.puts(kale, "2").await.done();
    customer.puts(mug, "1").await.done();

    let checkout = customer.checks_out().await.done();
    assert_eq!(checkout["total"], json!({ "amount": 3500, "currency": "USD" }));
    let orders = checkout["orders"].as_array().unwrap();
    let by = |fulfilment: &str| orders.iter().find(|order| order["fulfilment"] == fulfilment).unwrap();
    let (pickup, parcel) = (by("pickup"), by("ship"));
    assert_eq!(orders.len(), 2);
    assert_eq!((&pickup["status"], &pickup["total"]["amount"]), (&json!("CREATED"), &json!(700)));
    assert_eq!((&parcel["status"], &parcel["total"]["amount"]), (&json!("PENDING"), &json!(2800)));
    assert_eq!(pickup["ship_to"], Value::Null);
    assert_eq!(parcel["ship_to"]["line1"], "1777 Broadway");
    assert_eq!(parcel["ship_to"]["name"], "Casey");
    let (pickup, parcel) = (id_of(pickup), id_of(parcel));

    // Each vendor knows of their own.
    maker.get(&format!("/api/v1/orders/{pickup}")).await.refused(404, "not_found");
    gardener.get(&format!("/api/v1/orders/{parcel}")).await.refused(404, "not_found");
    assert_eq!(words(&maker.order(parcel).await["actions"]), ["cancel"]);

    customer.pays(parcel).await.done();
    assert_eq!(customer.order(pickup).await["status"], "CREATED", "each is paid by itself");
    assert_eq!(customer.actions(parcel).await, ["cancel"]);
    assert_eq!(maker.actions(parcel).await, ["ship", "cancel"]);
    let ship = format!("/api/v1/orders/{parcel}/ship");
    customer.post(&ship, &json!({})).await.refused(403, "not_your_step");
    maker.step(parcel, "deliver").await.refused(409, "wrong_order_state");
    maker.step(parcel, "complete").await.refused(409, "wrong_order_state");
    let long = json!({ "tracking_reference": "1".repeat(81) });
    let refused = maker.post(&ship, &long).await.refused(422, "invalid_input");
    assert_eq!(refused["errors"][0]["pointer"], "/tracking_reference");
    let shipped = maker.post(&ship, &json!({ "tracking_reference": "1Z999" })).await.done();
    assert_eq!((&shipped["status"], &shipped["tracking_reference"]), (&json!("SHIPPED"), &json!("1Z999")));
    assert_eq!(customer.order(parcel).await["tracking_reference"], "1Z999");
    customer.cancels(parcel, "too late").await.refused(409, "wrong_order_state");
    assert_eq!(maker.actions(parcel).await, ["deliver"]);
    let delivered = maker.step(parcel, "deliver").await.done();
    assert_eq!((&delivered["status"], &delivered["actions"]), (&json!("DELIVERED"), &json!([])));

    let (buyer, seller) = (Some(customer.id.0), Some(maker.id.0));
    let events = customer.get(&format!("/api/v1/orders/{parcel}/events")).await.done();
    let expected = told(&[
        ("-", "PENDING", buyer),
        ("PENDING", "PROCESSING", buyer),
        ("PROCESSING", "SHIPPED", seller),
        ("SHIPPED", "DELIVERED", seller),
    ]);
    assert_eq!(steps(&events), expected);
    let mine = customer.get("/api/v1/orders").await.done();
    assert_eq!(mine["items"].as_array().unwrap().len(), 2);
    let delivered = customer.get("/api/v1/orders?status=DELIVERED").await.done();
    assert_eq!(each(&delivered["items"], "id"), [parcel.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_goes_to_the_address_that_was_named() {
    let market = Market::open().await;
    let maker = market.maker("Mina", DENVER).await;
    let mug = maker.makes("Mug", 2800, "5").await;
    let nomad = market.newcomer("Nora").await;
    let cart = nomad.puts(mug, "1").await.done();
    assert_eq!(problems(&cart), ["no_shipping_address"]);
    nomad.checks_out().await.refused(409, "no_shipping_address");

    let customer = market.customer("Casey", BOULDER).await;
    let cabin = customer.lives_at(GRAND_JUNCTION).await;
    let others = nomad.lives_at(DENVER).await;
    customer.puts(mug, "1").await.done();
    let to = |address| json!({ "ship_to_address_id": address });
    let theirs = customer.checks_out_as("theirs", &to(others)).await.refused(422, "invalid_input");
    assert_eq!(theirs["errors"][0]["pointer"], "/ship_to_address_id");
    let checkout = customer.checks_out_as("mine", &to(cabin)).await.done();
    assert_eq!(
        checkout["orders"][0]["ship_to"]["city"], "Grand Junction",
        "no reach is needed for what ships"
    );

    // What was written stays written.
    let moved = json!({ "city": "Durango", "postal_code": "81301" });
    customer.patch(&format!("/api/v1/me/addresses/{cabin}"), &moved).await.done();
    let order = customer.order(id_of(&checkout["orders"][0])).await;
    assert_eq!(order["ship_to"]["city"], "Grand Junction");
}
