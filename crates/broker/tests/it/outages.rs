//! What survives the broker's end.

use std::collections::BTreeSet;

use broker::BrokerError;
use devstack::{RabbitMq, RabbitMqOptions};

use crate::support::*;

async fn start(options: &RabbitMqOptions) -> RabbitMq {
    let options = options.clone();
    tokio::task::spawn_blocking(move || RabbitMq::start(&options).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_messages_survive_a_crash_of_the_broker() {
    let folder = devstack::scratch_folder().unwrap();
    let mut options = RabbitMqOptions { folder: folder.path().join("node"), port: None };
    let node = start(&options).await;
    options.port = Some(node.port());
    let stage = Stage::on(&node.url());
    stage.broker.connect().await.unwrap().close().await;
    // A node of this version notes a new queue on disk a while after it was made, or in an orderly end; a crash before
    // that leaves the queue without a leader. These have been there for a while.
    tokio::task::spawn_blocking(move || node.stop().unwrap()).await.unwrap();
    let node = start(&options).await;
    let link = stage.broker.connect().await.unwrap();
    assert_eq!(publish(&link, &messages(50)).await, [true; 50]);
    let mut consumer = link.job_consumer(10).await.unwrap();
    let mut before = told(&mut consumer, 10).await;
    let dealt_with = before.remove(0);
    let done = dealt_with.job.as_u128();
    dealt_with.dealt_with().await.unwrap();

    tokio::task::spawn_blocking(move || node.kill().unwrap()).await.unwrap();
    // What the consumer holds back it may still give; then it tells that the broker is gone.
    while next(&mut consumer, 10).await.is_ok() {}
    assert!(link.job_publisher().await.is_err());
    let refused = stage.broker.connect().await;
    assert!(matches!(refused, Err(BrokerError::Link(_) | BrokerError::Silent(_))), "{refused:?}");

    let node = start(&options).await;
    // The queues come a moment after the node: until then a consumer waits in vain.
    let connected = async {
        loop {
            if let Ok(link) = stage.broker.connect().await
                && let Ok(consumer) = link.job_consumer(100).await
            {
                return (link, consumer);
            }
        }
    };
    let connected = tokio::time::timeout(PATIENCE, connected).await;
    let (link, mut consumer) = connected.expect("the broker is back");
    // That the one was dealt with may not have reached the disk: it may come again, the others must.
    let mut missing: BTreeSet<u128> = (0..50).filter(|number| *number != done).collect();
    while !missing.is_empty() {
        for told in next(&mut consumer, 100).await.unwrap() {
            missing.remove(&told.job.as_u128());
        }
    }
    link.close().await;
    tokio::task::spawn_blocking(move || node.kill().unwrap()).await.unwrap();
}
