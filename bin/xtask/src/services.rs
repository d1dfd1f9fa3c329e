//! What tests talk to: a private PostgreSQL, a private RabbitMQ, and the Python of the tests.
//!
//! Owns their start and the names under which tests find them. Dropping stops all and removes the data.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use devstack::{Postgres, PostgresOptions, RabbitMq, RabbitMqOptions};
use tempfile::TempDir;

use crate::process::death_by;
use crate::setup::{self, Needs};
use crate::signals::Signals;
use crate::workspace::Workspace;

/// A URL of the database `postgres`, whose role may create databases.
const DATABASE_URL: &str = "SILKCART_TEST_DATABASE_URL";
/// A URL of the virtual host `/`, in which a test makes queues with names of its own. A test that stops its broker
/// starts one itself.
const AMQP_URL: &str = "SILKCART_TEST_AMQP_URL";
/// An interpreter with the packages of `tools/python-requirements.txt`.
const PYTHON: &str = "SILKCART_TEST_PYTHON";
/// A folder with `node` and the packages of `tools/web`.
const WEB: &str = "SILKCART_TEST_WEB";

/// Enough for every test binary's own pools.
const MAX_CONNECTIONS: u16 = 500;

#[derive(Debug)]
pub struct Services {
    variables: [(&'static str, OsString); 4],
    rabbitmq: Option<RabbitMq>,
    // The order matters: the server is stopped before its data is removed.
    _postgres: Postgres,
    _folder: TempDir,
}

impl Services {
    pub fn start(workspace: &Workspace) -> Result<Self> {
        let folder = devstack::scratch_folder()?;
        let database = PostgresOptions {
            data_dir: folder.path().join("postgres"),
            port: None,
            durable: false,
            max_connections: MAX_CONNECTIONS,
        };
        let broker = RabbitMqOptions { folder: folder.path().join("rabbitmq"), port: None };
        // Each takes seconds.
        let (postgres, rabbitmq) = thread::scope(|scope| {
            let rabbitmq = scope.spawn(|| RabbitMq::start(&broker));
            (Postgres::start(&database), rabbitmq.join())
        });
        let postgres = postgres.context("cannot start the tests' PostgreSQL")?;
        let rabbitmq = rabbitmq
            .map_err(|_panic| anyhow!("the thread that starts RabbitMQ panicked"))?
            .context("cannot start the tests' RabbitMQ")?;
        let variables = [
            (DATABASE_URL, postgres.url("postgres").into()),
            (AMQP_URL, rabbitmq.url().into()),
            (PYTHON, setup::test_python(workspace).into_os_string()),
            (WEB, setup::test_web(workspace).into_os_string()),
        ];
        Ok(Self { variables, rabbitmq: Some(rabbitmq), _postgres: postgres, _folder: folder })
    }

    pub fn tell(&self, command: &mut Command) {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        // An orderly end takes seconds, and is for data that somebody will want again.
        if let Some(Err(error)) = self.rabbitmq.take().map(RabbitMq::kill) {
            eprintln!("note: {error:#}");
        }
    }
}

/// Starts the services and prints where they are, until a signal comes.
pub fn keep(workspace: &Workspace) -> Result<u8> {
    setup::ensure(workspace, Needs::Tests)?;
    let signals = Signals::install()?;
    let services = Services::start(workspace)?;
    let mut output = io::stdout().lock();
    for (name, value) in &services.variables {
        writeln!(output, "export {name}={}", quoted(&value.to_string_lossy()))?;
    }
    output.flush()?;
    eprintln!("ready: paste these lines into another terminal and run `cargo test` there; Ctrl-C stops");

    let signal = loop {
        if let Some(signal) = signals.take() {
            break signal;
        }
        thread::sleep(Duration::from_millis(50));
    };
    drop(services);
    // Ctrl-C is how this is meant to end.
    Ok(if signal == signal_hook::consts::SIGINT { 0 } else { death_by(signal) })
}

/// For a shell.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_a_shell() {
        assert_eq!(quoted("/a b/c"), "'/a b/c'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
