//! Who is told, by which channel, and how often.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel_async::AsyncConnection;
use futures_util::future::join_all;
use kernel::Limit;
use notifications::{
    Channel, Kind, MessageState, NotificationsError, PreferenceChange, Recipient, cancel, list,
    set_preferences, tell,
};

use crate::support::*;

const JOBS: &str = "SELECT count(*) FROM jobs WHERE name = 'notifications.send'";
const EVENTS: &str = "SELECT count(*) FROM events WHERE kind = 'notification.created'";

#[tokio::test(flavor = "multi_thread")]
async fn a_cause_is_told_once_however_often() {
    let world = World::new().await;
    let (ana, bob) = {
        let conn = &mut *world.conn().await;
        let bob = Recipient { email: "bob@example.com".to_owned(), ..ana(user(conn).await) };
        (ana(user(conn).await), bob)
    };
    let told = world.tell(&[notice("event:1", &ana, shipped())]).await.unwrap();
    assert_eq!((told.notifications.len(), told.messages.len()), (1, 1));
    let again = world.tell(&[notice("event:1", &ana, shipped()), notice("event:1", &ana, shipped())]).await;
    assert_eq!(again.unwrap(), notifications::Told::default());
    world.work().await;
    let late = world.tell(&[notice("event:1", &ana, shipped())]).await.unwrap();
    assert_eq!(late, notifications::Told::default());
    world.work().await;
    assert_eq!(world.post.mails().len(), 1);
    let conn = &mut *world.conn().await;
    assert_eq!((count(conn, JOBS).await, count(conn, EVENTS).await), (1, 1));
    // Another cause, another kind and another person are other messages.
    for other in [
        notice("event:2", &ana, shipped()),
        notice("event:1", &ana, placed()),
        notice("event:1", &bob, shipped()),
        notice("event:1", &guest(), shipped()),
    ] {
        assert_eq!(world.tell(&[other]).await.unwrap().messages.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cause_is_told_once_by_many_at_once() {
    let world = World::new().await;
    let people: Vec<Recipient> = {
        let conn = &mut *world.conn().await;
        vec![ana(user(conn).await), ana(user(conn).await), guest()]
    };
    let tellers = (0..12).map(|teller| {
        let (database, mut people, now) = (world.db.database.clone(), people.clone(), world.now());
        tokio::spawn(async move {
            // Each in an order of its own.
            let size = people.len();
            people.rotate_left(teller % size);
            let notices: Vec<_> = people.iter().map(|person| notice("event:1", person, shipped())).collect();
            let mut conn = database.conn().await.unwrap();
            let told = conn.transaction::<_, NotificationsError, _>(async |tx| {
                notifications::tell_all(tx, now, &notices).await
            });
            told.await.unwrap()
        })
    });
    let told: Vec<_> = join_all(tellers).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(told.iter().map(|told| told.notifications.len()).sum::<usize>(), 2);
    assert_eq!(told.iter().map(|told| told.messages.len()).sum::<usize>(), 3);
    let conn = &mut *world.conn().await;
    assert_eq!((count(conn, JOBS).await, count(conn, EVENTS).await), (3, 2));
    world.work().await;
    assert_eq!(world.post.mails().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_by_a_transaction_that_is_undone() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let ana = ana(user(conn).await);
    let undone = conn
        .transaction::<(), NotificationsError, _>(async |tx| {
            tell(tx, world.now(), &notice("event:1", &ana, shipped())).await?;
            Err(NotificationsError::NotFound)
        })
        .await;
    assert!(undone.is_err());
    world.work().await;
    assert!(world.post.mails().is_empty());
    assert_eq!((count(conn, JOBS).await, count(conn, EVENTS).await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_told_as_they_want() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let user = user(conn).await;
    let ana = Recipient { phone: Some("+1 303 555 0100".to_owned()), ..ana(user) };
    let changes = [(Channel::InApp, false), (Channel::Email, false), (Channel::Sms, true)];
    let changes =
        changes.map(|(channel, enabled)| PreferenceChange { kind: Kind::OrderShipped, channel, enabled });
    set_preferences(conn, world.now(), user, &changes).await.unwrap();
    let told = world.tell(&[notice("event:1", &ana, shipped())]).await.unwrap();
    assert!(told.notifications.is_empty());
    assert_eq!(world.status(&told).await.channel, Channel::Sms);
    world.work().await;
    assert!(world.post.mails().is_empty());
    let texts = world.post.texts.lock().unwrap().clone();
    assert_eq!(texts.len(), 1);
    assert_eq!(texts[0].to, "+1 303 555 0100");
    assert_eq!(texts[0].text, "SilkCart: order SC-1 is on its way. https://silkcart.example/orders/SC-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_gets_mail_and_is_one_however_they_write_their_address() {
    let world = World::new().await;
    let told = world.tell(&[notice("event:1", &guest(), placed())]).await.unwrap();
    assert_eq!((told.notifications.len(), told.messages.len()), (0, 1));
    let shouting = Recipient { email: " GUS@EXAMPLE.COM".to_owned(), ..guest() };
    assert_eq!(world.tell(&[notice("event:1", &shouting, placed())]).await.unwrap().messages, []);
    world.work().await;
    let mails = world.post.mails();
    assert_eq!((mails.len(), mails[0].to().as_str()), (1, "Gus@example.com"));
    assert!(decoded(&mails[0]).contains("Hello,\n"));
    let key = text(&mut *world.conn().await, "SELECT recipient AS text FROM notification_messages").await;
    assert!(key.unwrap().starts_with("guest:"), "no address in a key that is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_is_finished_text() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let user = user(conn).await;
    world.tell(&[notice("event:1", &ana(user), shipped())]).await.unwrap();
    let page = list(conn, user, false, None, Limit::default()).await.unwrap();
    let shown = &page.items[0];
    assert_eq!(shown.title, "Order SC-1 is on its way");
    assert_eq!(shown.body, "Green Acre shipped your order SC-1.");
    assert_eq!(shown.link.as_deref(), Some("https://silkcart.example/orders/SC-1"));
    assert_eq!((shown.kind, shown.created_at, shown.read_at), (Kind::OrderShipped, world.now(), None));
    let data = text(conn, "SELECT data::text AS text FROM events WHERE kind = 'notification.created'").await;
    let data: serde_json::Value = serde_json::from_str(&data.unwrap()).unwrap();
    assert_eq!(data, serde_json::json!({ "user_id": user, "kind": "order.shipped" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_off_is_not_sent() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let told = world.tell(&[notice("event:1", &guest(), reset())]).await.unwrap();
    assert_eq!(cancel(conn, world.now(), "event:1").await.unwrap(), 1);
    assert_eq!(cancel(conn, world.now(), "event:1").await.unwrap(), 0);
    world.work().await;
    assert!(world.post.mails().is_empty());
    assert_eq!(world.status(&told).await.state, MessageState::Cancelled);
    assert_eq!(text(conn, "SELECT content::text AS text FROM notification_messages").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cause_is_named() {
    let world = World::new().await;
    for cause in [String::new(), "x".repeat(201)] {
        let refused = world.tell(&[notice(&cause, &guest(), placed())]).await;
        assert!(matches!(refused, Err(NotificationsError::Invalid(_))), "{cause:?}");
    }
}

/// The queries that telling the notices comes to, without the transaction around them.
async fn queries(world: &World, notices: &[notifications::Notice]) -> usize {
    let conn = &mut *world.conn().await;
    let counted = Arc::new(AtomicUsize::new(0));
    conn.transaction::<_, NotificationsError, _>(async |tx| {
        let felt = counted.clone();
        tx.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                felt.fetch_add(1, Ordering::SeqCst);
            }
        });
        let told = notifications::tell_all(tx, world.now(), notices).await?;
        tx.set_instrumentation(None::<Box<dyn Instrumentation>>);
        assert_eq!(told.messages.len(), notices.len());
        Ok(())
    })
    .await
    .unwrap();
    counted.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_told_in_as_many_statements_as_one() {
    let world = World::new().await;
    let mut people = vec![guest()];
    for _ in 0..50 {
        people.push(ana(user(&mut *world.conn().await).await));
    }
    let to = |cause: &str, people: &[Recipient]| -> Vec<_> {
        people.iter().map(|person| notice(cause, person, shipped())).collect()
    };
    assert_eq!(queries(&world, &to("event:1", &people[1..2])).await, 5);
    assert_eq!(queries(&world, &to("event:2", &people)).await, 5);
    assert_eq!(queries(&world, &to("event:3", &people[..1])).await, 2);
    assert_eq!(queries(&world, &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_does_not_exist_is_told_nothing() {
    let world = World::new().await;
    let told = world.tell(&[notice("event:1", &ana(kernel::UserId::new()), shipped())]).await;
    assert!(matches!(told, Err(NotificationsError::UserNotFound)));
}
