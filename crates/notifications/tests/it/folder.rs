//! Messages as files.

use std::path::Path;
use std::sync::Arc;

use db::Conn;
use notifications::{
    Channel, Delivery, FolderMailer, FolderSms, Kind, PreferenceChange, Recipient, Sms, register,
    set_preferences,
};
use outbox::{Registry, Runner, Services};

use crate::support::*;

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn mail_id(conn: &mut Conn) -> String {
    let query = "SELECT id::text AS text FROM notification_messages WHERE channel = 'email'";
    text(conn, query).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_lie_in_the_folder_in_order_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mails, texts) = (folder.path().join("mail"), folder.path().join("sms"));
    let world = World::new().await;
    let mut registry = Registry::default();
    let sms: Arc<dyn Sms> = Arc::new(FolderSms::new(&texts));
    let mailer = Arc::new(FolderMailer::new(&mails));
    register(
        &mut registry,
        Delivery { stationery: stationery(), mailer, sms: Some(sms), tokens: Arc::new(Mint) },
    );
    let services = Services { database: world.db.database.clone(), clock: Arc::new(world.clock.clone()) };
    let runner = Runner::new(registry, services);
    let conn = &mut *world.conn().await;
    let user = user(conn).await;
    let ana = Recipient { phone: Some("+1 303 555 0100".to_owned()), ..ana(user) };
    let texting = PreferenceChange { kind: Kind::OrderShipped, channel: Channel::Sms, enabled: true };
    set_preferences(conn, world.now(), user, &[texting]).await.unwrap();
    world.tell(&[notice("event:1", &ana, shipped())]).await.unwrap();
    runner.drain().await.unwrap();
    let (mail, text) = (files(&mails), files(&texts));
    assert_eq!((mail.len(), text.len()), (1, 1), "no draft is left");
    let id = mail_id(conn).await;
    assert_eq!(mail, [format!("20300301T170000.000000Z-{id}.eml")]);
    let written = std::fs::read_to_string(mails.join(&mail[0])).unwrap();
    assert!(written.contains("\r\nSubject: Order SC-1 is on its way\r\n"), "{written}");
    let written = std::fs::read_to_string(texts.join(&text[0])).unwrap();
    assert_eq!(written.lines().next(), Some("To: +1 303 555 0100"));

    // As after a crash between the two: it is sent again, and takes the place of the first.
    execute(conn, "UPDATE notification_messages SET state = 'pending', ended_at = NULL").await;
    execute(conn, "UPDATE jobs SET state = 'queued', finished_at = NULL, attempts = 0 WHERE name = 'notifications.send'").await;
    runner.drain().await.unwrap();
    assert_eq!((files(&mails), files(&texts)), (mail, text));
}
