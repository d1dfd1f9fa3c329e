//! Who hears what.

use std::sync::Arc;

use kernel::UserId;
use live::{Channel, Connection, Delivery, Farewell, Frame, Hub, Topic};

fn frame(position: i64, channel: Channel) -> Frame {
    Frame { position, channel, text: format!("{position}").into() }
}

fn publish(hub: &Hub, position: i64, channel: Channel) {
    hub.publish(position, vec![frame(position, channel)], &[]);
}

/// The positions of what was heard so far.
fn heard(connection: &mut Connection) -> Vec<i64> {
    let mut positions = Vec::new();
    while let Some(delivery) = futures_util::FutureExt::now_or_never(connection.next()).flatten() {
        let Delivery::Frame(frame) = delivery else { panic!("{delivery:?}") };
        positions.push(frame.position);
    }
    positions
}

#[test]
fn everybody_hears_their_own() {
    let hub = Arc::new(Hub::beginning_at(0));
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut first = hub.connect(ada).unwrap();
    let mut second = hub.connect(ada).unwrap();
    let mut other = hub.connect(bob).unwrap();
    for connection in [&first, &second, &other] {
        assert_eq!(connection.subscribe(Topic::Orders), 0);
    }
    publish(&hub, 1, Channel::Orders(ada));
    publish(&hub, 2, Channel::Orders(bob));
    publish(&hub, 3, Channel::Sales(ada));
    second.unsubscribe(Topic::Orders);
    publish(&hub, 4, Channel::Orders(ada));
    assert_eq!(heard(&mut first), [1, 4]);
    assert_eq!(heard(&mut second), [1]);
    assert_eq!(heard(&mut other), [2]);
}

#[test]
fn who_comes_back_hears_what_they_missed_and_nothing_twice() {
    let hub = Arc::new(Hub::beginning_at(100));
    let ada = UserId::new();
    for position in 101..=110 {
        publish(&hub, position, Channel::Orders(ada));
    }
    let mut back = hub.connect(ada).unwrap();
    let missed = back.resume(Topic::Orders, 107).unwrap();
    assert_eq!(missed.iter().map(|frame| frame.position).collect::<Vec<_>>(), [108, 109, 110]);
    publish(&hub, 111, Channel::Orders(ada));
    assert_eq!(heard(&mut back), [111]);

    let too_late = hub.connect(ada).unwrap();
    assert_eq!(too_late.resume(Topic::Orders, 99), None, "nobody knows what was before");
    publish(&hub, 112, Channel::Orders(ada));
    assert_eq!(heard(&mut back), [112]);

    let mut from_elsewhere = hub.connect(ada).unwrap();
    assert_eq!(from_elsewhere.resume(Topic::Orders, 113), Some(vec![]));
    publish(&hub, 113, Channel::Orders(ada));
    publish(&hub, 114, Channel::Orders(ada));
    assert_eq!(heard(&mut from_elsewhere), [114], "113 was heard of another process");
}

#[tokio::test]
async fn nobody_waits_for_one_that_does_not_listen() {
    let hub = Arc::new(Hub::beginning_at(0));
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut deaf = hub.connect(ada).unwrap();
    let mut attentive = hub.connect(bob).unwrap();
    assert_eq!((deaf.subscribe(Topic::Orders), attentive.subscribe(Topic::Orders)), (0, 0));
    let mut last = 0;
    while deaf.farewell().is_none() {
        last += 1;
        publish(&hub, last, Channel::Orders(ada));
        assert!(last < 1_000, "it is never let go of");
    }
    assert_eq!(deaf.farewell(), Some(Farewell::TooSlow));
    publish(&hub, last + 1, Channel::Orders(bob));
    assert_eq!(heard(&mut attentive), [last + 1]);
    let mut got = 0;
    while deaf.next().await.is_some() {
        got += 1;
    }
    assert_eq!(got, last - 1, "it still has what it was sent in time, and then the end");
    assert_eq!(hub.connections(), 1);
}

#[tokio::test]
async fn those_whose_rights_change_are_told_so_and_all_are_let_go_of_at_the_end() {
    let hub = Arc::new(Hub::beginning_at(0));
    let (ada, bob) = (UserId::new(), UserId::new());
    let (mut of_ada, mut of_bob) = (hub.connect(ada).unwrap(), hub.connect(bob).unwrap());
    hub.publish(1, Vec::new(), &[ada]);
    assert_eq!(of_ada.next().await, Some(Delivery::ChangedStanding));
    hub.close();
    assert_eq!(of_bob.next().await, None);
    assert_eq!(of_bob.farewell(), Some(Farewell::GoingAway));
    let mut late = hub.connect(bob).unwrap();
    assert_eq!((late.next().await, late.farewell()), (None, Some(Farewell::GoingAway)));
}

#[test]
fn a_person_has_ten_connections_at_most() {
    let hub = Arc::new(Hub::beginning_at(0));
    let ada = UserId::new();
    let mut open: Vec<_> = (0..10).map(|_| hub.connect(ada).unwrap()).collect();
    assert!(hub.connect(ada).is_err());
    assert!(hub.connect(UserId::new()).is_ok());
    open.pop();
    assert!(hub.connect(ada).is_ok());
}
