//! A RabbitMQ node of our own, for as long as the process that starts it.
//!
//! Owns how the node is run, when it is ready and how it is asked to end; that it ends with its starter is
//! [`server`](crate::server)'s part. The node is alone in its cluster. Everything of it listens on the loopback
//! interface only, and whoever connects there as `guest` may do all: for development and tests.
//!
//! Two processes make it up. The node itself, Erlang's `beam.smp`, takes the place of the shell scripts that start it,
//! so that it is a child of ours like any other. `epmd`, in which a node registers its name, is one for the whole
//! machine by default, is started by the first node and outlives them all; here each node has one of its own, which
//! we start.

mod folder;
mod programs;

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::ports;
use crate::server::{Manner, Server, read_log, tail};
use folder::Folder;
use programs::Programs;

/// A first start takes some 5 s of computing, on a busy machine a multiple of it.
const START_LIMIT: Duration = Duration::from_mins(2);
/// Queues are written out.
const STOP_LIMIT: Duration = Duration::from_secs(30);
const EPMD_LIMIT: Duration = Duration::from_secs(10);
/// How long a port may still be held by a node that died a moment ago.
const PORT_LIMIT: Duration = Duration::from_secs(1);
/// How long the node may take over an answer before it is asked again.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// Killed with its starter, whatever it is doing: a node that is still starting may not heed a politer signal. What a
/// client was told is safe survives that as it survives a crash.
const NODE: Manner =
    Manner { name: "RabbitMQ", orphaned: libc::SIGKILL, farewell: &[(libc::SIGTERM, STOP_LIMIT)] };
/// It keeps nothing.
const EPMD: Manner = Manner { name: "epmd", orphaned: libc::SIGKILL, farewell: &[] };

/// How often ports that another process took first are replaced by others.
const PORT_ATTEMPTS: usize = 5;
/// What the log says of such a port: that of AMQP, and that of Erlang's own protocol.
const PORT_TAKEN: [&str; 2] = ["eaddrinuse", "dist_port_already_used"];
/// What the log shows before the reason for which a node does not start, which a long account of the machine's state
/// follows.
const FAILURE: &str = "BOOT FAILED";
const FAILURE_LINES: usize = 10;

/// The data bears this name, so that it must not change with the port. Nobody else knows it: it is registered with
/// the node's own epmd.
const NODE_NAME: &str = "silkcart@localhost";

/// For the virtual machine. One thread computes: a test's broker has little to do. Erlang's own protocol listens where
/// AMQP does, and epmd is there already.
const ERLANG: &str = "+S 1:1 -start_epmd false -kernel inet_dist_use_interface {127,0,0,1}";

/// With what an AMQP client of version 0-9-1 begins.
const GREETING: &[u8] = b"AMQP\x00\x00\x09\x01";

/// What node to start.
#[derive(Clone, Debug)]
pub struct RabbitMqOptions {
    /// Where the node keeps everything, its log (`node.log`) too; made when missing. The node runs as the caller, root
    /// or not. Started again on the same folder, it is the same node with the same durable queues, whatever its port.
    pub folder: PathBuf,
    /// None takes a free one.
    pub port: Option<u16>,
}

/// A running node. Dropping it stops it and waits for its end; on Linux it also ends when this process does, be it
/// killed.
#[derive(Debug)]
pub struct RabbitMq {
    port: u16,
    // The order matters: a node that stops takes its name off epmd.
    node: Server,
    _epmd: Server,
}

impl RabbitMq {
    /// Starts a node and waits until it takes connections, which is a matter of seconds.
    ///
    /// # Errors
    ///
    /// When RabbitMQ is not installed, the folder cannot be used or is in use by a live node, the port is taken, or the
    /// node does not come up: then with the reason from its log.
    pub fn start(options: &RabbitMqOptions) -> Result<Self> {
        let programs = programs::find()?;
        let folder = Folder::take(&options.folder)?;
        let mut attempt = 1;
        loop {
            match Self::attempt(&programs, &folder, options.port) {
                Ok(started) => return Ok(started),
                Err(Failure::PortTaken(_)) if attempt < PORT_ATTEMPTS => attempt += 1,
                Err(Failure::PortTaken(error) | Failure::Final(error)) => return Err(error),
            }
        }
    }

    fn attempt(programs: &Programs, folder: &Folder, port: Option<u16>) -> Result<Self, Failure> {
        let [free, distribution, epmd_port] = ports::free()?;
        let ports = Ports { amqp: port.unwrap_or(free), distribution, epmd: epmd_port };
        if let Some(port) = port {
            ports::wait_until_free(port, PORT_LIMIT).with_context(|| {
                format!("RabbitMQ cannot listen on port {port} of 127.0.0.1: choose another, or stop what is there")
            })?;
        }
        // What the node tells clients of itself, and by what we know it from another one on the same port: nobody else
        // listens on its distribution port.
        let identity = format!("silkcart-{distribution}");
        folder.prepare(ports.amqp, &identity)?;

        let mut epmd = Server::spawn(epmd_command(programs, &ports), EPMD)?;
        // Where the port is taken it just ends, perhaps not before the other one has answered.
        epmd.wait_until_ready(EPMD_LIMIT, |_| Ok(connect(ports.epmd).is_ok()))
            .context("Erlang's epmd did not start")
            .map_err(Failure::PortTaken)?;

        let mut node = Server::spawn(node_command(programs, folder, &ports)?, NODE)?;
        match node.wait_until_ready(START_LIMIT, |_| Ok(answers_as(&identity, ports.amqp))) {
            Ok(()) => Ok(Self { port: ports.amqp, node, _epmd: epmd }),
            Err(error) => {
                drop(node);
                let log = read_log(&folder.log());
                let error = error.context(format!(
                    "RabbitMQ did not start on {}; from {}:\n{}",
                    folder.path().display(),
                    folder.log().display(),
                    reason(&log)
                ));
                let taken = epmd.has_ended()? || PORT_TAKEN.iter().any(|sign| log.contains(sign));
                Err(if taken { Failure::PortTaken(error) } else { Failure::Final(error) })
            }
        }
    }

