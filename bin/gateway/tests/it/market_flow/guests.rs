//! Carts of those who have not logged in yet.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::problems;
use crate::actors::{Answer, BOULDER, Market};
use crate::guest::Guest;

const LINES: &str = "/api/v1/cart/lines";

#[tokio::test(flavor = "multi_thread")]
async fn a_guests_cart_is_joined_to_that_of_whoever_logs_in() {
    let market = Market::open().await;
    let maker = market.maker("Mina", BOULDER).await;
    let mug = maker.makes("Mug", 2800, "5").await;
    let bowl = maker.makes("Bowl", 3600, "9").await;
    let pot = maker.makes("Pot", 1900, "30").await;
    let vase = maker.makes("Vase", 5900, "2").await;
    let jug = maker.makes("Jug", 4200, "4").await;

    let customer = market.customer("Casey", BOULDER).await;
    customer.puts(mug, "3").await.done();
    customer.puts(pot, "1").await.done();
    customer.puts(jug, "1").await.done();
    let (guest, begun) = Guest::begins(&market, mug, "4").await;
    assert_eq!(begun["problems"], json!([]), "what ships may wait for the login");
    assert_eq!(guest.puts(bowl, "2").await["cart_token"], Value::Null, "told once");
    guest.puts(vase, "1").await;
    guest.puts(jug, "2").await;
    assert_eq!(guest.cart().await["lines"].as_array().unwrap().len(), 4);
    maker.does(&format!("/api/v1/vendor/offerings/{vase}/pause")).await.done();

    let token = json!({ "cart_token": guest.token });
    let merged = customer.post("/api/v1/cart/merge", &token).await.done();
    let change = |offering: Uuid, change: &str, quantity: &str| json!({ "offering_id": offering, "change": change, "quantity": quantity });
    let expected = json!([
        change(mug, "capped", "5"),
        change(pot, "kept", "1"),
        change(jug, "summed", "3"),
        change(bowl, "added", "2"),
        change(vase, "dropped", "0"),
    ]);
    assert_eq!(merged["changes"], expected);
    assert_eq!(merged["cart"]["total"]["amount"], 5 * 2800 + 1900 + 3 * 4200 + 2 * 3600);
    assert_eq!(customer.cart().await, merged["cart"]);
    assert_eq!(guest.cart().await["lines"], json!([]), "the guest's cart is gone");
    customer.post("/api/v1/cart/merge", &token).await.refused(404, "not_found");
    customer.checks_out().await.done();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_picked_up_needs_an_account() {
    let market = Market::open().await;
    market.admin("root@example.com").await.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let (guest, begun) = Guest::begins(&market, kale, "1").await;
    assert_eq!(problems(&begun), ["login_required"]);
    let checkout =
        market.server.post("/api/v1/checkout").header("x-cart-token", &guest.token).json(&json!({}));
    Answer::to(checkout.header("idempotency-key", "once")).await.refused(401, "unauthenticated");

    let customer = market.customer("Casey", BOULDER).await;
    let token = json!({ "cart_token": guest.token });
    let merged = customer.post("/api/v1/cart/merge", &token).await.done();
    assert_eq!(merged["cart"]["problems"], json!([]));
    customer.checks_out().await.done();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_opens_to_its_token_only() {
    let market = Market::open().await;
    let maker = market.maker("Mina", BOULDER).await;
    let mug = maker.makes("Mug", 2800, "50").await;
    assert_eq!(market.get("/api/v1/cart").await.done()["lines"], json!([]));
    let (guest, _) = Guest::begins(&market, mug, "1").await;
    let (other, _) = Guest::begins(&market, mug, "2").await;
    assert_ne!(guest.token, other.token);

    let body = json!({ "offering_id": mug, "quantity": "1" });
    let with = |token: &str| {
        let request = market.server.post(LINES).header("x-cart-token", token);
        Answer::to(request.header("idempotency-key", "same").json(&body))
    };
    with("somebody-elses").await.refused(404, "not_found");
    let line = format!("{LINES}/{mug}");
    let remove = market.server.ask(Method::DELETE, &line).header("x-cart-token", "somebody-elses");
    Answer::to(remove).await.refused(404, "not_found");
    Answer::to(market.server.ask(Method::DELETE, &line)).await.refused(404, "not_found");

    // A key belongs to one cart: two guests who choose the same one do not see each other's answers.
    assert_eq!(with(&guest.token).await.done()["lines"][0]["quantity"], "2");
    assert_eq!(with(&guest.token).await.done()["lines"][0]["quantity"], "2", "given again");
    assert_eq!(with(&other.token).await.done()["lines"][0]["quantity"], "3");

    // Nor does a stranger who repeats a key get the cart that another began with it.
    let begin = || {
        let request = market.server.post(LINES).header("idempotency-key", "begin");
        Answer::to(request.json(&body))
    };
    let (one, two) = (begin().await.done(), begin().await.done());
    assert_ne!(one["cart_token"], two["cart_token"]);
}
