//! Telling of jobs: each at least once, until it is dealt with.

use std::time::Duration;

use broker::{Broker, BrokerError};
use lapin::options::QueueDeleteOptions;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_told_and_forgotten_once_it_is_dealt_with() {
    let stage = Stage::set();
    let link = stage.broker.connect().await.unwrap();
    assert_eq!(publish(&link, &messages(5)).await, [true; 5]);
    let mut consumer = link.job_consumer(10).await.unwrap();
    let all = told(&mut consumer, 5).await;
    assert_eq!(numbers(&all), [0, 1, 2, 3, 4]);
    for told in all {
        told.dealt_with().await.unwrap();
    }
    link.close().await;

    let link = stage.broker.connect().await.unwrap();
    assert_eq!(link.job_publisher().await.unwrap().waiting().await.unwrap(), (0, 0));
    link.close().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_consumer_did_not_deal_with_is_told_to_the_next() {
    let stage = Stage::set();
    let first = stage.broker.connect().await.unwrap();
    publish(&first, &messages(3)).await;
    let mut consumer = first.job_consumer(10).await.unwrap();
    let mut all = told(&mut consumer, 3).await;
    all.remove(1).dealt_with().await.unwrap();
    first.close().await;

    let second = stage.broker.connect().await.unwrap();
    let mut consumer = second.job_consumer(10).await.unwrap();
    assert_eq!(numbers(&told(&mut consumer, 2).await), [0, 2]);
    second.close().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_is_told_of_no_more_than_it_can_take() {
    let stage = Stage::set();
    let link = stage.broker.connect().await.unwrap();
    publish(&link, &messages(6)).await;
    let mut consumer = link.job_consumer(2).await.unwrap();
    let mut some = told(&mut consumer, 2).await;
    let waits = tokio::time::timeout(Duration::from_millis(200), consumer.next(9)).await;
    assert!(waits.is_err(), "a third one was told");
    some.remove(0).dealt_with().await.unwrap();
    assert_eq!(told(&mut consumer, 1).await.len(), 1);
    link.close().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_message_is_set_aside_and_the_rest_flow_on() {
    let stage = Stage::set();
    let link = stage.broker.connect().await.unwrap();
    stage.publish_raw(b"not a job").await;
    publish(&link, &messages(2)).await;
    stage.publish_raw(&[0; 100]).await;
    let mut consumer = link.job_consumer(10).await.unwrap();
    for told in told(&mut consumer, 2).await {
        told.dealt_with().await.unwrap();
    }
    // The last one has nobody behind it: it is read while waiting for what comes next.
    publish(&link, &messages(3)).await;
    told(&mut consumer, 3).await;
    let publisher = link.job_publisher().await.unwrap();
    let dead = async {
        while publisher.waiting().await.unwrap().1 < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, dead).await.expect("both are kept for the operator");
    link.close().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_queue_takes_is_not_safe() {
    let stage = Stage::set();
    let link = stage.broker.connect().await.unwrap();
    let publisher = link.job_publisher().await.unwrap();
    let stranger = stage.stranger().await;
    let channel = stranger.create_channel().await.unwrap();
    let queue = stage.jobs();
    channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await.unwrap();
    assert_eq!(publisher.publish(&messages(2)).await.unwrap(), [false, false]);
    // Whoever connects next makes it anew.
    let again = stage.broker.connect().await.unwrap();
    assert_eq!(publish(&again, &messages(2)).await, [true, true]);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_refused_at_once() {
    for address in ["", "http://localhost", "amqp://[", "localhost:5672"] {
        assert!(matches!(Broker::at(address, "x", "x"), Err(BrokerError::Address(_))), "{address}");
    }
    let nobody = Broker::at("amqp://guest:secret@127.0.0.1:1/", "x", "x").unwrap();
    assert!(matches!(nobody.connect().await, Err(BrokerError::Link(_))));
    assert!(!format!("{nobody:?}").contains("secret"));
}
