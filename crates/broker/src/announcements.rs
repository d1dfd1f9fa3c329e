//! Telling whoever listens that the feed has grown.
//!
//! An announcement carries nothing: who hears it reads the feed. One that is lost costs a moment, until the next or
//! until who listens looks by itself.

use futures_util::{FutureExt, StreamExt};
use lapin::options::{BasicConsumeOptions, BasicPublishOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Consumer};

use crate::BrokerError;
use crate::link::in_time;
use crate::topology::Topology;

/// How many announcements wait for a listener; of more, the oldest are thrown away: each says the same.
const MOST_WAITING: i32 = 16;

/// A channel on which the feed's growth is announced.
#[derive(Debug)]
pub struct Announcer {
    channel: Channel,
    exchange: String,
}

/// A channel on which it is heard of, through a queue of its own that ends with the connection.
#[derive(Debug)]
pub struct Announcements {
    /// Closed with it.
    _channel: Channel,
    deliveries: Consumer,
}

impl Announcer {
    pub(crate) fn on(channel: Channel, topology: &Topology) -> Self {
        Self { channel, exchange: topology.feed_exchange.clone() }
    }

    /// Announces that the feed has grown, to all who listen now.
    pub async fn announce(&self) -> Result<(), BrokerError> {
        let (exchange, properties) = (self.exchange.as_str().into(), BasicProperties::default());
        let options = BasicPublishOptions::default();
        in_time(self.channel.basic_publish(exchange, "".into(), options, b"", properties)).await?;
        Ok(())
    }
}

impl Announcements {
    pub(crate) async fn on(channel: Channel, topology: &Topology) -> Result<Self, BrokerError> {
        let options =
            QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
        let mut arguments = FieldTable::default();
        arguments.insert("x-max-length".into(), AMQPValue::LongInt(MOST_WAITING));
        let queue = in_time(channel.queue_declare("".into(), options, arguments)).await?;
        let (name, exchange) = (queue.name().as_str(), topology.feed_exchange.as_str());
        let (bind, nothing) = (QueueBindOptions::default(), FieldTable::default);
        in_time(channel.queue_bind(name.into(), exchange.into(), "".into(), bind, nothing())).await?;
        let consume = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let deliveries = in_time(channel.basic_consume(name.into(), "".into(), consume, nothing())).await?;
        Ok(Self { _channel: channel, deliveries })
    }

    /// Waits until the feed's growth is announced, and takes all announcements that have come.
    ///
    /// # Errors
    /// The broker is gone.
    pub async fn heard(&mut self) -> Result<(), BrokerError> {
        self.deliveries.next().await.ok_or(BrokerError::Closed)??;
        while let Some(another) = self.deliveries.next().now_or_never() {
            another.ok_or(BrokerError::Closed)??;
        }
        Ok(())
    }
}
