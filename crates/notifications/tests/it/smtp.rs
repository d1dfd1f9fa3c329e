//! Mail to a real mail server: aiosmtpd, which shares no code with us.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use chrono::TimeDelta;
use notifications::{MessageState, Recipient, SmtpMailer, SmtpSecurity, SmtpSettings};
use serde_json::Value;

use crate::support::*;

/// The server, which ends with the test.
struct Server {
    process: Child,
    says: BufReader<ChildStdout>,
    port: u16,
}

impl Server {
    fn start() -> Self {
        Self::asking_for("")
    }

    /// Lets in whoever gives this password, or anybody where it is empty.
    fn asking_for(password: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp/server.py");
        let mut process = Command::new(testkit::python())
            // It warns of passwords over connections without TLS.
            .arg("-Wignore")
            .arg(script)
            .arg(password)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let says = BufReader::new(process.stdout.take().unwrap());
        let mut server = Self { process, says, port: 0 };
        server.port = u16::try_from(server.next()["port"].as_u64().unwrap()).unwrap();
        server
    }

    /// The next thing it says: its port, then every mail, then how many those were.
    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// How many mails it took in all.
    fn stop(mut self) -> u64 {
        drop(self.process.stdin.take());
        self.next()["taken"].as_u64().unwrap()
    }

    fn mailer(&self) -> Arc<SmtpMailer> {
        self.mailer_with(None)
    }

    fn mailer_with(&self, password: Option<&str>) -> Arc<SmtpMailer> {
        let settings = SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port: Some(self.port),
            security: SmtpSecurity::Plain,
            credentials: password.map(|password| ("silkcart".to_owned(), password.to_owned())),
            hello_name: None,
            root_certificate: None,
        };
        Arc::new(SmtpMailer::new(&settings).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn to(address: &str) -> Recipient {
    Recipient { email: address.to_owned(), display_name: "Ana \"A\" López".to_owned(), ..guest() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_reads_what_was_meant() {
    let mut server = Server::start();
    let world = World::with_mailer(server.mailer(), Arc::default()).await;
    let user_id = user(&mut *world.conn().await).await;
    let ana = Recipient { user_id: Some(user_id), ..to("ana@example.com") };
    let told = world.tell(&[notice("event:1", &ana, shipped())]).await.unwrap();
    world.work().await;
    let mail = server.next();
    assert_eq!(mail["envelope"]["from"], "hello@silkcart.example");
    assert_eq!(mail["envelope"]["to"], serde_json::json!(["ana@example.com"]));
    let headers = &mail["headers"];
    assert_eq!(headers["To"], r#""Ana \"A\" López" <ana@example.com>"#);
    assert_eq!(headers["Subject"], "Order SC-1 is on its way");
    assert_eq!(headers["Message-ID"], format!("<{}@silkcart.example>", told.messages[0]));
    assert_eq!(headers["Auto-Submitted"], "auto-generated");
    assert_eq!(headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    assert_eq!(mail["type"], "multipart/alternative");
    assert_eq!(mail["defects"], serde_json::json!([]), "the message is well formed");
    let parts = mail["parts"].as_array().unwrap();
    let types: Vec<_> = parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["text/plain", "text/html"]);
    let said = |part: &Value| part["text"].as_str().unwrap().replace("\r\n", "\n");
    let (text, html) = (said(&parts[0]), said(&parts[1]));
    assert!(
        text.starts_with("Hello Ana \"A\" López,\n") && text.contains("  Kale, 2.5 lb: $7.50\n"),
        "{text}"
    );
    assert!(html.contains("Hello Ana &#34;A&#34; López,") && html.contains("$7.50"), "{html}");
    assert_eq!(world.status(&told).await.state, MessageState::Sent);
    assert_eq!(server.stop(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servers_refusals_mean_what_they_say() {
    let mut server = Server::start();
    let world = World::with_mailer(server.mailer(), Arc::default()).await;
    let tell = async |address: &str| world.tell(&[notice("event:1", &to(address), placed())]).await.unwrap();
    let (never, later, unwanted) =
        (tell("never@example.com").await, tell("later@example.com").await, tell("data@example.com").await);
    world.work().await;
    for refused in [never, unwanted] {
        let status = world.status(&refused).await;
        assert_eq!(status.state, MessageState::Refused);
        let reason = status.failure.unwrap();
        assert!(reason.contains("550") || reason.contains("554"), "{reason}");
    }
    let status = world.status(&later).await;
    assert_eq!((status.state, status.attempts), (MessageState::Pending, 1));
    assert!(status.failure.unwrap().contains("451"));
    // The server greylists: it takes at the second attempt what it put off at the first.
    world.pass(TimeDelta::minutes(1)).await;
    assert_eq!(world.status(&later).await.state, MessageState::Sent);
    assert_eq!(server.next()["envelope"]["to"], serde_json::json!(["later@example.com"]));
    assert_eq!(server.stop(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_is_lost_over_a_password_of_ours() {
    let mut server = Server::asking_for("open");
    let world = World::with_mailer(server.mailer_with(Some("wrong")), Arc::default()).await;
    let told = world.tell(&[notice("event:1", &guest(), placed())]).await.unwrap();
    world.work().await;
    let status = world.status(&told).await;
    assert_eq!((status.state, status.attempts), (MessageState::Pending, 1));
    assert!(status.failure.unwrap().contains("535"), "it is ours to mend");
    world.clock.advance(TimeDelta::minutes(1));
    let mended = runner(&world.db, &world.clock, server.mailer_with(Some("open")), None);
    mended.drain().await.unwrap();
    assert_eq!(world.status(&told).await.state, MessageState::Sent);
    assert_eq!(server.next()["envelope"]["to"], serde_json::json!(["Gus@example.com"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_waited_for() {
    let server = Server::start();
    let mailer = server.mailer();
    assert_eq!(server.stop(), 0);
    let world = World::with_mailer(mailer, Arc::default()).await;
    let told = world.tell(&[notice("event:1", &guest(), placed())]).await.unwrap();
    world.work().await;
    let status = world.status(&told).await;
    assert_eq!((status.state, status.attempts), (MessageState::Pending, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_none_is_refused() {
    let settings = SmtpSettings {
        host: "mail.silkcart.example".to_owned(),
        port: None,
        security: SmtpSecurity::StartTls,
        credentials: Some(("silkcart".to_owned(), "hush".to_owned())),
        hello_name: None,
        root_certificate: Some("a certificate".to_owned()),
    };
    let refused = SmtpMailer::new(&settings).unwrap_err();
    assert_eq!(refused.fields[0].0, "root_certificate");
    let settings = SmtpSettings { root_certificate: None, ..settings };
    let mailer = SmtpMailer::new(&settings).unwrap();
    for shown in [format!("{settings:?}"), format!("{mailer:?}")] {
        assert!(!shown.contains("hush"), "{shown}");
    }
}
