//! Servers of a story's own, which it may stop and start, and workers in processes of their own, which it may kill.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use broker::Broker;
use devstack::{Postgres, PostgresOptions, RabbitMq, RabbitMqOptions};
use diesel_async::SimpleAsyncConnection;

use crate::stage::TABLE;

const DATABASE: &str = "counted";
pub const NAMESPACE: &str = "counted";

/// A machine with a database and a broker on ports that stay.
pub struct Machine {
    postgres_options: PostgresOptions,
    rabbitmq_options: RabbitMqOptions,
    postgres: Option<Postgres>,
    rabbitmq: Option<RabbitMq>,
    pub url: String,
    pub amqp: String,
    // Last: the servers are stopped before their data is removed.
    _folder: tempfile::TempDir,
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> anyhow::Result<T> + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap().unwrap()
}

impl Machine {
    pub async fn start() -> Self {
        let folder = devstack::scratch_folder().unwrap();
        let mut postgres_options = PostgresOptions {
            data_dir: folder.path().join("postgres"),
            port: None,
            durable: true,
            max_connections: 100,
        };
        let mut rabbitmq_options = RabbitMqOptions { folder: folder.path().join("rabbitmq"), port: None };
        let (for_postgres, for_rabbitmq) = (postgres_options.clone(), rabbitmq_options.clone());
        let (postgres, rabbitmq) = tokio::join!(
            blocking(move || Postgres::start(&for_postgres)),
            blocking(move || RabbitMq::start(&for_rabbitmq)),
        );
        postgres.create_database_if_missing(DATABASE).unwrap();
        postgres_options.port = Some(postgres.port());
        rabbitmq_options.port = Some(rabbitmq.port());
        let (url, amqp) = (postgres.url(DATABASE), rabbitmq.url());
        migrations::run(&url).await.unwrap();
        db::connect(&url).await.unwrap().batch_execute(TABLE).await.unwrap();
        Self {
            postgres_options,
            rabbitmq_options,
            postgres: Some(postgres),
            rabbitmq: Some(rabbitmq),
            url,
            amqp,
            _folder: folder,
        }
    }

    pub fn broker(&self) -> Broker {
        Broker::at(&self.amqp, NAMESPACE, "test").unwrap()
    }

    pub async fn crash_rabbitmq(&mut self) {
        let node = self.rabbitmq.take().unwrap();
        blocking(move || node.kill()).await;
    }

    /// Makes the queues, and has the node stopped and started in order: RabbitMQ writes down only after a while that a
    /// queue was made, and what is told here is the end of a node with queues that it knows, not of one that is new.
    pub async fn settle_rabbitmq(&mut self) {
        self.broker().connect().await.unwrap().close().await;
        let node = self.rabbitmq.take().unwrap();
        blocking(move || node.stop()).await;
        self.start_rabbitmq().await;
    }

    pub async fn start_rabbitmq(&mut self) {
        let options = self.rabbitmq_options.clone();
        self.rabbitmq = Some(blocking(move || RabbitMq::start(&options)).await);
    }

    pub async fn crash_postgres(&mut self) {
        let server = self.postgres.take().unwrap();
        blocking(move || server.stop_immediately()).await;
    }

    pub async fn start_postgres(&mut self) {
        let options = self.postgres_options.clone();
        self.postgres = Some(blocking(move || Postgres::start(&options)).await);
    }

    /// A worker in a process of its own.
    pub fn worker(&self) -> Worker {
        let mut command = Command::new(example());
        command.args([&self.url, &self.amqp, NAMESPACE, "16"]).stderr(Stdio::null());
        Worker(command.spawn().unwrap())
    }
}

/// Cargo builds a package's examples with its tests, beside them.
fn example() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.parent().unwrap().parent().unwrap().join("examples/counting_worker")
}

/// Killed when it is dropped.
pub struct Worker(Child);

impl Worker {
    pub fn kill(mut self) {
        // SIGKILL.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
