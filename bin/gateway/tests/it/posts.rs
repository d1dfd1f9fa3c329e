//! What gardeners tell of their gardens.

use serde_json::json;
use uuid::Uuid;

use crate::actors::{BOULDER, Market, each, id_of};
use crate::pictures::uploaded;

#[tokio::test(flavor = "multi_thread")]
async fn gardeners_tell_of_their_gardens() {
    let market = Market::open().await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let maker = market.maker("Mina", BOULDER).await;
    let plant = gardener.grows("Kale").await;
    let (one, two) = (uploaded(&gardener, 10).await, uploaded(&gardener, 20).await);
    let body = json!({ "body": "It has sprouted.\nLook!", "plant_id": plant, "images": [one, two] });
    maker.post("/api/v1/posts", &body).await.refused(403, "not_a_gardener");
    let post = gardener.post("/api/v1/posts", &body).await.done();
    assert_eq!(post["pictures"].as_array().unwrap().len(), 2);
    let path = format!("/api/v1/posts/{}", id_of(&post));
    assert_eq!(market.get(&path).await.done(), post);
    for (wrong, field) in [
        (json!({ "body": " " }), "/body"),
        (json!({ "body": "x".repeat(5001) }), "/body"),
        (json!({ "body": "x", "plant_id": Uuid::new_v4() }), "/plant_id"),
        (json!({ "body": "x", "images": [one] }), "/images/0"),
    ] {
        let refused = gardener.post("/api/v1/posts", &wrong).await.refused(422, "invalid_input");
        assert_eq!(refused["errors"][0]["pointer"], field, "{wrong}");
    }
    gardener.post("/api/v1/posts", &json!({ "body": "More to come." })).await.done();
    let mine = market.get(&format!("/api/v1/posts?vendor={}", gardener.id)).await.done();
    assert_eq!(each(&mine["items"], "body"), ["More to come.", "It has sprouted.\nLook!"]);
    let none = market.get(&format!("/api/v1/posts?vendor={}", maker.id)).await.done();
    assert_eq!(none["items"], json!([]));
    let changed = json!({ "images": [two], "plant_id": null });
    maker.patch(&path, &changed).await.refused(404, "not_found");
    let changed = gardener.patch(&path, &changed).await.done();
    assert_eq!((changed["pictures"].as_array().unwrap().len(), &changed["version"]), (1, &json!(2)));
    assert!(changed.get("plant_id").is_none());
    maker.delete(&path).await.refused(404, "not_found");
    gardener.delete(&path).await.done();
    market.get(&path).await.refused(404, "not_found");
    assert!(gardener.get(&format!("/api/v1/images/{two}")).await.done().get("subject").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_wrote_is_shown_while_their_account_is_open() {
    let market = Market::open().await;
    let (gardener, admin) = (market.gardener("Gale", BOULDER).await, market.admin("root@example.com").await);
    let post = gardener.post("/api/v1/posts", &json!({ "body": "It has sprouted." })).await.done();
    let (path, all) = (format!("/api/v1/posts/{}", id_of(&post)), "/api/v1/posts");
    let account = format!("/api/v1/admin/users/{}", gardener.id);

    admin.does(&format!("{account}/disable")).await.done();
    market.work().await;
    market.get(&path).await.refused(404, "not_found");
    assert_eq!(market.get(all).await.done()["items"], json!([]));

    admin.does(&format!("{account}/enable")).await.done();
    market.work().await;
    assert_eq!(market.get(&path).await.done(), post);
    assert_eq!(market.get(all).await.done()["items"], json!([post]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_removes_anybody_s_post() {
    let market = Market::open().await;
    let (gardener, admin) = (market.gardener("Gale", BOULDER).await, market.admin("root@example.com").await);
    let image = uploaded(&gardener, 10).await;
    let body = json!({ "body": "Cheap watches!", "images": [image] });
    let id = id_of(&gardener.post("/api/v1/posts", &body).await.done());
    let (path, administered) = (format!("/api/v1/posts/{id}"), format!("/api/v1/admin/posts/{id}"));

    gardener.delete(&administered).await.refused(403, "forbidden");
    admin.delete(&administered).await.done();
    market.get(&path).await.refused(404, "not_found");
    admin.delete(&administered).await.refused(404, "not_found");
    assert!(gardener.get(&format!("/api/v1/images/{image}")).await.done().get("subject").is_none());
}
