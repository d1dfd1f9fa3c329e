//! Mail to a real mail server.

use std::sync::Arc;

use chrono::TimeDelta;
use notifications::{MessageState, Recipient, SmtpMailer, SmtpSecurity, SmtpSettings};
use serde_json::Value;
use testkit::MailServer;

use crate::support::*;

fn mailer(server: &MailServer) -> Arc<SmtpMailer> {
    mailer_with(server, None)
}

fn mailer_with(server: &MailServer, password: Option<&str>) -> Arc<SmtpMailer> {
    let settings = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: Some(server.port),
        security: SmtpSecurity::Plain,
        credentials: password.map(|password| ("silkcart".to_owned(), password.to_owned())),
        hello_name: None,
        root_certificate: None,
    };
    Arc::new(SmtpMailer::new(&settings).unwrap())
}

fn to(address: &str) -> Recipient {
    Recipient { email: address.to_owned(), display_name: "Ana \"A\" López".to_owned(), ..guest() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_reads_what_was_meant() {
    let mut server = MailServer::start();
    let world = World::with_mailer(mailer(&server), Arc::default()).await;
    let user_id = user(&mut *world.conn().await).await;
    let ana = Recipient { user_id: Some(user_id), ..to("ana@example.com") };
    let told = world.tell(&[notice("event:1", &ana, shipped())]).await.unwrap();
    world.work().await;
    let mail = server.next_mail();
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
    assert_eq!(server.stop().len(), 0, "it was sent nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servers_refusals_mean_what_they_say() {
    let mut server = MailServer::start();
    let world = World::with_mailer(mailer(&server), Arc::default()).await;
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
    assert_eq!(server.next_mail()["envelope"]["to"], serde_json::json!(["later@example.com"]));
    assert_eq!(server.stop().len(), 0, "it was sent nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_is_lost_over_a_password_of_ours() {
    let mut server = MailServer::asking_for("open");
    let world = World::with_mailer(mailer_with(&server, Some("wrong")), Arc::default()).await;
    let told = world.tell(&[notice("event:1", &guest(), placed())]).await.unwrap();
    world.work().await;
    let status = world.status(&told).await;
    assert_eq!((status.state, status.attempts), (MessageState::Pending, 1));
    assert!(status.failure.unwrap().contains("535"), "it is ours to mend");
    world.clock.advance(TimeDelta::minutes(1));
    let mended = runner(&world.db, &world.clock, mailer_with(&server, Some("open")), None);
    mended.drain().await.unwrap();
    assert_eq!(world.status(&told).await.state, MessageState::Sent);
    assert_eq!(server.next_mail()["envelope"]["to"], serde_json::json!(["Gus@example.com"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_waited_for() {
    let server = MailServer::start();
    let mailer = mailer(&server);
    assert_eq!(server.stop().len(), 0);
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
