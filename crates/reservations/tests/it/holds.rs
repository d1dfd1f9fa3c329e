//! One buyer at a time.

use chrono::TimeDelta;
use kernel::Quantity;
use outbox::timeline;
use reservations::{
    MovementKind, ReservationError, adjust_free, consume_holds, list_movements, place_holds, release_expired,
    release_holds, return_capacity,
};
use testkit::TestDatabase;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_takes_all_its_lines_or_nothing() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let (plenty, scarce) = (pool_of(conn, 10).await, pool_of(conn, 1).await);
    let Err(ReservationError::Insufficient(shortages)) = hold(conn, &[(plenty, 2), (scarce, 2)]).await else {
        panic!("the second line cannot be had");
    };
    assert_eq!(shortages.len(), 1);
    assert_eq!((shortages[0].pool, shortages[0].free), (scarce, Quantity::whole(1)));
    assert_eq!(standing(conn, now(), plenty).await.taken, Quantity::ZERO);
    assert_books_balance(conn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_uses_the_stock_up_and_a_cancellation_brings_it_back() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let pool = pool_of(conn, 5).await;
    let taken = hold(conn, &[(pool, 3)]).await.unwrap();
    consume_holds(conn, now(), BY, &[taken]).await.unwrap();
    assert_eq!(standing(conn, now(), pool).await.capacity, Quantity::whole(2));
    let again = consume_holds(conn, now(), BY, &[taken]).await;
    assert!(matches!(again, Err(ReservationError::HoldNotLive(id)) if id == taken));
    return_capacity(conn, now(), BY, &[(pool, Quantity::whole(3))], source()).await.unwrap();
    assert_eq!(standing(conn, now(), pool).await.free(), Quantity::whole(5));
    let kinds: Vec<_> = list_movements(conn, pool, 10).await.unwrap().iter().map(|m| m.kind).collect();
    assert_eq!(
        kinds,
        [MovementKind::Cancellation, MovementKind::Sale, MovementKind::Hold, MovementKind::Adjustment]
    );
    assert_books_balance(conn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_hold_counts_for_nothing_before_anybody_has_swept_it() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let pool = pool_of(conn, 4).await;
    let stale = hold(conn, &[(pool, 4)]).await.unwrap();
    let later = now() + TimeDelta::minutes(30);
    assert_eq!(standing(conn, later, pool).await.free(), Quantity::whole(4));
    let late = consume_holds(conn, later, BY, &[stale]).await;
    assert!(matches!(late, Err(ReservationError::HoldNotLive(_))));
    let mut fresh = request(&[(pool, 3)]);
    fresh.expires_at = later + TimeDelta::minutes(30);
    place_holds(conn, later, BY, &[fresh.clone()]).await.unwrap();
    assert_eq!(standing(conn, later, pool).await.free(), Quantity::whole(1));
    assert_eq!(release_expired(conn, later, 10).await.unwrap(), 1);
    assert_eq!(standing(conn, later, pool).await.free(), Quantity::whole(1), "swept once, not twice");
    consume_holds(conn, later, BY, &[fresh.id]).await.unwrap();
    assert_books_balance(conn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_lost_a_line_to_a_faster_clock_is_not_sold() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let pool = pool_of(conn, 2).await;
    let lost = hold(conn, &[(pool, 2)]).await.unwrap();
    let ahead = now() + TimeDelta::minutes(31);
    let mut rival = request(&[(pool, 2)]);
    rival.expires_at = ahead + TimeDelta::minutes(30);
    place_holds(conn, ahead, BY, &[rival]).await.unwrap();
    let behind = now() + TimeDelta::minutes(29);
    let sale = consume_holds(conn, behind, BY, &[lost]).await;
    assert!(matches!(sale, Err(ReservationError::HoldNotLive(_))));
    assert_books_balance(conn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn releasing_twice_gives_back_once() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let pool = pool_of(conn, 4).await;
    let taken = hold(conn, &[(pool, 4)]).await.unwrap();
    for _ in 0..2 {
        release_holds(conn, now(), BY, &[taken]).await.unwrap();
    }
    assert_eq!(standing(conn, now(), pool).await.free(), Quantity::whole(4));
    assert_books_balance(conn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_hears_when_a_pool_runs_dry_and_when_it_fills() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let pool = pool_of(conn, 1).await;
    let first = hold(conn, &[(pool, 1)]).await.unwrap();
    release_holds(conn, now(), BY, &[first]).await.unwrap();
    let second = hold(conn, &[(pool, 1)]).await.unwrap();
    consume_holds(conn, now(), BY, &[second]).await.unwrap();
    let kinds: Vec<_> = timeline(conn, "pool", pool.0).await.unwrap().into_iter().map(|e| e.kind).collect();
    let (dry, filled) = ("pool.depleted", "pool.replenished");
    assert_eq!(kinds, [filled, dry, filled, dry]);
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_back_an_expired_hold_is_heard_as_well() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let pool = pool_of(conn, 2).await;
    hold(conn, &[(pool, 2)]).await.unwrap();
    let later = now() + TimeDelta::minutes(31);
    let mut rival = request(&[(pool, 1)]);
    rival.expires_at = later + TimeDelta::minutes(30);
    place_holds(conn, later, BY, &[rival]).await.unwrap();
    let last = timeline(conn, "pool", pool.0).await.unwrap().pop().unwrap();
    assert_eq!(last.kind, "pool.replenished", "one of two is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_free_amount_is_set_against_what_the_owner_saw() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let pool = pool_of(conn, 5).await;
    hold(conn, &[(pool, 2)]).await.unwrap();
    let belief = Some(Quantity::whole(5));
    let wrong = adjust_free(conn, now(), BY, pool, belief, Quantity::whole(9)).await;
    assert!(matches!(wrong, Err(ReservationError::Changed { current }) if current == Quantity::whole(3)));
    adjust_free(conn, now(), BY, pool, Some(Quantity::whole(3)), Quantity::ZERO).await.unwrap();
    let left = standing(conn, now(), pool).await;
    assert_eq!((left.capacity, left.free()), (Quantity::whole(2), Quantity::ZERO), "what is held stays held");
    assert_books_balance(conn).await;
}
