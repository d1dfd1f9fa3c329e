//! What gardeners grow.

use serde_json::json;

use crate::actors::*;
use crate::shelf::*;
use crate::town::pointers;

#[tokio::test(flavor = "multi_thread")]
async fn a_gardener_keeps_plants() {
    let market = denver_market().await;
    let (gale, fred) = (market.gardener("Gale", BOULDER).await, market.gardener("Fred", BOULDER).await);
    let body = json!({ "name": "Kale", "species": "Brassica oleracea", "tags": ["full-sun"] });
    let made = gale.post("/api/v1/plants", &body).await;
    let (path, first) = (location_of(&made), tag_of(&made));
    let made = made.done();
    assert_eq!(gale.get(&path).await.done(), made);
    assert_eq!(gale.get("/api/v1/plants").await.done()["items"], json!([made]));

    let changed = patch_version(&gale, &path, &first, &json!({ "name": "Red kale", "species": "" })).await;
    let changed = changed.done();
    assert_eq!((&changed["name"], changed.get("species")), (&json!("Red kale"), None));
    assert_eq!(changed["tags"], json!(["full-sun"]), "what was not sent stays");
    patch_version(&gale, &path, &first, &json!({})).await.refused(412, "precondition_failed");
    let refused = gale.patch(&path, &json!({ "name": "", "tags": ["x".repeat(41)] })).await;
    assert_eq!(pointers(&refused.refused(422, "invalid_input")), ["/name", "/tags"]);

    fred.get(&path).await.refused(404, "not_found");
    fred.patch(&path, &json!({})).await.refused(404, "not_found");
    fred.delete(&path).await.refused(404, "not_found");
    assert_eq!(fred.get("/api/v1/plants").await.done()["items"], json!([]));

    let listing = listing_of(id_of(&made), &json!({}));
    let listing = id_of(&gale.post("/api/v1/listings", &listing).await.done());
    gale.delete(&path).await.refused(409, "plant_in_use");
    assert_eq!(gale.delete(&format!("/api/v1/listings/{listing}")).await.status, 204);
    assert_eq!(gale.delete(&path).await.status, 204);
    gale.get(&path).await.refused(404, "not_found");
}
