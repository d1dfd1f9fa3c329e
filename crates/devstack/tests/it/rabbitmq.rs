//! A RabbitMQ node does what its options say, keeps what it was given, and ends with its starter.
//!
//! Each start takes seconds of computing, so that a test here asks more than one thing of a node.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use devstack::{RabbitMq, RabbitMqOptions, scratch_folder};

use crate::amqp::Client;
use crate::support::eventually;

/// Tells this test binary, started again, to be a parent that can be killed.
const PARENT_FOLDER: &str = "DEVSTACK_TEST_RABBITMQ_PARENT_FOLDER";

fn options(folder: &Path) -> RabbitMqOptions {
    RabbitMqOptions { folder: folder.to_owned(), port: None }
}

/// The node on `folder`, everything that it has started, and its epmd.
#[cfg(target_os = "linux")]
fn processes_of(folder: &Path) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    let node = fs::read_to_string(folder.join("pid"))?;
    let environment = fs::read_to_string(format!("/proc/{}/environ", node.trim()))?;
    let variables: Vec<&str> = environment.split('\0').collect();
    let epmd_port = variables.iter().find_map(|variable| variable.strip_prefix("ERL_EPMD_PORT="));
    let epmd = format!("epmd\0-port\0{}\0", epmd_port.context("no port of epmd")?);
    let home = format!("HOME={}", folder.canonicalize()?.join("home").display());
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let read = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let is_epmd = String::from_utf8_lossy(&read("cmdline")).contains(&epmd);
        // Whatever the node starts has its environment.
        let is_nodes = String::from_utf8_lossy(&read("environ")).split('\0').any(|variable| variable == home);
        if is_epmd || is_nodes {
            found.push(pid);
        }
    }
    Ok(found)
}

#[cfg(target_os = "linux")]
fn names_of(pids: &[u32]) -> Vec<String> {
    let read = |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    pids.iter().map(|pid| read(pid).trim().to_owned()).collect()
}

/// A process that has ended, and that nobody has taken note of yet, has too.
#[cfg(target_os = "linux")]
fn has_ended(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}

/// The addresses at which these processes listen.
#[cfg(target_os = "linux")]
fn addresses_of(pids: &[u32]) -> Result<Vec<String>> {
    let mut sockets = Vec::new();
    for pid in pids {
        for entry in fs::read_dir(format!("/proc/{pid}/fd"))? {
            // One may be closed at this moment.
            let target = fs::read_link(entry?.path()).unwrap_or_default();
            sockets
                .extend(target.to_string_lossy().strip_prefix("socket:[").map(|rest| rest.replace(']', "")));
        }
    }
    let mut addresses = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        // Without IPv6 there is no second table.
        for line in fs::read_to_string(table).unwrap_or_default().lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            // 0A: listening.
            let listens = fields.get(3) == Some(&"0A");
            if listens && fields.get(9).is_some_and(|inode| sockets.iter().any(|socket| socket == inode)) {
                addresses.extend(fields[1].split(':').next().map(str::to_owned));
            }
        }
    }
    Ok(addresses)
}

#[test]
fn two_nodes_run_side_by_side_on_localhost_only() -> Result<()> {
    let folder = scratch_folder()?;
    // A space, as in many a folder's name.
    let (one, two) = (folder.path().join("one"), folder.path().join("number two"));
    let (first, second) = thread::scope(|scope| {
        let second = scope.spawn(|| RabbitMq::start(&options(&two)));
        (RabbitMq::start(&options(&one)), second.join().expect("the thread does not panic"))
    });
    let (first, second) = (first?, second?);
    assert_ne!(first.port(), second.port());
    assert_eq!(first.url(), format!("amqp://guest:guest@127.0.0.1:{}/%2f", first.port()));
    Client::connect(first.port())?.fill_durable_queue("first's")?;
    assert!(Client::connect(second.port())?.count("first's").is_err(), "they are no cluster");

    #[cfg(target_os = "linux")]
    {
        let addresses = addresses_of(&processes_of(&two)?)?;
        // AMQP, Erlang's own protocol and epmd, which listens at ::1 too where there is such an address.
        assert!(addresses.len() >= 3, "{addresses:?}");
        let loopback = ["0100007F", "00000000000000000000000001000000"];
        assert!(addresses.iter().all(|address| loopback.contains(&address.as_str())), "{addresses:?}");
    }

    let error = RabbitMq::start(&options(&one)).expect_err("the folder is in use");
    let message = format!("{error:#}");
    assert!(
        message.contains(&format!("another RabbitMQ node (port {}) is already", first.port())),
        "{message}"
    );
    assert_eq!(Client::connect(first.port())?.count("first's")?, 1, "the first node is none the worse");
    first.stop()?;
    second.kill()
}

