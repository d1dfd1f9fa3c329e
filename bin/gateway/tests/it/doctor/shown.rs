//! What people are shown and sent.

use serde_json::json;

use super::{Cure, Ward, by};
use crate::actors::{BOULDER, id_of};
use crate::pictures::{arrange, uploaded};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_mail_is_found() {
    let ward = Ward::full().await;
    let now = ward.now();
    let one = |set: &str| {
        format!(
            "UPDATE notification_messages SET {set} WHERE id = \
             (SELECT id FROM notification_messages WHERE kind = 'order.paid' ORDER BY id LIMIT 1)"
        )
    };
    let unsent = format!(
        "state = 'pending', ended_at = NULL, created_at = '{now}'::timestamptz - interval '6 minutes'"
    );
    ward.case("messages.without_job", &one(&unsent), Cure::Repair).await;
    let given_up = one("state = 'given_up', failure = 'the mailbox is full'");
    ward.case("messages.given_up", &given_up, by(one("state = 'sent', failure = NULL"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_pictures_and_posts_is_found_and_mended() {
    let ward = Ward::full().await;
    let gardener = ward.market.gardener("Gwen", BOULDER).await;
    let figs = gardener.lists("Figs", "lb", 499, "9").await;
    arrange(&gardener, &format!("/api/v1/listings/{figs}/images"), &[uploaded(&gardener, 10).await])
        .await
        .done();
    let post = id_of(&gardener.post("/api/v1/posts", &json!({ "body": "It has sprouted." })).await.done());
    ward.market.work().await;
    ward.assert_clean("with a picture and a post").await;

    let set = |what: &str| format!("UPDATE offerings SET pictures = {what} WHERE id = '{figs}'");
    ward.case("offerings.pictures", &set("'[]'"), Cure::Repair).await;
    ward.case("offerings.pictures", &set("pictures || pictures"), Cure::Repair).await;
    ward.case("posts.hidden", &format!("UPDATE posts SET hidden = true WHERE id = '{post}'"), Cure::Repair)
        .await;
    let now = ward.now();
    let unrendered = format!(
        "UPDATE pictures SET state = 'waiting', created_at = '{now}'::timestamptz - interval '6 minutes'; \
         UPDATE offerings SET pictures = '[]' WHERE id = '{figs}'"
    );
    ward.case("pictures.without_job", &unrendered, Cure::Repair).await;
    let shown = ward.market.get(&format!("/api/v1/listings/{figs}")).await.done();
    assert_eq!(shown["pictures"].as_array().unwrap().len(), 1);
}
