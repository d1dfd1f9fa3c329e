//! What two parties do to one order at the same moment.

use checkout::{CheckoutError, SchedulePickup, cancel, expire, pay_with_mock, schedule_pickup};
use chrono::TimeDelta;
use diesel_async::AsyncConnection;
use futures_util::future::join_all;
use kernel::{Quantity, TimeRange};
use market::{OrderStatus, find_order};

use crate::support::{PAY_WITHIN, Town, caller, now};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_is_paid_or_cancelled_never_both() {
    let town = Town::with_kale(30).await;
    let mut orders = Vec::new();
    for _ in 0..15 {
        orders.push(town.order(2).await);
    }
    assert_eq!(town.free(now()).await, Quantity::ZERO);
    let racing = orders.iter().flat_map(|&(customer, order)| {
        let database = town.db.database.clone();
        let pays = {
            let database = database.clone();
            tokio::spawn(async move {
                let mut conn = database.conn().await.unwrap();
                conn.transaction::<_, CheckoutError, _>(async |tx| {
                    pay_with_mock(tx, now(), caller(customer), order).await
                })
                .await
                .map(|_order| ())
            })
        };
        let calls_off = tokio::spawn(async move {
            let mut conn = database.conn().await.unwrap();
            conn.transaction::<_, CheckoutError, _>(async |tx| {
                cancel(tx, now(), caller(customer), order, None).await
            })
            .await
            .map(|_order| ())
        });
        [pays, calls_off]
    });
    for outcome in join_all(racing.collect::<Vec<_>>()).await {
        let outcome = outcome.unwrap();
        assert!(matches!(outcome, Ok(()) | Err(CheckoutError::Market(_))), "{outcome:?}");
    }
    // Cancelling after paying is allowed as well, so that every order ends cancelled, and all stock is back.
    let conn = &mut *town.db.conn().await;
    for (_, order) in orders {
        assert_eq!(find_order(conn, order).await.unwrap().status, OrderStatus::Cancelled);
    }
    assert_eq!(town.free(now()).await, Quantity::whole(30));
    town.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_its_last_moment_an_order_is_paid_or_expires() {
    let town = Town::with_kale(20).await;
    let mut orders = Vec::new();
    for _ in 0..10 {
        orders.push(town.order(2).await);
    }
    let (before, after) = (now() + PAY_WITHIN - TimeDelta::seconds(1), now() + PAY_WITHIN);
    let racing = orders.iter().flat_map(|&(customer, order)| {
        let database = town.db.database.clone();
        let pays = {
            let database = database.clone();
            tokio::spawn(async move {
                let mut conn = database.conn().await.unwrap();
                conn.transaction::<_, CheckoutError, _>(async |tx| {
                    pay_with_mock(tx, before, caller(customer), order).await
                })
                .await
                .is_ok()
            })
        };
        let expires = tokio::spawn(async move {
            let mut conn = database.conn().await.unwrap();
            conn.transaction::<_, CheckoutError, _>(async |tx| expire(tx, after, order).await).await.is_ok()
        });
        [pays, expires]
    });
    join_all(racing.collect::<Vec<_>>()).await;
    let conn = &mut *town.db.conn().await;
    let mut sold = 0;
    for (_, order) in orders {
        let order = find_order(conn, order).await.unwrap();
        match order.status {
            OrderStatus::AwaitingPickupScheduling => sold += 2,
            status => assert_eq!(status, OrderStatus::Cancelled),
        }
        assert_eq!(order.paid_at.is_some(), order.status == OrderStatus::AwaitingPickupScheduling);
    }
    assert_eq!(town.free(after).await, Quantity::whole(20 - sold));
    town.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn customers_who_swap_windows_do_not_wait_for_each_other() {
    let town = Town::with_kale(40).await;
    // Saturday 2 March 2030, 09:00 in Denver, and the Saturday after.
    let first: TimeRange = "2030-03-02T16:00:00Z/2030-03-02T20:00:00Z".parse().unwrap();
    let second: TimeRange = "2030-03-09T16:00:00Z/2030-03-09T20:00:00Z".parse().unwrap();
    let mut orders = Vec::new();
    for number in 0..20 {
        let (customer, order) = town.order(1).await;
        let conn = &mut *town.db.conn().await;
        pay_with_mock(conn, now(), caller(customer), order).await.unwrap();
        let window = if number % 2 == 0 { first } else { second };
        let choice = SchedulePickup { order, center: town.center, window };
        schedule_pickup(conn, now(), caller(customer), choice).await.unwrap();
        orders.push((
            customer,
            SchedulePickup { window: if window == first { second } else { first }, ..choice },
        ));
    }
    let swaps = orders.into_iter().map(|(customer, choice)| {
        let database = town.db.database.clone();
        tokio::spawn(async move {
            let mut conn = database.conn().await.unwrap();
            conn.transaction::<_, CheckoutError, _>(async |tx| {
                schedule_pickup(tx, now(), caller(customer), choice).await
            })
            .await
        })
    });
    for outcome in join_all(swaps).await {
        assert_eq!(outcome.unwrap().unwrap().status, OrderStatus::Scheduled);
    }
    town.assert_books_balance().await;
}
