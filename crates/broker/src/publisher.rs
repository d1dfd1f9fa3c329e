//! Telling workers of jobs.

use std::sync::Arc;

use futures_util::future::join_all;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Confirmation, PublisherConfirm};

use crate::link::in_time;
use crate::topology::Topology;
use crate::{BrokerError, JobMessage};

/// A channel on which every message is confirmed.
#[derive(Debug)]
pub struct JobPublisher {
    channel: Channel,
    topology: Arc<Topology>,
}

impl JobPublisher {
    pub(crate) async fn on(channel: Channel, topology: Arc<Topology>) -> Result<Self, BrokerError> {
        in_time(channel.confirm_select(ConfirmSelectOptions::default())).await?;
        Ok(Self { channel, topology })
    }

    /// Sends messages, one after the other without waiting in between, and waits until the broker has all of them
    /// safe. Says for each whether it has: one that it refuses, or that no queue takes, is not.
    ///
    /// # Errors
    /// Nobody knows which of them the broker has.
    pub async fn publish(&self, messages: &[JobMessage]) -> Result<Vec<bool>, BrokerError> {
        let mut confirms = Vec::with_capacity(messages.len());
        for message in messages {
            confirms.push(in_time(self.send(message)).await?);
        }
        let confirmations = in_time(async { join_all(confirms).await.into_iter().collect() });
        let confirmations: Vec<Confirmation> = confirmations.await?;
        // What no queue takes is confirmed as well, and returned: it is as safe as nowhere.
        let safe =
            |confirmation: Confirmation| confirmation.is_ack() && confirmation.take_message().is_none();
        Ok(confirmations.into_iter().map(safe).collect())
    }

    async fn send(&self, message: &JobMessage) -> lapin::Result<PublisherConfirm> {
        let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let (body, queue) = (message.body(), self.topology.jobs.as_str());
        let properties = message.properties();
        self.channel.basic_publish("".into(), queue.into(), mandatory, body.as_bytes(), properties).await
    }

    /// How many messages wait for a consumer, and how many were set aside.
    pub async fn waiting(&self) -> Result<(u32, u32), BrokerError> {
        Ok((self.length(&self.topology.jobs).await?, self.length(&self.topology.dead_jobs).await?))
    }

    async fn length(&self, queue: &str) -> Result<u32, BrokerError> {
        let look = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = in_time(self.channel.queue_declare(queue.into(), look, FieldTable::default())).await?;
        Ok(queue.message_count())
    }
}
