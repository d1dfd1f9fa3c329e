//! Being told of jobs.

use futures_util::{FutureExt, StreamExt};
use lapin::Acker;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use uuid::Uuid;

use crate::link::in_time;
use crate::topology::Topology;
use crate::{BrokerError, JobMessage};

/// A channel on which the broker tells of jobs.
#[derive(Debug)]
pub struct JobConsumer {
    /// Closed with it.
    _channel: Channel,
    deliveries: Consumer,
}

/// A job that the broker has told of, and that it tells another of unless it is [dealt with](Self::dealt_with).
#[derive(Debug)]
pub struct Told {
    /// Which job.
    pub job: Uuid,
    acker: Acker,
}

impl Told {
    /// The broker may forget the message.
    pub async fn dealt_with(self) -> Result<(), BrokerError> {
        in_time(self.acker.ack(BasicAckOptions::default())).await.map(drop)
    }
}

impl JobConsumer {
    pub(crate) async fn on(
        channel: Channel,
        topology: &Topology,
        prefetch: u16,
    ) -> Result<Self, BrokerError> {
        in_time(channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        let deliveries = channel.basic_consume(
            topology.jobs.as_str().into(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let deliveries = in_time(deliveries).await?;
        Ok(Self { _channel: channel, deliveries })
    }

    /// Waits for a job, and takes those that have come with it, up to `most`. A message that nobody can read is set
    /// aside for the operator.
    ///
    /// # Errors
    /// The broker is gone. What was told and not dealt with is told again, to whoever connects first.
    pub async fn next(&mut self, most: usize) -> Result<Vec<Told>, BrokerError> {
        let mut told = Vec::new();
        while told.is_empty() {
            let first = self.deliveries.next().await;
            told.extend(read(first).await?);
            while told.len() < most.max(1)
                && let Some(another) = self.deliveries.next().now_or_never()
            {
                told.extend(read(another).await?);
            }
        }
        Ok(told)
    }
}

async fn read(delivery: Option<lapin::Result<Delivery>>) -> Result<Option<Told>, BrokerError> {
    // The end of the stream is the broker's farewell.
    let delivery = delivery.ok_or_else(|| BrokerError::Closed)??;
    if let Some(job) = JobMessage::job_of(&delivery.data) {
        return Ok(Some(Told { job, acker: delivery.acker }));
    }
    tracing::error!(bytes = delivery.data.len(), "a message that is no job was set aside");
    in_time(delivery.acker.reject(BasicRejectOptions { requeue: false })).await?;
    Ok(None)
}
