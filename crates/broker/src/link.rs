//! A connection to the broker, and where it leads.

use std::sync::Arc;
use std::time::Duration;

use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties};
use tokio::time::timeout;

use crate::topology::Topology;
use crate::{Announcements, Announcer, BrokerError, JobConsumer, JobPublisher};

/// How long anything the broker is asked may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How often both sides show that they are there, in seconds; unless the address says otherwise.
const HEARTBEAT: u16 = 10;

/// Where the broker is. Cheap to clone; connects to nothing by itself.
#[derive(Clone)]
pub struct Broker {
    uri: Arc<AMQPUri>,
    topology: Arc<Topology>,
    /// Who we say we are.
    name: Arc<str>,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        f.debug_struct("Broker").field("topology", &self.topology).finish_non_exhaustive()
    }
}

/// A connection. Dropping it closes it.
#[derive(Debug)]
pub struct Link {
    connection: Connection,
    topology: Arc<Topology>,
}

impl Broker {
    /// The broker at `url` (`amqp://user:password@host:5672/vhost`, or `amqps://`). All names there begin with
    /// `namespace`; `name` is who we say we are.
    ///
    /// # Errors
    /// The address cannot be read.
    pub fn at(url: &str, namespace: &str, name: &str) -> Result<Self, BrokerError> {
        let mut uri: AMQPUri = url.parse().map_err(BrokerError::Address)?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        Ok(Self { uri: Arc::new(uri), topology: Arc::new(Topology::of(namespace)), name: name.into() })
    }

    /// Connects, and declares what we use.
    pub async fn connect(&self) -> Result<Link, BrokerError> {
        let properties = ConnectionProperties::default().with_connection_name((&*self.name).into());
        let connection = in_time(Connection::connect_uri((*self.uri).clone(), properties)).await?;
        let link = Link { connection, topology: Arc::clone(&self.topology) };
        link.topology.declare(&link.channel().await?).await?;
        Ok(link)
    }
}

impl Link {
    pub(crate) async fn channel(&self) -> Result<Channel, BrokerError> {
        in_time(self.connection.create_channel()).await
    }

    /// Tells workers of jobs.
    pub async fn job_publisher(&self) -> Result<JobPublisher, BrokerError> {
        JobPublisher::on(self.channel().await?, Arc::clone(&self.topology)).await
    }

    /// Is told of jobs: of at most `prefetch` that it has not dealt with.
    pub async fn job_consumer(&self, prefetch: u16) -> Result<JobConsumer, BrokerError> {
        JobConsumer::on(self.channel().await?, &self.topology, prefetch).await
    }

    /// Announces that the feed has grown.
    pub async fn announcer(&self) -> Result<Announcer, BrokerError> {
        Ok(Announcer::on(self.channel().await?, &self.topology))
    }

    /// Hears that the feed has grown, from now on.
    pub async fn announcements(&self) -> Result<Announcements, BrokerError> {
        Announcements::on(self.channel().await?, &self.topology).await
    }

    /// Closes the connection in order; what was not dealt with is told to others.
    pub async fn close(self) {
        // It is closed all the same: by the broker, or with the last that is dropped of it.
        if let Err(error) = in_time(self.connection.close(200, "done".into())).await {
            tracing::debug!(error = %error, "the broker was left without a farewell");
        }
    }
}

/// An answer that comes in time.
pub(crate) async fn in_time<T>(answer: impl Future<Output = lapin::Result<T>>) -> Result<T, BrokerError> {
    match timeout(PATIENCE, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_elapsed) => Err(BrokerError::Silent(PATIENCE)),
    }
}
