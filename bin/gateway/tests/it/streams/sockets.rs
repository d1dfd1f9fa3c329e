//! Over `WebSockets`.

use chrono::TimeDelta;
use futures_util::SinkExt;
use futures_util::future::join_all;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{Socket, ticket};
use crate::actors::{Answer, DENVER, Market, id_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_one_socket_and_only_for_a_while() {
    let market = Market::open().await;
    let casey = market.newcomer("Casey").await;
    let base_url = &market.server.running.base_url;
    let one = ticket(&casey).await;
    let opened = join_all((0..8).map(|_| Socket::open(base_url, &one))).await;
    assert_eq!(opened.iter().filter(|socket| socket.is_ok()).count(), 1);
    assert!(opened.iter().all(|socket| !socket.as_ref().is_err_and(|status| *status != 401)));

    let late = ticket(&casey).await;
    market.clock.advance(TimeDelta::seconds(30));
    assert_eq!(Socket::open(base_url, &late).await.err(), Some(401));
    assert_eq!(Socket::open(base_url, "made-up").await.err(), Some(401));
    let unused = ticket(&casey).await;
    casey.does("/api/v1/auth/logout-everywhere").await.done();
    assert_eq!(Socket::open(base_url, &unused).await.err(), Some(401), "its session has ended");
    casey.does("/api/v1/live/tickets").await.refused(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_socket_is_told_so() {
    let market = Market::open().await;
    let casey = market.newcomer("Casey").await;
    let answer = market.get(&format!("/api/v1/live?ticket={}", ticket(&casey).await)).await;
    assert_eq!(answer.headers["upgrade"], "websocket");
    answer.refused(426, "upgrade_required");
    market.get("/api/v1/live?token=x").await.refused(400, "invalid_parameter");
    Answer::to(market.server.post("/api/v1/live")).await.refused(405, "method_not_allowed");
    let stranger = market.server.post("/api/v1/live/tickets");
    Answer::to(stranger).await.refused(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn buyer_and_vendor_see_an_order_move_on() {
    let market = Market::open().await;
    let maker = market.maker("Mina", DENVER).await;
    let mug = maker.makes("Mug", 2800, "5").await;
    let casey = market.customer("Casey", DENVER).await;
    let (mut buyer, mut vendor) = (Socket::of(&casey).await, Socket::of(&maker).await);
    assert_eq!(buyer.subscribes("orders").await["data"], json!({ "items": [] }));
    assert_eq!(vendor.subscribes("sales").await["data"], json!({ "items": [] }));

    let order = casey.orders(mug, "1").await;
    market.work().await;
    let (bought, sold) = (buyer.expects("delta").await, vendor.expects("delta").await);
    assert_eq!((&bought["kind"], &bought["topic"]), (&json!("order.placed"), &json!("orders")));
    assert_eq!(bought["data"], casey.order(order).await);
    assert_eq!((&sold["kind"], &sold["topic"]), (&json!("order.placed"), &json!("sales")));
    assert_eq!(sold["data"], maker.order(order).await);
    assert_eq!(sold["position"], bought["position"]);

    casey.pays(order).await.done();
    market.work().await;
    let paid = buyer.expects("delta").await;
    assert_eq!((&paid["kind"], &paid["data"]["status"]), (&json!("order.paid"), &json!("PROCESSING")));
    assert!(paid["position"].as_i64() > bought["position"].as_i64());
    assert_eq!(vendor.expects("delta").await["kind"], "order.paid");

    let shown = Socket::of(&casey).await.subscribes("orders").await;
    assert_eq!(id_of(&shown["data"]["items"][0]), order);
    assert!(shown["position"].as_i64() >= paid["position"].as_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_hears_what_they_missed() {
    let market = Market::open().await;
    let maker = market.maker("Mina", DENVER).await;
    let mug = maker.makes("Mug", 2800, "5").await;
    let casey = market.customer("Casey", DENVER).await;
    let mut first = Socket::of(&casey).await;
    first.subscribes("orders").await;
    let order = casey.orders(mug, "1").await;
    market.work().await;
    let seen = first.expects("delta").await["position"].clone();
    drop(first);
    casey.pays(order).await.done();
    casey.cancels(order, "too blue").await.done();
    market.work().await;

    let mut back = Socket::of(&casey).await;
    back.says(json!({ "type": "resume", "topic": "orders", "after": seen })).await;
    assert_eq!(back.expects("delta").await["kind"], "order.paid");
    assert_eq!(back.expects("delta").await["kind"], "order.cancelled");
    assert!(back.expects("resumed").await["position"].as_i64() > seen.as_i64());
    let other = casey.orders(mug, "1").await;
    market.work().await;
    assert_eq!(id_of(&back.expects("delta").await["data"]), other);

    let mut lost = Socket::of(&casey).await;
    lost.says(json!({ "type": "resume", "topic": "orders", "after": -1 })).await;
    assert_eq!(lost.expects("resync").await["topic"], "orders");
    let snapshot = lost.expects("snapshot").await;
    assert_eq!(snapshot["data"]["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_on_one_screen_is_read_on_the_other() {
    let market = Market::open().await;
    let casey = market.newcomer("Casey").await;
    let (mut telephone, mut laptop) = (Socket::of(&casey).await, Socket::of(&casey).await);
    telephone.subscribes("notifications").await;
    assert_eq!(laptop.subscribes("notifications").await["data"], json!({ "unread": 0, "items": [] }));
    market.work().await;
    for screen in [&mut telephone, &mut laptop] {
        let told = screen.expects("delta").await;
        assert_eq!(told["kind"], "notification.created");
        assert_eq!(told["data"]["notification"]["kind"], "account.welcome");
        assert_eq!(told["data"]["unread"], 1);
    }
    casey.does("/api/v1/notifications/read-all").await.done();
    market.work().await;
    for screen in [&mut telephone, &mut laptop] {
        let read = screen.expects("delta").await;
        assert_eq!((&read["kind"], &read["data"]), (&json!("notification.read"), &json!({ "unread": 0 })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_numbers_are_for_admins_and_only_as_long_as_they_are() {
    let market = Market::open().await;
    let root = market.admin("root@example.com").await;
    let ada = market.newcomer("Ada").await;
    let mut socket = Socket::of(&ada).await;
    socket.says(json!({ "type": "subscribe", "topic": "admin" })).await;
    assert_eq!(socket.expects("refused").await["code"], "forbidden");

    let roles = format!("/api/v1/admin/users/{}/roles", ada.id);
    root.does(&format!("{roles}/admin")).await.done();
    market.work().await;
    let mut socket = Socket::of(&ada).await;
    let counted = socket.subscribes("admin").await;
    assert_eq!((&counted["data"]["new_users"], &counted["data"]["proposed_centers"]), (&json!(2), &json!(0)));
    ada.proposes("The Grange", DENVER).await;
    market.work().await;
    let mut counted = socket.expects("delta").await;
    while counted["data"]["proposed_centers"] != 1 {
        counted = socket.expects("delta").await;
    }
    root.delete(&format!("{roles}/admin")).await.done();
    market.work().await;
    let mut last = socket.hears().await;
    while last["type"] == "delta" {
        last = socket.hears().await;
    }
    assert_eq!((&last["code"], &last["topic"]), (&json!("forbidden"), &json!("admin")));
    socket.subscribes("orders").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_hears_no_more() {
    let market = Market::open().await;
    let root = market.admin("root@example.com").await;
    let casey = market.newcomer("Casey").await;
    let mut socket = Socket::of(&casey).await;
    root.does(&format!("/api/v1/admin/users/{}/disable", casey.id)).await.done();
    market.work().await;
    assert_eq!(socket.is_closed().await, (4001, "session_ended".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_answered_and_too_much_of_it_is_not() {
    let market = Market::open().await;
    let casey = market.newcomer("Casey").await;
    let mut socket = Socket::of(&casey).await;
    let nonsense = [
        ("{", "malformed_message"),
        (r#"{"type":"shout"}"#, "malformed_message"),
        (r#"{"type":"subscribe","topic":"orders","of":"somebody else"}"#, "malformed_message"),
        (r#"{"type":"subscribe","topic":"weather"}"#, "unknown_topic"),
        (r#"{"type":"resume","topic":"orders","after":"yesterday"}"#, "malformed_message"),
    ];
    for (text, code) in nonsense {
        socket.0.send(Message::text(text)).await.unwrap();
        assert_eq!(socket.expects("refused").await["code"], code, "{text}");
    }
    socket.says(json!({ "type": "ping" })).await;
    socket.expects("pong").await;
    for _ in 0..120 {
        socket.says(json!({ "type": "ping" })).await;
    }
    assert_eq!(socket.is_closed().await, (4002, "too_many_messages".to_owned()));

    let mut binary = Socket::of(&casey).await;
    binary.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(binary.is_closed().await, (1003, "text_only".to_owned()));
    let mut long = Socket::of(&casey).await;
    long.0.send(Message::text("x".repeat(5_000))).await.unwrap();
    let end = futures_util::StreamExt::next(&mut long.0).await;
    assert!(!matches!(end, Some(Ok(Message::Text(_)))), "{end:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_keeps_ten_sockets_open_at_most() {
    let market = Market::open().await;
    let casey = market.newcomer("Casey").await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(Socket::of(&casey).await);
    }
    let base_url = &market.server.running.base_url;
    assert_eq!(Socket::open(base_url, &ticket(&casey).await).await.err(), Some(429));
    open.pop();
    let mut next = Socket::open(base_url, &ticket(&casey).await).await;
    while next.is_err() {
        next = Socket::open(base_url, &ticket(&casey).await).await;
    }
}
