//! A node's folder: its data, its settings, its log, and that only one node has it open.
//!
//! Owns the folder's layout and the lock. Starts nothing.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::server::POLL;

/// How long a node that is on its way out may still hold the folder: stopping takes it 1 to 3 s.
const HANDOVER_LIMIT: Duration = Duration::from_secs(6);

/// Where clients are held off: far above what tests need, far below what would hurt the machine.
const MEMORY_LIMIT: &str = "512MiB";

/// The one name that a node asks for is answered from here: no resolver of the machine can surprise it.
const NAMES: &str = "{lookup, [file]}.\n{host, {127,0,0,1}, [\"localhost\"]}.\n";

/// A folder that is ours: no other node has it, nor gets it while this lives or the node that was given the lock.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    lock: File,
}

impl Folder {
    pub(super) fn take(requested: &Path) -> Result<Self> {
        fs::create_dir_all(requested).with_context(|| format!("cannot create {}", requested.display()))?;
        let path =
            requested.canonicalize().with_context(|| format!("cannot resolve {}", requested.display()))?;
        let lock_path = path.join("lock");
        if !lock_path.is_file() && fs::read_dir(&path)?.next().is_some() {
            bail!("{} holds something other than a RabbitMQ node", path.display());
        }
        let mut lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&lock_path)
            .with_context(|| format!("cannot open {}", lock_path.display()))?;
        let begun = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { path, lock }),
                Err(TryLockError::WouldBlock) if begun.elapsed() < HANDOVER_LIMIT => thread::sleep(POLL),
                Err(TryLockError::WouldBlock) => {
                    let mut port = String::new();
                    // Without it the message is still true.
                    let _ = lock.read_to_string(&mut port);
                    bail!(in_use(&path, port.trim()));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("cannot lock {}", lock_path.display()));
                }
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join("node.log")
    }

    /// For the node's standard input, which it does not read: a lock lasts until the last process that holds its file
    /// is gone, so that the node keeps it for as long as it lives, whatever has become of us.
    pub(super) fn lock(&self) -> Result<File> {
        Ok(self.lock.try_clone()?)
    }

    /// Writes what a node reads as it starts. Its cluster is called `identity`.
    pub(super) fn prepare(&self, port: u16, identity: &str) -> Result<()> {
        self.lock.set_len(0)?;
        // For whoever finds the folder taken.
        self.lock.write_all_at(format!("{port}\n").as_bytes(), 0)?;
        for folder in [self.home(), self.data()] {
            fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        self.write("enabled_plugins", "[].\n")?;
        self.write("names", NAMES)?;
        let settings =
            format!("cluster_name = {identity}\nvm_memory_high_watermark.absolute = {MEMORY_LIMIT}\n");
        self.write("rabbitmq.conf", &settings)?;
        self.write_cookie()
    }

    /// Names everything of the folder to the node.
    pub(super) fn tell(&self, command: &mut Command) {
        command.current_dir(&self.path);
        command.env("HOME", self.home());
        command.env("RABBITMQ_MNESIA_BASE", self.data());
        command.env("RABBITMQ_LOG_BASE", &self.path);
        // To the standard output, which is the log.
        command.env("RABBITMQ_LOGS", "-");
        command.env("RABBITMQ_ENABLED_PLUGINS_FILE", self.path.join("enabled_plugins"));
        command.env("RABBITMQ_CONFIG_FILE", self.path.join("rabbitmq.conf"));
        command.env("RABBITMQ_PID_FILE", self.path.join("pid"));
        command.env("ERL_INETRC", self.path.join("names"));
        // The machine's own settings, in /etc/rabbitmq, are about another node: these do not exist.
        command.env("RABBITMQ_CONFIG_FILES", self.path.join("no-more-settings"));
        command.env("RABBITMQ_ADVANCED_CONFIG_FILE", self.path.join("no-more-settings.config"));
        command.env("RABBITMQ_CONF_ENV_FILE", "/dev/null");
    }

    fn home(&self) -> PathBuf {
        self.path.join("home")
    }

    fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// By the cookie Erlang's nodes know each other, and Erlang insists that it is its owner's alone. This node has no
    /// peers, so that each start can have a new one.
    fn write_cookie(&self) -> Result<()> {
        let mut bytes = [0; 20];
        File::open("/dev/urandom")
            .and_then(|mut source| source.read_exact(&mut bytes))
            .context("cannot read random bytes")?;
        let cookie = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let path = self.home().join(".erlang.cookie");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        file.write_all(cookie.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
    }
}

fn in_use(folder: &Path, port: &str) -> String {
    let port = if port.is_empty() { String::new() } else { format!(" (port {port})") };
    let folder = folder.display();
    format!("another RabbitMQ node{port} is already running on {folder}: stop it, or choose another folder")
}
