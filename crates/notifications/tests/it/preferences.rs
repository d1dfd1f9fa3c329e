//! What somebody wants to be told.

use db::Conn;
use kernel::UserId;
use notifications::{
    Channel, Kind, NotificationsError, Preference, PreferenceChange, Subscription, preferences,
    set_preferences, unsubscribe,
};

use crate::support::*;

fn change(kind: Kind, channel: Channel, enabled: bool) -> PreferenceChange {
    PreferenceChange { kind, channel, enabled }
}

async fn is_told(conn: &mut Conn, user: UserId, kind: Kind, channel: Channel) -> bool {
    let grid = preferences(conn, user).await.unwrap();
    let found: Vec<&Preference> = grid.iter().filter(|p| p.kind == kind && p.channel == channel).collect();
    assert_eq!(found.len(), 1);
    found[0].enabled
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_differs_from_the_default_is_kept() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let (ana, bob) = (user(conn).await, user(conn).await);
    let off = [
        change(Kind::OrderShipped, Channel::Email, false),
        change(Kind::OrderPaid, Channel::Email, true),
        change(Kind::PickupReminder, Channel::Sms, true),
        change(Kind::PasswordReset, Channel::Email, true),
    ];
    let grid = set_preferences(conn, world.now(), ana, &off).await.unwrap();
    assert_eq!(grid, preferences(conn, ana).await.unwrap());
    assert!(!is_told(conn, ana, Kind::OrderShipped, Channel::Email).await);
    assert!(is_told(conn, ana, Kind::OrderShipped, Channel::InApp).await);
    assert!(is_told(conn, ana, Kind::PickupReminder, Channel::Sms).await);
    assert!(is_told(conn, bob, Kind::OrderShipped, Channel::Email).await, "another's is another's");
    let kept = "SELECT count(*) FROM notification_preferences";
    assert_eq!(count(conn, kept).await, 2);
    let on = [
        change(Kind::OrderShipped, Channel::Email, false),
        change(Kind::OrderShipped, Channel::Email, true),
        change(Kind::PickupReminder, Channel::Sms, false),
    ];
    set_preferences(conn, world.now(), ana, &on).await.unwrap();
    assert_eq!(count(conn, kept).await, 0, "the last of several counts, and the default is not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_switched_off_is_refused_by_name() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let ana = user(conn).await;
    let changes = [
        change(Kind::OrderShipped, Channel::Email, false),
        change(Kind::PasswordReset, Channel::Email, false),
        change(Kind::PasswordReset, Channel::InApp, true),
        change(Kind::OrderPlaced, Channel::Email, false),
    ];
    let Err(NotificationsError::Invalid(invalid)) = set_preferences(conn, world.now(), ana, &changes).await
    else {
        panic!("it is refused");
    };
    let fields: Vec<&str> = invalid.fields.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["changes/1/enabled", "changes/2/channel", "changes/3/enabled"]);
    assert!(is_told(conn, ana, Kind::OrderShipped, Channel::Email).await, "nothing was changed");
    let nobody = set_preferences(conn, world.now(), UserId::new(), &changes[..1]).await;
    assert!(matches!(nobody, Err(NotificationsError::UserNotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_be_told_is_told_whatever_the_database_says() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let user = user(conn).await;
    let statement = "INSERT INTO notification_preferences (user_id, kind, channel, enabled, changed_at) \
                     SELECT id, 'account.password_reset', 'email', false, created_at FROM users";
    execute(conn, statement).await;
    let told = world.tell(&[notice("event:1", &ana(user), reset())]).await.unwrap();
    assert_eq!(told.messages.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_switches_off_one_kind_of_mail() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    let user_id = user(conn).await;
    let shipping = Subscription { user_id, kind: Kind::OrderShipped };
    let token = key().token(shipping).unwrap();
    for _twice in 0..2 {
        let off = unsubscribe(conn, world.now(), &key(), &token).await.unwrap();
        assert_eq!(off, shipping);
    }
    assert!(!is_told(conn, user_id, Kind::OrderShipped, Channel::Email).await);
    assert!(is_told(conn, user_id, Kind::OrderShipped, Channel::InApp).await);
    assert!(is_told(conn, user_id, Kind::OrderPaid, Channel::Email).await);
    let told = world.tell(&[notice("event:1", &ana(user_id), shipped())]).await.unwrap();
    assert_eq!((told.notifications.len(), told.messages.len()), (1, 0));

    let forged = unsubscribe(conn, world.now(), &key(), &token[1..]).await;
    assert!(matches!(forged, Err(NotificationsError::NoSuchSubscription(_))));
    let stranger = Subscription { user_id: UserId::new(), ..shipping };
    let gone = unsubscribe(conn, world.now(), &key(), &key().token(stranger).unwrap()).await;
    assert!(matches!(gone, Err(NotificationsError::UserNotFound)));
}
