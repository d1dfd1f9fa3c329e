//! The notification center, and choosing what one is told.

use serde_json::{Value, json};

use super::{letter, subjects};
use crate::actors::{Answer, DENVER, Market, each, id_of};

const CENTER: &str = "/api/v1/notifications";
const PREFERENCES: &str = "/api/v1/me/notification-preferences";

#[tokio::test(flavor = "multi_thread")]
async fn what_one_was_told_is_read() {
    let market = Market::open().await;
    let maker = market.maker("Mina", DENVER).await;
    let mug = maker.makes("Mug", 2800, "5").await;
    let casey = market.customer("Casey", DENVER).await;
    let other = market.newcomer("Olive").await;
    let order = casey.orders(mug, "1").await;
    market.work().await;
    market.clock.advance(chrono::TimeDelta::seconds(5));
    casey.pays(order).await.done();
    market.work().await;

    let shown = casey.get(CENTER).await.done();
    assert_eq!(each(&shown["items"], "kind"), ["order.paid", "order.placed", "account.welcome"]);
    assert_eq!(shown["items"][0]["link"], format!("http://127.0.0.1:8080/orders/{order}"));
    let page = casey.get(&format!("{CENTER}?limit=2")).await.done();
    let rest = format!("{CENTER}?limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(each(&casey.get(&rest).await.done()["items"], "kind"), ["account.welcome"]);
    other.get(&rest).await.refused(400, "invalid_cursor");
    let unread = async || casey.get(&format!("{CENTER}/unread-count")).await.done()["unread"].clone();
    assert_eq!(unread().await, 3);

    let read = format!("{CENTER}/{}/read", id_of(&shown["items"][0]));
    other.does(&read).await.refused(404, "not_found");
    for _ in 0..2 {
        assert_eq!(casey.does(&read).await.status, 204);
    }
    assert_eq!(unread().await, 2);
    let left = casey.get(&format!("{CENTER}?unread=true")).await.done();
    assert_eq!(each(&left["items"], "kind"), ["order.placed", "account.welcome"]);
    assert_eq!(casey.does(&format!("{CENTER}/read-all")).await.done(), json!({ "marked": 2 }));
    assert_eq!(unread().await, 0);
    assert!(casey.get(CENTER).await.done()["items"][0]["read_at"].is_string());
    assert_eq!(maker.get(&format!("{CENTER}/unread-count")).await.done()["unread"], 3, "hers are hers");
    casey.get(&format!("{CENTER}?unread=perhaps")).await.refused(400, "invalid_parameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_is_told_can_be_chosen() {
    let market = Market::open().await;
    let maker = market.maker("Mina", DENVER).await;
    let mug = maker.makes("Mug", 2800, "5").await;
    let casey = market.customer("Casey", DENVER).await;
    let find = |all: &Value, kind: &str, channel: &str| {
        let all = all["preferences"].as_array().unwrap();
        all.iter().find(|one| one["kind"] == kind && one["channel"] == channel).cloned().unwrap()
    };
    let before = casey.get(PREFERENCES).await;
    let tag = before.headers["etag"].to_str().unwrap().to_owned();
    let always = find(&before.done(), "order.placed", "email");
    assert_eq!((&always["enabled"], &always["changeable"]), (&json!(true), &json!(false)));
    assert_eq!((&always["category"], &always["occasion"]), (&json!("orders"), &json!("you place an order")));

    let change = |kind: &str, channel: &str, enabled: bool| json!({ "changes": [{ "kind": kind, "channel": channel, "enabled": enabled }] });
    let careless = casey.ask(reqwest::Method::PATCH, PREFERENCES).json(&change("order.paid", "email", false));
    Answer::to(careless).await.refused(428, "precondition_required");
    let request = casey.ask(reqwest::Method::PATCH, PREFERENCES).header("if-match", tag);
    let after = Answer::to(request.json(&change("order.paid", "email", false))).await.done();
    assert_eq!(find(&after, "order.paid", "email")["enabled"], false);
    for (body, pointer) in [
        (change("order.placed", "email", false), "/changes/0/enabled"),
        (change("order.paid", "pigeon", false), "/changes/0/channel"),
        (change("order.eaten", "email", false), "/changes/0/kind"),
        (change("order.paid", "sms", true), "/changes/0/channel"),
    ] {
        let refused = casey.patch(PREFERENCES, &body).await.refused(422, "invalid_input");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }

    // By telephone only to those who ask for it, and have one.
    casey.patch("/api/v1/me", &json!({ "phone": "+1 303 555 0100" })).await.done();
    casey.patch(PREFERENCES, &change("order.shipped", "sms", true)).await.done();
    let order = casey.orders(mug, "1").await;
    casey.pays(order).await.done();
    maker.post(&format!("/api/v1/orders/{order}/ship"), &json!({})).await.done();
    market.work().await;
    let told = subjects(&market, "casey@example.com");
    assert!(!told.iter().any(|subject| subject.ends_with("is paid")), "{told:?}");
    let shown = casey.get(CENTER).await.done();
    assert!(each(&shown["items"], "kind").contains(&"order.paid"), "in the product they still are");
    let texts: Vec<_> = std::fs::read_dir(market.server.folder().join("sms")).unwrap().collect();
    assert_eq!(texts.len(), 1);
    let text = std::fs::read_to_string(texts[0].as_ref().unwrap().path()).unwrap();
    assert!(text.starts_with("To: +1 303 555 0100\n\nSilkCart: order "), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_of_mail_is_stopped_by_the_link_in_it() {
    let market = Market::open().await;
    let maker = market.maker("Mina", DENVER).await;
    let mug = maker.makes("Mug", 2800, "5").await;
    let casey = market.customer("Casey", DENVER).await;
    casey.pays(casey.orders(mug, "1").await).await.done();
    market.work().await;
    let token =
        letter(&market, "casey@example.com", "is paid").after("http://127.0.0.1:8080/api/v1/unsubscribe/");
    let link = format!("/api/v1/unsubscribe/{token}");

    // Programs open links, too: that changes nothing.
    let page = market.get(&link).await;
    let policy = page.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers["cache-control"], "no-store");
    let html = page.done().as_str().unwrap().to_owned();
    assert!(html.contains("<form method=\"post\">") && !html.contains("<script"), "{html}");
    assert!(html.contains("when an order of yours is paid"), "{html}");
    let mailed = async || {
        let all = casey.get(PREFERENCES).await.done();
        let all = all["preferences"].as_array().unwrap();
        all.iter().find(|one| one["kind"] == "order.paid" && one["channel"] == "email").unwrap()["enabled"]
            .clone()
    };
    assert_eq!(mailed().await, true);

    // As a mail program does it (RFC 8058), and a browser.
    let one_click = market.server.post(&link).form(&[("List-Unsubscribe", "One-Click")]);
    assert_eq!(Answer::to(one_click).await.status, 200);
    let button = market.server.post(&link).header("origin", "null");
    let button = button.header("content-type", "application/x-www-form-urlencoded");
    let done = Answer::to(button).await.done();
    assert!(done.as_str().unwrap().contains("We no longer mail you"), "{done}");
    assert_eq!(mailed().await, false);

    casey.pays(casey.orders(mug, "1").await).await.done();
    market.work().await;
    letter(&market, "casey@example.com", "is paid");
    for wrong in ["/api/v1/unsubscribe/nonsense", &link[..link.len() - 1]] {
        Answer::to(market.server.post(wrong)).await.refused(404, "not_found");
        market.get(wrong).await.refused(404, "not_found");
    }
}
