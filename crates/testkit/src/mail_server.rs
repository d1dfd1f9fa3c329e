//! A real mail server that keeps what it is sent: aiosmtpd, which shares no code with us.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;

/// The server, which ends with the test. To `never@` it takes nothing, to `later@` at the second attempt, and what is
/// for `data@` it refuses after it has read it.
#[derive(Debug)]
pub struct MailServer {
    process: Child,
    says: Receiver<Value>,
    /// On the loopback interface.
    pub port: u16,
}

impl MailServer {
    /// Takes mail from anybody, without TLS.
    #[must_use]
    pub fn start() -> Self {
        Self::asking_for("")
    }

    /// Lets in whoever gives this password, or anybody where it is empty.
    #[must_use]
    pub fn asking_for(password: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mail_server.py");
        let mut process = Command::new(crate::python())
            // It warns of passwords over connections without TLS.
            .arg("-Wignore")
            .arg(script)
            .arg(password)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        let (tell, says) = channel();
        // All the time: a server that nobody reads from would take no mail any more.
        thread::spawn(move || {
            for line in said.lines() {
                let line = line.unwrap();
                let what = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
                if tell.send(what).is_err() {
                    return;
                }
            }
        });
        let mut server = Self { process, says, port: 0 };
        server.port = u16::try_from(server.next_mail()["port"].as_u64().unwrap()).unwrap();
        server
    }

    /// The next mail that it takes: its `envelope`, `headers`, `type`, `parts` and `defects`.
    pub fn next_mail(&mut self) -> Value {
        self.says.recv().expect("the mail server goes on")
    }

    /// Ends it; what it has taken and nobody has read yet.
    #[must_use]
    pub fn stop(mut self) -> Vec<Value> {
        drop(self.process.stdin.take());
        let mut rest = Vec::new();
        loop {
            let said = self.next_mail();
            if said.get("taken").is_some() {
                return rest;
            }
            rest.push(said);
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