    /// Are RabbitMQ's programs on this machine?
    #[must_use]
    pub fn is_installed() -> bool {
        programs::find().is_ok()
    }

    /// `amqp://guest:guest@127.0.0.1:<port>/%2f`: the virtual host `/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@{}:{}/%2f", Ipv4Addr::LOCALHOST, self.port)
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops the node and waits for its end, as dropping does, but says when it did not end well.
    pub fn stop(mut self) -> Result<()> {
        let status = self.node.stop()?;
        if status.success() { Ok(()) } else { bail!("RabbitMQ ended with {status}") }
    }

    /// Ends the node on the spot, as a crash would: nothing is written out, and the next start recovers.
    pub fn kill(mut self) -> Result<()> {
        self.node.kill()?;
        Ok(())
    }
}

/// Where one node listens.
#[derive(Debug)]
struct Ports {
    amqp: u16,
    /// Erlang's own protocol.
    distribution: u16,
    epmd: u16,
}

/// Why a node is not up.
enum Failure {
    /// Another process took a port that was free a moment ago: worth another attempt.
    PortTaken(anyhow::Error),
    Final(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Final(error)
    }
}

fn epmd_command(programs: &Programs, ports: &Ports) -> Command {
    let mut command = Command::new(&programs.epmd);
    // It adds the loopback address of IPv6 by itself.
    command.args(["-port", &ports.epmd.to_string(), "-address", "127.0.0.1"]);
    command.env_clear().current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn node_command(programs: &Programs, folder: &Folder, ports: &Ports) -> Result<Command> {
    let mut command = Command::new(&programs.server);
    // The caller's variables may be about another node.
    command.env_clear().env("PATH", &programs.path).env("LANG", "C.UTF-8");
    folder.tell(&mut command);
    command.env("RABBITMQ_NODENAME", NODE_NAME);
    command.env("RABBITMQ_NODE_IP_ADDRESS", Ipv4Addr::LOCALHOST.to_string());
    command.env("RABBITMQ_NODE_PORT", ports.amqp.to_string());
    command.env("RABBITMQ_DIST_PORT", ports.distribution.to_string());
    command.env("ERL_EPMD_PORT", ports.epmd.to_string());
    command.env("ERL_EPMD_ADDRESS", Ipv4Addr::LOCALHOST.to_string());
    command.env("ERL_FLAGS", ERLANG);
    // By default the one thread of every node would be bound to the same core.
    command.env("RABBITMQ_SCHEDULER_BIND_TYPE", "u");
    // Nobody reads the dumps of a broker for tests.
    command.env("ERL_CRASH_DUMP_SECONDS", "0");
    // Under systemd the scripts make way for the node. Otherwise a shell stays between it and us, which would get our
    // signals and die in its place.
    command.env("RUNNING_UNDER_SYSTEMD", "true");

    let log = folder.log();
    let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    command.stdin(folder.lock()?).stdout(output.try_clone()?).stderr(output);
    Ok(command)
}

fn connect(port: u16) -> io::Result<TcpStream> {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), ANSWER_LIMIT)
}

/// Does the node of this identity take clients at `port`? A node listens for them last of all.
fn answers_as(identity: &str, port: u16) -> bool {
    greet(port).is_ok_and(|answer| answer.windows(identity.len()).any(|part| part == identity.as_bytes()))
}

/// A node's first answer to a client: what it is and can, its cluster's name among it.
fn greet(port: u16) -> io::Result<Vec<u8>> {
    let mut stream = connect(port)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.write_all(GREETING)?;
    // One frame: its type, its channel and its size, then as many bytes.
    let mut head = [0; 7];
    stream.read_exact(&mut head)?;
    let [_, _, _, size @ ..] = head;
    let mut answer = Vec::new();
    stream.take(u64::from(u32::from_be_bytes(size))).read_to_end(&mut answer)?;
    Ok(answer)
}

/// The part of the log that says why the node did not start.
fn reason(log: &str) -> String {
    match log.find(FAILURE) {
        Some(start) => log[start..].lines().take(FAILURE_LINES).collect::<Vec<_>>().join("\n"),
        None => tail(log),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_what_follows_the_failure() {
        let log = format!("1\nBOOT FAILED\nwhy\n{}", "state\n".repeat(50));
        let reason = reason(&log);
        assert!(reason.starts_with("BOOT FAILED\nwhy\n"), "{reason}");
        assert_eq!(reason.lines().count(), FAILURE_LINES);
        assert_eq!(super::reason("1\n2"), "1\n2");
    }
}
