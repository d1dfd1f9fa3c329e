//! Mail that workers send, and what operators see of it.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

use diesel_async::AsyncConnection;
use notifications::{Content, Notice, Recipient};
use testkit::MailServer;

use crate::stage::*;

const SENT: &str = "SELECT count(*) AS value FROM notification_messages WHERE state = 'sent'";

/// The worker as it is installed, in a process of its own. Killed when it is dropped.
struct Worker(Child);

impl Worker {
    fn start(stage: &Stage, server: &MailServer, folder: &std::path::Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
        command.arg("run").env_clear().stdout(Stdio::null()).stderr(Stdio::null());
        command.env("DATABASE_URL", &stage.database.url).env("AMQP_URL", testkit::amqp_url());
        command.env("AMQP_NAMESPACE", stage.database.url.rsplit_once('/').unwrap().1);
        command.env("MAIL_URL", format!("smtp+plain://127.0.0.1:{}", server.port));
        command.env("SILKCART_DATA_DIR", folder).env("WORKER_BIND", "127.0.0.1:0");
        Self(command.spawn().unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // SIGKILL.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn welcome(number: usize) -> Notice {
    let recipient = Recipient {
        user_id: None,
        email: format!("guest-{number}@example.com"),
        display_name: format!("Guest {number}"),
        phone: None,
    };
    let link = "https://silkcart.example/".parse().unwrap();
    Notice { cause: format!("event:{number}"), recipient, content: Content::Welcome { link } }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_sent_once_although_those_who_send_it_are_killed() {
    const LETTERS: usize = 300;
    const KILLS: usize = 3;
    let stage = Stage::set().await;
    let server = MailServer::start();
    let folder = tempfile::tempdir().unwrap();
    let services = services(&stage.database.url);
    let now = services.clock.now();
    let notices: Vec<_> = (0..LETTERS).map(welcome).collect();
    for _ in 0..2 {
        let mut conn = stage.database.conn().await;
        // Told twice, as where a subscriber's transaction is tried again.
        conn.transaction(async |tx| notifications::tell_all(tx, now, &notices).await).await.unwrap();
    }
    for kill in 1..=KILLS {
        let victim = Worker::start(&stage, &server, folder.path());
        let reached = i64::try_from(kill * LETTERS / (KILLS + 2)).unwrap();
        at_least(&stage.database.database, SENT, reached).await;
        drop(victim);
    }
    let last = Worker::start(&stage, &server, folder.path());
    // What a killed worker had in hand is another's after two minutes.
    until_patiently(&stage.database.database, SENT, i64::try_from(LETTERS).unwrap()).await;
    drop(last);

    let mails = server.stop();
    let told = |mail: &serde_json::Value| {
        assert_eq!(mail["defects"], serde_json::json!([]));
        assert_eq!(mail["parts"].as_array().unwrap().len(), 2);
        (mail["headers"]["Message-ID"].to_string(), mail["envelope"]["to"][0].to_string())
    };
    let letters: BTreeSet<_> = mails.iter().map(told).collect();
    let addresses: BTreeSet<_> = letters.iter().map(|(_, address)| address).collect();
    assert_eq!((letters.len(), addresses.len()), (LETTERS, LETTERS), "one message for each");
    // What was taken and not on record when its sender was killed comes again, as the same message.
    assert!(mails.len() - LETTERS <= KILLS * 32, "{} came twice", mails.len() - LETTERS);
}

#[test]
fn an_operator_looks_at_what_people_are_written() {
    let worker = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_worker")).args(arguments).env_clear().output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (done, text) = worker(&["mail", "preview", "order.paid"]);
    assert!(done && text.starts_with("Subject: ") && text.contains("== in the product"), "{text}");
    let (done, html) = worker(&["mail", "preview", "order.paid", "--html"]);
    assert!(done && html.to_lowercase().starts_with("<!doctype html>"), "{html}");
    let folder = tempfile::tempdir().unwrap();
    let (done, said) = worker(&["mail", "preview", "--into", folder.path().to_str().unwrap()]);
    assert!(done && said.starts_with("18 messages"), "{said}");
    let index = std::fs::read_to_string(folder.path().join("index.html")).unwrap();
    assert!(index.contains("order.paid.html"), "{index}");
    assert!(folder.path().join("account.welcome.txt").exists());
    let (done, said) = worker(&["mail", "preview", "order.lost"]);
    assert!(!done && said.contains("a message is one of account.welcome"), "{said}");
}
