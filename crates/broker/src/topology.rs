//! What we use of the broker: a queue of jobs, where messages go that nobody can deal with, and where the feed's growth
//! is announced.
//!
//! Quorum queues, on disk and on several nodes where there are several: a confirmed message survives the loss of a
//! node. They count deliveries, so that a message whose consumers keep dying is set aside.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

use crate::BrokerError;
use crate::link::in_time;

/// How often a message is delivered again after a consumer that went away with it.
const DELIVERY_LIMIT: i32 = 20;

/// The names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Topology {
    /// The queue of jobs.
    pub jobs: String,
    /// The exchange of messages that were set aside.
    dead_exchange: String,
    /// The queue that keeps them for the operator.
    pub dead_jobs: String,
    /// The exchange through which all who listen hear that the feed has grown.
    pub feed_exchange: String,
}

impl Topology {
    pub(crate) fn of(namespace: &str) -> Self {
        Self {
            jobs: format!("{namespace}.jobs"),
            dead_exchange: format!("{namespace}.dead"),
            dead_jobs: format!("{namespace}.jobs.dead"),
            feed_exchange: format!("{namespace}.feed"),
        }
    }

    /// Declares all of it; what is there already must be as we would declare it.
    pub(crate) async fn declare(&self, channel: &Channel) -> Result<(), BrokerError> {
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let (exchange, dead) = (self.dead_exchange.as_str(), self.dead_jobs.as_str());
        let nothing = FieldTable::default;
        for name in [exchange, self.feed_exchange.as_str()] {
            in_time(channel.exchange_declare(name.into(), ExchangeKind::Fanout, durable, nothing())).await?;
        }
        in_time(channel.queue_declare(dead.into(), QueueDeclareOptions::durable(), quorum())).await?;
        in_time(channel.queue_bind(
            dead.into(),
            exchange.into(),
            "".into(),
            QueueBindOptions::default(),
            nothing(),
        ))
        .await?;
        let mut arguments = quorum();
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERY_LIMIT));
        arguments.insert("x-dead-letter-exchange".into(), AMQPValue::LongString(exchange.into()));
        let jobs = self.jobs.as_str();
        in_time(channel.queue_declare(jobs.into(), QueueDeclareOptions::durable(), arguments)).await?;
        Ok(())
    }
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments
}
