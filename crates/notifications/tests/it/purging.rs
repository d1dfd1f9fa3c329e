//! What is forgotten, and when.

use chrono::TimeDelta;
use notifications::{CONTENT_KEPT, READ_KEPT, Told, mark_read, purge};

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_and_sent_long_ago_is_forgotten() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let user = user(conn).await;
    let notices = [notice("event:1", &ana(user), shipped()), notice("event:2", &ana(user), shipped())];
    let told = world.tell(&notices).await.unwrap();
    world.work().await;
    mark_read(conn, world.now(), user, &told.notifications[..1]).await.unwrap();

    world.clock.advance(CONTENT_KEPT);
    let purged = purge(conn, world.now()).await.unwrap();
    assert_eq!((purged.notifications, purged.messages), (0, 0));
    world.clock.advance(TimeDelta::seconds(1));
    let purged = purge(conn, world.now()).await.unwrap();
    assert_eq!((purged.notifications, purged.messages), (0, 2));
    let kept = "SELECT count(*) FROM notification_messages \
                WHERE content IS NOT NULL OR address IS NOT NULL OR display_name IS NOT NULL";
    assert_eq!(count(conn, kept).await, 0);
    assert_eq!(world.tell(&notices).await.unwrap(), Told::default(), "that it was sent is remembered");

    // The round of the periodic job.
    world.pass(READ_KEPT).await;
    assert_eq!(count(conn, "SELECT count(*) FROM notifications").await, 1, "the unread one stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_to_be_sent_is_kept() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    world.tell(&[notice("event:1", &guest(), placed())]).await.unwrap();
    world.clock.advance(CONTENT_KEPT * 2);
    assert_eq!(purge(conn, world.now()).await.unwrap().messages, 0);
    world.work().await;
    assert_eq!(world.post.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_could_not_be_sent_is_forgotten_in_a_day() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    world.tell(&[notice("event:1", &guest(), reset()), notice("event:1", &guest(), placed())]).await.unwrap();
    let given_up =
        "UPDATE notification_messages SET state = 'given_up', failure = 'away', ended_at = created_at";
    assert_eq!(execute(conn, given_up).await, 2);
    world.clock.advance(TimeDelta::days(1) + TimeDelta::seconds(1));
    assert_eq!(purge(conn, world.now()).await.unwrap().messages, 1);
    let kept = text(conn, "SELECT kind AS text FROM notification_messages WHERE content IS NOT NULL").await;
    assert_eq!(kept.as_deref(), Some("order.placed"));
}
