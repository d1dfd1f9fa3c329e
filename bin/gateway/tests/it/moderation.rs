//! How admins keep order: categories, hiding, reports.

use serde_json::json;
use uuid::Uuid;

use crate::actors::*;
use crate::shelf::*;
use crate::town::pointers;

#[tokio::test(flavor = "multi_thread")]
async fn admins_keep_the_categories() {
    let market = denver_market().await;
    let (root, gale) = (market.admin("root@example.com").await, market.gardener("Gale", BOULDER).await);
    let categories = "/api/v1/admin/categories";
    let make = async |slug: &str, parent: Option<&str>| {
        let mut body = json!({ "slug": slug, "name": slug });
        if let Some(parent) = parent {
            body["parent_id"] = json!(parent);
        }
        root.post(categories, &body).await.done()
    };
    let greens = make("greens", None).await;
    let kale = make("kale", greens["id"].as_str()).await;
    assert_eq!(market.get("/api/v1/categories").await.done()["items"], json!([greens, kale]));
    let again = json!({ "slug": "kale", "name": "Kale" });
    let taken = root.post(categories, &again).await.refused(409, "category_slug_taken");
    assert_eq!(pointers(&taken), ["/slug"]);

    let (path, above) =
        (format!("{categories}/{}", id_of(&kale)), format!("{categories}/{}", id_of(&greens)));
    for (change, pointer) in [
        (json!({ "slug": "No" }), "/slug"),
        (json!({ "parent_id": Uuid::new_v4() }), "/parent_id"),
        (json!({ "parent_id": kale["id"] }), "/parent_id"),
    ] {
        let refused = root.patch(&path, &change).await;
        assert_eq!(pointers(&refused.refused(422, "invalid_input")), [pointer], "{change}");
    }
    root.delete(&above).await.refused(409, "category_in_use");
    patch_version(&root, &path, "\"v9\"", &json!({})).await.refused(412, "precondition_failed");
    let changed = patch_version(&root, &path, "\"v1\"", &json!({ "parent_id": null, "sort_order": 3 })).await;
    let changed = changed.done();
    assert_eq!(
        (changed.get("parent_id"), &changed["slug"], &changed["version"]),
        (None, &json!("kale"), &json!(2))
    );
    assert_eq!(root.delete(&above).await.status, 204);
    let listing = lists(&gale, "Kale", &json!({ "category_id": kale["id"] })).await;
    root.delete(&path).await.refused(409, "category_in_use");
    let unfiled =
        gale.patch(&format!("/api/v1/listings/{}", id_of(&listing)), &json!({ "category_id": null })).await;
    assert!(unfiled.done().get("category_id").is_none());
    assert_eq!(root.delete(&path).await.status, 204);
    root.delete(&path).await.refused(404, "not_found");

    gale.post(categories, &again).await.refused(403, "forbidden");
    gale.patch(&path, &json!({})).await.refused(403, "forbidden");
    gale.delete(&path).await.refused(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_hides_what_nobody_should_see() {
    let market = denver_market().await;
    let (root, gale) = (market.admin("root@example.com").await, market.gardener("Gale", BOULDER).await);
    let id = id_of(&lists(&gale, "Kale", &json!({})).await);
    let (public, own) = (format!("/api/v1/listings/{id}"), format!("/api/v1/vendor/offerings/{id}"));
    let admin = format!("/api/v1/admin/offerings/{id}");
    let reason = json!({ "reason": "It is chard." });
    for action in ["hide", "unhide", "pause"] {
        gale.post(&format!("{admin}/{action}"), &reason).await.refused(403, "forbidden");
    }
    let silent = root.post(&format!("{admin}/hide"), &json!({ "reason": "" })).await;
    assert_eq!(pointers(&silent.refused(422, "invalid_input")), ["/reason"]);
    root.post(&format!("{admin}/hide"), &reason).await.done();
    market.get(&public).await.refused(404, "not_found");
    assert!(titles(&browse(&market, "").await).is_empty());
    let seen = gale.get(&own).await.done();
    assert_eq!((&seen["hidden"], &seen["hidden_reason"]), (&json!(true), &reason["reason"]));
    root.post(&format!("{admin}/unhide"), &json!({})).await.done();
    assert_eq!(titles(&browse(&market, "").await), ["Kale"]);
    let paused = root.post(&format!("{admin}/pause"), &json!({})).await.done();
    assert_eq!(paused["status"], "paused");
    assert!(titles(&browse(&market, "").await).is_empty());
    let nothing = format!("/api/v1/admin/offerings/{}", Uuid::new_v4());
    for action in ["hide", "unhide", "pause"] {
        root.post(&format!("{nothing}/{action}"), &reason).await.refused(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_made_once_and_decided_once() {
    let market = denver_market().await;
    let (root, gale) = (market.admin("root@example.com").await, market.gardener("Gale", BOULDER).await);
    let ann = market.newcomer("Ann").await;
    let kale = id_of(&lists(&gale, "Kale", &json!({})).await);
    let about =
        |subject: &str, id: Uuid| json!({ "subject_type": subject, "subject_id": id, "reason": "fraud" });
    let report = ann.post("/api/v1/reports", &about("listing", kale)).await.done();
    assert_eq!((&report["status"], &report["reporter_id"]), (&json!("open"), &json!(ann.id)));
    ann.post("/api/v1/reports", &about("listing", kale)).await.refused(409, "already_reported");
    ann.post("/api/v1/reports", &about("user", gale.id.0)).await.done();
    let nobody = Uuid::new_v4();
    for (body, pointer) in [
        (about("user", nobody), "/subject_id"),
        (about("listing", nobody), "/subject_id"),
        (about("shop", kale), "/subject_type"),
        (with(about("listing", kale), &json!({ "reason": "ugly" })), "/reason"),
        (with(about("listing", kale), &json!({ "details": "x".repeat(2001) })), "/details"),
    ] {
        let refused = ann.post("/api/v1/reports", &body).await;
        assert_eq!(pointers(&refused.refused(422, "invalid_input")), [pointer], "{body}");
    }

    let reports = "/api/v1/admin/reports";
    assert_eq!(root.get(reports).await.done()["items"].as_array().unwrap().len(), 2);
    let decide = format!("{reports}/{}/resolve", id_of(&report));
    let words = json!({ "resolution": "The listing was hidden." });
    ann.get(reports).await.refused(403, "forbidden");
    ann.post(&decide, &words).await.refused(403, "forbidden");
    let decided = root.post(&decide, &words).await.done();
    assert_eq!((&decided["status"], &decided["resolution"]), (&json!("resolved"), &words["resolution"]));
    let late = root.post(&decide.replace("resolve", "dismiss"), &words).await;
    late.refused(409, "report_decided");
    assert_eq!(root.get(&format!("{reports}?status=resolved")).await.done()["items"], json!([decided]));
    assert_eq!(root.get(reports).await.done()["items"].as_array().unwrap().len(), 1);
    let wrong = root.get(&format!("{reports}?status=lost")).await.refused(400, "invalid_parameter");
    assert_eq!(pointers(&wrong), ["query/status"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_corrects_and_removes_what_somebody_sells() {
    let market = denver_market().await;
    let (root, gale) = (market.admin("root@example.com").await, market.gardener("Gale", BOULDER).await);
    let listing = lists(&gale, "Kale", &json!({})).await;
    let path = format!("/api/v1/admin/offerings/{}", id_of(&listing));
    let rename = json!({ "title": "Lacinato kale" });
    gale.patch(&path, &rename).await.refused(403, "forbidden");
    patch_version(&root, &path, "\"v9\"", &rename).await.refused(412, "precondition_failed");
    assert_eq!(patch_version(&root, &path, "\"v1\"", &rename).await.done()["title"], "Lacinato kale");
    assert_eq!(root.get(&path).await.done()["title"], "Lacinato kale");
    gale.delete(&path).await.refused(403, "forbidden");
    assert_eq!(root.delete(&path).await.status, 204);
    root.get(&path).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_sees_how_the_market_does() {
    let market = denver_market().await;
    let (root, gale) = (market.admin("root@example.com").await, market.gardener("Gale", BOULDER).await);
    lists(&gale, "Kale", &json!({})).await;
    let summary = root.get("/api/v1/admin/summary").await.done();
    assert!(summary["new_users"].as_i64().unwrap() >= 2, "{summary}");
    assert_eq!((&summary["days"], &summary["new_offerings"]), (&json!(30), &json!(1)));
    assert_eq!(summary["orders"], json!([]));
    let never = root.get("/api/v1/admin/summary?days=0").await.refused(400, "invalid_parameter");
    assert_eq!(pointers(&never), ["query/days"]);
    gale.get("/api/v1/admin/summary").await.refused(403, "forbidden");
}
