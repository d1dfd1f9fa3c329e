//! Storefronts.

use serde_json::{Value, json};

use super::{Town, body, pointers, tag};
use crate::support::problem;

const OWN: &str = "/api/v1/me/vendor";

fn acre() -> Value {
    json!({
        "kind": "gardener",
        "business_name": "Ana's Green Acre",
        "business_identifier": "84-1234567",
        "contact_email": "hello@example.com",
        "bio": "Kale.\nAnd figs.",
        "payout_note": "by check",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_opens_a_storefront_that_anybody_sees() {
    let town = Town::start().await;
    let ana = town.somebody("ana@example.com").await;
    problem(town.get(OWN, &ana).await, 404, "not_found").await;
    let opened = town.post(OWN, &ana, &acre()).await;
    assert_eq!(opened.headers()["location"], "/api/v1/vendors/anas-green-acre");
    let opened = body(opened, 201).await;
    assert_eq!(
        (&opened["business_identifier"], &opened["payout_note"]),
        (&json!("84-1234567"), &json!("by check"))
    );
    problem(town.post(OWN, &ana, &acre()).await, 409, "already_vendor").await;

    let me = body(town.get("/api/v1/me", &ana).await, 200).await;
    assert_eq!(me["user"]["roles"], json!(["customer", "vendor"]));
    assert_eq!(me["vendor"], opened);

    let shown = town.server.get("/api/v1/vendors/anas-green-acre").send().await.unwrap();
    let shown = body(shown, 200).await;
    assert_eq!(shown, opened["profile"]);
    assert_eq!((&shown["id"], &shown["kind"]), (&json!(ana.id), &json!("gardener")));
    assert!(!shown.to_string().contains("84-1234567") && !shown.to_string().contains("check"), "{shown}");
    problem(town.server.get("/api/v1/vendors/nobody").send().await.unwrap(), 404, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_storefronts_differ() {
    let town = Town::start().await;
    let (ana, ben) = (town.somebody("ana@example.com").await, town.somebody("ben@example.com").await);
    body(town.post(OWN, &ana, &acre()).await, 201).await;
    let mut wanted = acre();
    wanted["slug"] = json!("anas-green-acre");
    let taken = problem(town.post(OWN, &ben, &wanted).await, 409, "slug_taken").await;
    assert_eq!(pointers(&taken), ["/slug"]);
    let second = body(town.post(OWN, &ben, &acre()).await, 201).await;
    assert_eq!(second["profile"]["slug"], "anas-green-acre-2");

    let wrong = json!({ "kind": "wizard", "business_name": "x" });
    let refused = problem(town.post(OWN, &ben, &wrong).await, 422, "invalid_input").await;
    assert_eq!(pointers(&refused), ["/kind"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storefront_is_changed_by_its_owner() {
    let town = Town::start().await;
    let ana = town.somebody("ana@example.com").await;
    let opened = town.post(OWN, &ana, &acre()).await;
    let first = tag(&opened);
    let changes = json!({ "business_name": "Greener Acre", "slug": "greener", "bio": null });
    let greener = town.patch(OWN, &ana, &first, &changes).await;
    let second = tag(&greener);
    let greener = body(greener, 200).await;
    assert_eq!((&greener["profile"]["slug"], greener["profile"].get("bio")), (&json!("greener"), None));
    assert_eq!(greener["payout_note"], "by check", "what was not sent stays");
    problem(town.patch(OWN, &ana, &first, &changes).await, 412, "precondition_failed").await;
    let refused =
        town.patch(OWN, &ana, &second, &json!({ "contact_email": "nobody", "slug": "Not A Slug" })).await;
    assert_eq!(pointers(&problem(refused, 422, "invalid_input").await), ["/contact_email", "/slug"]);
    problem(town.server.get("/api/v1/vendors/anas-green-acre").send().await.unwrap(), 404, "not_found").await;

    let ben = town.somebody("ben@example.com").await;
    problem(town.patch(OWN, &ben, "*", &changes).await, 404, "not_found").await;
}
