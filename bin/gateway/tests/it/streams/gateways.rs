//! Several gateways.

use broker::Broker;
use serde_json::json;

use super::Socket;
use crate::actors::{DENVER, Market, id_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_comes_back_to_another_gateway_than_it_left() {
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
    market.work().await;

    // One that has just begun, as after a crash.
    let another = market.server.beside(&[]).await;
    let mut back = Socket::at(&another.base_url, &casey).await;
    back.says(json!({ "type": "resume", "topic": "orders", "after": seen })).await;
    assert_eq!(back.hears().await["kind"], "order.paid");
    back.expects("resumed").await;
    casey.cancels(order, "too blue").await.done();
    market.work().await;
    assert_eq!(back.expects("delta").await["kind"], "order.cancelled");
    another.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn gateways_behind_one_broker_hear_of_each_others_orders() {
    let namespace = format!("streams-{}", uuid::Uuid::new_v4());
    let amqp = testkit::amqp_url();
    let settings = [("AMQP_URL", amqp.as_str()), ("AMQP_NAMESPACE", namespace.as_str())];
    let market = Market::open_with(&settings).await;
    let maker = market.maker("Mina", DENVER).await;
    let mug = maker.makes("Mug", 2800, "5").await;
    let casey = market.customer("Casey", DENVER).await;
    let another = market.server.beside(&settings).await;
    let mut here = Socket::of(&casey).await;
    let mut there = Socket::at(&another.base_url, &casey).await;
    here.subscribes("orders").await;
    there.subscribes("orders").await;

    let order = casey.orders(mug, "1").await;
    // What a worker does: it gives the facts their positions, and announces it.
    market.work().await;
    let link = Broker::at(&amqp, &namespace, "a worker").unwrap().connect().await.unwrap();
    link.announcer().await.unwrap().announce().await.unwrap();
    assert_eq!(id_of(&here.expects("delta").await["data"]), order);
    assert_eq!(id_of(&there.expects("delta").await["data"]), order);
    another.stop().await.unwrap();
}