#[test]
fn durable_queues_survive_a_stop_and_a_crash() -> Result<()> {
    let folder = scratch_folder()?;
    let options = options(&folder.path().join("node"));
    let first = RabbitMq::start(&options)?;
    Client::connect(first.port())?.fill_durable_queue("kept")?;
    first.stop()?;

    // On another port it is still the same node.
    let second = RabbitMq::start(&options)?;
    assert_eq!(Client::connect(second.port())?.count("kept")?, 1);
    Client::connect(second.port())?.fill_durable_queue("kept too")?;
    let port = second.port();
    second.kill()?;

    let third = RabbitMq::start(&RabbitMqOptions { port: Some(port), ..options })?;
    assert_eq!(third.port(), port);
    assert_eq!(Client::connect(port)?.count("kept")?, 1);
    assert_eq!(Client::connect(port)?.count("kept too")?, 1);
    Ok(())
}

/// Not a test by itself: what the started-again binary runs.
#[test]
fn parent_that_waits_to_be_killed() -> Result<()> {
    let Some(folder) = env::var_os(PARENT_FOLDER) else { return Ok(()) };
    let _node = RabbitMq::start(&options(&PathBuf::from(folder)))?;
    // Not by println: the harness would keep it.
    writeln!(std::io::stdout(), "\nup")?;
    // It is killed long before; the bound is for a run that was abandoned.
    thread::sleep(Duration::from_mins(1));
    Ok(())
}

fn spawn_parent(folder: &Path) -> Result<Child> {
    Ok(Command::new(env::current_exe()?)
        .args(["--exact", "rabbitmq::parent_that_waits_to_be_killed", "--nocapture"])
        .env(PARENT_FOLDER, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?)
}

#[test]
#[cfg(target_os = "linux")]
fn a_killed_parent_leaves_nothing() -> Result<()> {
    let folder = scratch_folder()?;
    let node = folder.path().join("node");

    // One is killed while its node is starting, which then is no obstacle to the next.
    let mut parent = spawn_parent(&node)?;
    eventually("the node's process", || {
        fs::read_to_string(node.join("pid")).is_ok_and(|pid| !pid.is_empty())
    })?;
    let starting = processes_of(&node)?;
    parent.kill()?;
    parent.wait()?;
    eventually("the end of the starting node", || starting.iter().all(|pid| has_ended(*pid)))?;

    let mut parent = spawn_parent(&node)?;
    let output = BufReader::new(parent.stdout.take().context("no output")?);
    assert!(output.lines().any(|line| line.is_ok_and(|line| line == "up")), "the node did not start");
    let running = processes_of(&node)?;
    let names = names_of(&running);
    for name in ["beam.smp", "epmd", "erl_child_setup"] {
        assert!(names.iter().any(|found| found == name), "no {name} among {names:?}");
    }
    parent.kill()?;
    parent.wait()?;
    eventually("the end of all", || running.iter().all(|pid| has_ended(*pid)))?;
    Ok(())
}

#[test]
fn a_port_that_was_asked_for_and_is_taken_is_an_error_at_once() -> Result<()> {
    let folder = scratch_folder()?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port();
    let begun = Instant::now();
    let error = RabbitMq::start(&RabbitMqOptions { port: Some(port), ..options(folder.path()) })
        .expect_err("the port is taken");
    let message = format!("{error:#}");
    assert!(message.contains(&format!("cannot listen on port {port}")), "{message}");
    assert!(begun.elapsed() < Duration::from_secs(3), "no node has to be started for that");
    Ok(())
}

#[test]
fn a_failed_start_shows_the_reason() -> Result<()> {
    let folder = scratch_folder()?;
    let node = folder.path().join("node");
    fs::create_dir_all(node.join("data"))?;
    fs::write(node.join("lock"), "")?;
    // A file where the node wants a folder.
    fs::write(node.join("data/silkcart@localhost"), "")?;
    let error = RabbitMq::start(&options(&node)).expect_err("there is no place for the data");
    let message = format!("{error:#}");
    assert!(message.contains("node.log"), "{message}");
    assert!(message.contains("data/silkcart@localhost"), "{message}");
    Ok(())
}

#[test]
fn a_folder_with_other_things_is_left_alone() -> Result<()> {
    let folder = scratch_folder()?;
    fs::write(folder.path().join("letter.txt"), "dear")?;
    let error = RabbitMq::start(&options(folder.path())).expect_err("this is no node's folder");
    assert!(format!("{error:#}").contains("something other"), "{error:#}");
    assert_eq!(fs::read_dir(folder.path())?.count(), 1);
    Ok(())
}
