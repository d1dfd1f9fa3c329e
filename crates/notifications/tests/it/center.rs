//! The notification center.

use chrono::TimeDelta;
use db::Conn;
use kernel::{Limit, NotificationId, UserId};
use notifications::{NotificationsError, list, mark_all_read, mark_read, unread_count};

use crate::support::*;

/// Tells somebody so many things, two at each instant; returns their ids, the oldest first.
async fn told(world: &World, user: UserId, count: usize) -> Vec<NotificationId> {
    let mut ids = Vec::new();
    for number in 0..count {
        let notice = notice(&format!("event:{number}"), &ana(user), shipped());
        ids.extend(world.tell(&[notice]).await.unwrap().notifications);
        if number % 2 == 1 {
            world.clock.advance(TimeDelta::seconds(1));
        }
    }
    ids
}

/// Everything, page by page.
async fn read(conn: &mut Conn, user: UserId, unread_only: bool) -> Vec<NotificationId> {
    let limit = Limit::parse(Some(3)).unwrap();
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = list(conn, user, unread_only, after, limit).await.unwrap();
        ids.extend(page.items.iter().map(|item| item.id));
        after = page.next;
        if after.is_none() {
            return ids;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_come_first_page_by_page() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let (ana, bob) = (user(conn).await, user(conn).await);
    let mut ids = told(&world, ana, 7).await;
    ids.reverse();
    assert_eq!(read(conn, ana, false).await, ids);
    assert!(read(conn, bob, false).await.is_empty());
    assert_eq!((unread_count(conn, ana).await.unwrap(), unread_count(conn, bob).await.unwrap()), (7, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_marked_once() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let ana = user(conn).await;
    let ids = told(&world, ana, 4).await;
    let first = world.now();
    assert_eq!(mark_read(conn, first, ana, &ids[..1]).await.unwrap(), 1);
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(mark_read(conn, world.now(), ana, &[ids[0], ids[1], ids[1]]).await.unwrap(), 1);
    assert_eq!(mark_read(conn, world.now(), ana, &[]).await.unwrap(), 0);
    assert_eq!(unread_count(conn, ana).await.unwrap(), 2);
    assert_eq!(read(conn, ana, true).await, [ids[3], ids[2]]);
    let page = list(conn, ana, false, None, Limit::default()).await.unwrap();
    assert_eq!(page.items[3].read_at, Some(first), "the first time counts");
    let many: Vec<NotificationId> = (0..101).map(|_| NotificationId::new()).collect();
    let refused = mark_read(conn, world.now(), ana, &many).await;
    assert!(matches!(refused, Err(NotificationsError::Invalid(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_is_not_found() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let (ana, bob) = (user(conn).await, user(conn).await);
    let ids = told(&world, ana, 1).await;
    for stranger in [ids[0], NotificationId::new()] {
        let refused = mark_read(conn, world.now(), bob, &[stranger]).await;
        assert!(matches!(refused, Err(NotificationsError::NotFound)));
    }
    assert_eq!(mark_all_read(conn, world.now(), bob, world.now()).await.unwrap(), 0);
    assert_eq!(unread_count(conn, ana).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_means_what_was_there_to_be_seen() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let ana = user(conn).await;
    let ids = told(&world, ana, 5).await;
    // The fifth came after the page was shown.
    let seen = world.now() - TimeDelta::seconds(1);
    assert_eq!(mark_all_read(conn, world.now(), ana, seen).await.unwrap(), 4);
    assert_eq!(mark_all_read(conn, world.now(), ana, seen).await.unwrap(), 0);
    assert_eq!(read(conn, ana, true).await, [ids[4]]);
}
