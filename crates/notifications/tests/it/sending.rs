//! Attempts to send, and what becomes of a message.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use diesel_async::AsyncConnection;
use futures_util::future::{BoxFuture, FutureExt};
use notifications::{Delivery, DeliveryError, Mail, Mailer, MessageState, Recipient, SendMessage, register};
use outbox::{Job, Registry, Runner, Services};
use tokio::sync::Notify;

use crate::support::*;

const CONTENT: &str = "SELECT content::text AS text FROM notification_messages";

fn away() -> DeliveryError {
    DeliveryError::Failed("421 come back later".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_for_now_is_tried_again_as_the_same_message() {
    let world = World::new().await;
    world.post.will([away(), away()]);
    let told = world.tell(&[notice("event:1", &guest(), placed())]).await.unwrap();
    world.work().await;
    let status = world.status(&told).await;
    assert_eq!((status.state, status.attempts), (MessageState::Pending, 1));
    assert_eq!(status.failure.as_deref(), Some("421 come back later"));
    world.pass(TimeDelta::seconds(20)).await;
    world.pass(TimeDelta::minutes(1)).await;
    let status = world.status(&told).await;
    assert_eq!((status.state, status.attempts, status.failure), (MessageState::Sent, 3, None));
    assert_eq!(status.ended_at, Some(world.now()));
    world.pass(TimeDelta::days(1)).await;
    let mails = world.post.mails();
    assert_eq!(mails.len(), 1);
    // The same bytes, whenever it is sent.
    assert_eq!(header(&mails[0], "Date").unwrap(), "Fri, 01 Mar 2030 17:00:00 +0000");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_not_tried_again() {
    let world = World::new().await;
    world.post.will([DeliveryError::Refused("550 no such mailbox".to_owned())]);
    let told = world.tell(&[notice("event:1", &guest(), reset())]).await.unwrap();
    world.work().await;
    world.pass(TimeDelta::minutes(30)).await;
    let status = world.status(&told).await;
    assert_eq!((status.state, status.attempts), (MessageState::Refused, 1));
    assert_eq!(status.failure.as_deref(), Some("550 no such mailbox"));
    assert!(world.post.mails().is_empty());
    assert_eq!(text(&mut *world.conn().await, CONTENT).await, None, "the link is forgotten");
    assert_eq!(world.runner.backlog().await.unwrap().dead_jobs, 0, "nothing for an operator to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_refused() {
    let world = World::new().await;
    let nowhere = Recipient { email: "nowhere".to_owned(), ..guest() };
    let told = world.tell(&[notice("event:1", &nowhere, placed())]).await.unwrap();
    world.work().await;
    let status = world.status(&told).await;
    assert_eq!(status.state, MessageState::Refused);
    assert!(status.failure.unwrap().starts_with("the address cannot be mailed to"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_every_attempt_failed_at_is_given_up_and_can_be_put_back() {
    let world = World::new().await;
    let attempts = usize::try_from(SendMessage::RETRY.attempts).unwrap();
    world.post.will((0..attempts).map(|_attempt| away()));
    let told = world.tell(&[notice("event:1", &guest(), placed())]).await.unwrap();
    for _ in 1..attempts {
        world.work().await;
        assert_eq!(world.status(&told).await.state, MessageState::Pending);
        world.clock.advance(TimeDelta::hours(2));
    }
    world.work().await;
    let status = world.status(&told).await;
    assert_eq!((status.state, status.attempts), (MessageState::GivenUp, SendMessage::RETRY.attempts));
    assert_eq!(world.runner.backlog().await.unwrap().dead_jobs, 1);
    let conn = &mut *world.conn().await;
    assert_eq!(outbox::rerun_dead_jobs(conn, world.now(), None).await.unwrap(), 1);
    world.work().await;
    assert_eq!(world.status(&told).await.state, MessageState::Sent);
    assert_eq!(world.post.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_gone_once_it_was_sent() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    world.post.will([away()]);
    let told = world.tell(&[notice("event:1", &guest(), reset())]).await.unwrap();
    world.work().await;
    assert!(text(conn, CONTENT).await.unwrap().contains("SECRET-TOKEN"), "kept for the next attempt");
    world.pass(TimeDelta::seconds(20)).await;
    assert_eq!(world.status(&told).await.state, MessageState::Sent);
    assert!(decoded(&world.post.mails()[0]).contains("SECRET-TOKEN"));
    assert_eq!(text(conn, CONTENT).await, None);
    for table in ["notification_messages", "notifications", "jobs", "events"] {
        let query = format!("SELECT count(*) FROM {table} t WHERE t::text LIKE '%SECRET-TOKEN%'");
        assert_eq!(count(conn, &query).await, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_when_the_mail_is_written_and_kept_nowhere() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    world.post.will([away()]);
    let proof = uuid::Uuid::new_v4();
    let told = world.tell(&[notice("event:1", &guest(), reset_by(proof))]).await.unwrap();
    world.work().await;
    assert!(!text(conn, CONTENT).await.unwrap().contains("SECRET"), "not even before the next attempt");
    world.pass(TimeDelta::seconds(20)).await;
    assert!(
        decoded(&world.post.mails()[0])
            .contains(&format!("https://silkcart.example/reset?token=SECRET-{proof}"))
    );
    assert_eq!(world.status(&told).await.state, MessageState::Sent);

    // One that nobody can make leaves nothing to send.
    let notifications::Content::PasswordReset { link, proof, expires } = reset_by(proof) else { panic!() };
    let unmade = notifications::Content::VerifyEmail { link, proof, expires };
    let told = world.tell(&[notice("event:2", &guest(), unmade)]).await.unwrap();
    world.work().await;
    assert_eq!(world.status(&told).await.state, MessageState::Refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_has_expired_is_not_sent() {
    let world = World::new().await;
    let told = world.tell(&[notice("event:1", &guest(), reset())]).await.unwrap();
    world.pass(TimeDelta::hours(1)).await;
    let status = world.status(&told).await;
    assert_eq!(status.state, MessageState::Refused);
    assert_eq!(status.failure.as_deref(), Some("what it was about was over before it could be sent"));
    assert!(world.post.mails().is_empty());
}

/// Takes its time: says when it has a mail in hand, and goes on when it may.
#[derive(Debug, Default)]
struct Slow {
    begun: Notify,
    may_go_on: Notify,
    sent: AtomicUsize,
}

impl Mailer for Slow {
    fn send<'a>(&'a self, _mail: &'a Mail) -> BoxFuture<'a, Result<(), DeliveryError>> {
        async {
            self.begun.notify_one();
            self.may_go_on.notified().await;
            self.sent.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
        .boxed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_jobs_for_one_message_send_it_once() {
    let slow = Arc::new(Slow::default());
    let world = World::with_mailer(slow.clone(), Arc::default()).await;
    let told = world.tell(&[notice("event:1", &guest(), placed())]).await.unwrap();
    let first = tokio::spawn({
        let runner = world.runner.clone();
        async move { runner.drain().await.unwrap() }
    });
    slow.begun.notified().await;
    // As if a lease had been lost: the same work again, while the first is at it.
    let conn = &mut *world.conn().await;
    let job = SendMessage { message_id: told.messages[0] };
    conn.transaction::<_, diesel::result::Error, _>(async |tx| outbox::enqueue(tx, world.now(), &job).await)
        .await
        .unwrap();
    world.work().await;
    assert_eq!(slow.sent.load(Ordering::SeqCst), 0);
    slow.may_go_on.notify_one();
    first.await.unwrap();
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(slow.sent.load(Ordering::SeqCst), 1);
    assert_eq!(world.status(&told).await.state, MessageState::Sent);
    assert_eq!(world.runner.backlog().await.unwrap().dead_jobs, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_sender_died_is_sent_by_the_next() {
    let world = World::new().await;
    let told = world.tell(&[notice("event:1", &guest(), placed())]).await.unwrap();
    let conn = &mut *world.conn().await;
    // As a runner leaves it that was killed with the message in hand.
    let statement = "UPDATE notification_messages SET attempts = 1, \
                     claimed_until = created_at + interval '2 minutes'";
    assert_eq!(execute(conn, statement).await, 1);
    world.work().await;
    world.pass(TimeDelta::seconds(119)).await;
    assert!(world.post.mails().is_empty(), "it may still be at it");
    world.pass(TimeDelta::seconds(1)).await;
    assert_eq!(world.post.mails().len(), 1);
    assert_eq!(world.status(&told).await.attempts, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn text_messages_that_nobody_carries_are_refused() {
    let world = World::new().await;
    let told = world.tell(&[notice("event:1", &guest(), shipped())]).await.unwrap();
    let conn = &mut *world.conn().await;
    execute(conn, "UPDATE notification_messages SET channel = 'sms', address = '+1 303 555 0100'").await;
    let mut registry = Registry::default();
    register(
        &mut registry,
        Delivery { stationery: stationery(), mailer: world.post.clone(), sms: None, tokens: Arc::new(Mint) },
    );
    let services = Services { database: world.db.database.clone(), clock: Arc::new(world.clock.clone()) };
    Runner::new(registry, services).drain().await.unwrap();
    assert_eq!(world.status(&told).await.state, MessageState::Refused);
}
