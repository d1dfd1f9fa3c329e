//! Who can have what: only those who share a center with its gardener.

use serde_json::json;

use super::problems;
use crate::actors::{BOULDER, DENVER, GRAND_JUNCTION, Market};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_far_away_is_told_why_and_how_far() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    let center = admin.runs_center("Union Station", DENVER).await;
    let gardener = market.gardener("Gale", DENVER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let customer = market.customer("Fay", GRAND_JUNCTION).await;
    let seen = market.get("/api/v1/listings?address=Grand%20Junction,%20CO%2081501").await.done();
    assert_eq!(seen["items"], json!([]), "what cannot be had is not shown");

    let cart = customer.puts(kale, "1").await.done();
    assert_eq!(problems(&cart), ["not_eligible"]);
    let why = &cart["problems"][0]["eligibility"];
    assert_eq!(why["reason"], "out_of_reach");
    let (fay, gale) = (&why["parties"][0], &why["parties"][1]);
    assert_eq!((&fay["role"], &fay["user_id"]), (&json!("customer"), &json!(customer.id)));
    assert_eq!((&fay["located"], &fay["centers_in_reach"]), (&json!(true), &json!(0)));
    assert_eq!(
        (&fay["nearest_center"]["id"], &fay["nearest_center"]["name"]),
        (&json!(center), &json!("Union Station"))
    );
    let miles = fay["nearest_center"]["miles"].as_f64().unwrap();
    assert!((190.0..210.0).contains(&miles), "{miles}");
    assert!(fay["remedy"].as_str().unwrap().contains("miles nearer"), "{fay}");
    assert_eq!((&gale["role"], &gale["centers_in_reach"]), (&json!("vendor"), &json!(1)));

    let refused = customer.checks_out().await.refused(409, "not_eligible");
    assert_eq!(&refused["eligibility"], why);
    assert_eq!(market.free(kale).await, "10");

    // They move.
    let home = customer.lives_at(BOULDER).await;
    customer.does(&format!("/api/v1/me/addresses/{home}/primary")).await.done();
    assert_eq!(customer.cart().await["problems"], json!([]));
    customer.checks_out().await.done();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_an_address_is_asked_for_one() {
    let market = Market::open().await;
    market.admin("root@example.com").await.runs_center("Union Station", DENVER).await;
    let gardener = market.gardener("Gale", DENVER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let customer = market.newcomer("Nora").await;
    let cart = customer.puts(kale, "1").await.done();
    assert_eq!(problems(&cart), ["not_eligible"]);
    let refused = customer.checks_out().await.refused(409, "not_eligible");
    assert_eq!(refused["eligibility"]["reason"], "location_missing");
    let nora = &refused["eligibility"]["parties"][0];
    assert_eq!((&nora["role"], &nora["located"]), (&json!("customer"), &json!(false)));
    assert!(nora["remedy"].as_str().unwrap().contains("address"), "{nora}");

    // Saved, and not yet found on the map.
    let address = json!({ "line1": "1 A St", "city": "Denver", "state": "CO", "postal_code": "80202" });
    customer.post("/api/v1/me/addresses", &address).await.done();
    let refused = customer.checks_out().await.refused(409, "not_eligible");
    assert_eq!(refused["eligibility"]["reason"], "location_missing");
    market.work().await;
    customer.checks_out().await.done();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_center_that_closes_takes_what_it_served_off_the_shelves() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    let center = admin.runs_center("Union Station", DENVER).await;
    let gardener = market.gardener("Gale", DENVER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let customer = market.customer("Casey", DENVER).await;
    customer.puts(kale, "1").await.done();
    let shown = async || {
        let page = market.get("/api/v1/listings?address=80202").await.done();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(shown().await, 1);
    admin.closes(center).await;
    assert_eq!(shown().await, 0);
    assert_eq!(problems(&customer.cart().await), ["not_eligible"]);
    customer.checks_out().await.refused(409, "not_eligible");
    admin.lets(center, "reactivate").await;
    assert_eq!(shown().await, 1);
    customer.checks_out().await.done();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sells_whose_account_is_closed() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    admin.runs_center("Union Station", DENVER).await;
    let maker = market.maker("Mina", DENVER).await;
    let mug = maker.makes("Mug", 2800, "5").await;
    let slug = maker.get("/api/v1/me/vendor").await.done()["profile"]["slug"].as_str().unwrap().to_owned();
    let customer = market.customer("Casey", DENVER).await;
    customer.puts(mug, "1").await.done();
    let shown = async || {
        let page = market.get("/api/v1/listings?q=mug").await.done();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(shown().await, 1);

    admin.does(&format!("/api/v1/admin/users/{}/disable", maker.id.0)).await.done();
    market.work().await;
    assert_eq!(shown().await, 0);
    for gone in [
        format!("/api/v1/listings/{mug}"),
        format!("/api/v1/vendors/{slug}"),
        format!("/api/v1/vendors/{slug}/offerings"),
    ] {
        market.get(&gone).await.refused(404, "not_found");
    }
    assert_eq!(problems(&customer.cart().await), ["not_on_sale"]);
    customer.checks_out().await.refused(409, "cart_problems");

    admin.does(&format!("/api/v1/admin/users/{}/enable", maker.id.0)).await.done();
    market.work().await;
    assert_eq!(shown().await, 1);
    market.get(&format!("/api/v1/vendors/{slug}")).await.done();
    customer.checks_out().await.done();
}
