//! A namespace of one's own on the tests' RabbitMQ, or a RabbitMQ of one's own.

use std::time::Duration;

use broker::{Broker, BrokerError, JobConsumer, JobMessage, Link, Told};
use lapin::options::{BasicPublishOptions, QueueDeleteOptions};
use lapin::{BasicProperties, Connection, ConnectionProperties};
use uuid::Uuid;

/// How long a story waits for what must happen before it calls that a failure.
pub const PATIENCE: Duration = Duration::from_mins(1);

pub struct Stage {
    pub broker: Broker,
    url: String,
    namespace: String,
}

impl Stage {
    /// On the RabbitMQ of all tests.
    pub fn set() -> Self {
        Self::on(&testkit::amqp_url())
    }

    pub fn on(url: &str) -> Self {
        let namespace = format!("test-{}", Uuid::new_v4().simple());
        let broker = Broker::at(url, &namespace, "test").unwrap();
        Self { broker, url: url.to_owned(), namespace }
    }

    pub fn jobs(&self) -> String {
        format!("{}.jobs", self.namespace)
    }

    /// A connection that knows nothing of ours.
    pub async fn stranger(&self) -> Connection {
        Connection::connect(&self.url, ConnectionProperties::default()).await.unwrap()
    }

    /// Puts a message of somebody else's into our queue.
    pub async fn publish_raw(&self, body: &[u8]) {
        let stranger = self.stranger().await;
        let channel = stranger.create_channel().await.unwrap();
        let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
        let queue = self.jobs();
        channel.basic_publish("".into(), queue.as_str().into(), options, body, properties).await.unwrap();
        stranger.close(200, "done".into()).await.unwrap();
    }

    /// What a story ends with: nothing of it stays on the broker.
    pub async fn strike(self) {
        let stranger = self.stranger().await;
        let channel = stranger.create_channel().await.unwrap();
        for queue in [self.jobs(), format!("{}.jobs.dead", self.namespace)] {
            channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await.unwrap();
        }
        let exchange = format!("{}.dead", self.namespace);
        channel
            .exchange_delete(exchange.as_str().into(), lapin::options::ExchangeDeleteOptions::default())
            .await
            .unwrap();
        stranger.close(200, "done".into()).await.unwrap();
    }
}

pub fn messages(count: u128) -> Vec<JobMessage> {
    let message = |number| JobMessage {
        job: Uuid::from_u128(number),
        request_id: Some(format!("r-{number}")),
        trace_parent: None,
    };
    (0..count).map(message).collect()
}

pub async fn publish(link: &Link, messages: &[JobMessage]) -> Vec<bool> {
    link.job_publisher().await.unwrap().publish(messages).await.unwrap()
}

/// What a consumer is told next.
pub async fn next(consumer: &mut JobConsumer, most: usize) -> Result<Vec<Told>, BrokerError> {
    tokio::time::timeout(PATIENCE, consumer.next(most)).await.expect("the broker tells something")
}

/// The next `count` jobs, in the order of their ids.
pub async fn told(consumer: &mut JobConsumer, count: usize) -> Vec<Told> {
    let mut all = Vec::new();
    while all.len() < count {
        all.extend(next(consumer, count).await.unwrap());
    }
    all.sort_by_key(|told| told.job);
    all
}

pub fn numbers(told: &[Told]) -> Vec<u128> {
    told.iter().map(|told| told.job.as_u128()).collect()
}
