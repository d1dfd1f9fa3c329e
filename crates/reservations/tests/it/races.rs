//! Many buyers at once, each on a connection of their own.

use diesel_async::AsyncConnection;
use futures_util::future::join_all;
use kernel::Quantity;
use reservations::{ReservationError, consume_holds};
use testkit::TestDatabase;

use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_buyers_of_ten_units_get_exactly_ten() {
    let db = TestDatabase::with_connections(40).await;
    let pool = pool_of(&mut *db.conn().await, 10).await;
    let buyers = (0..200).map(|_| {
        let database = db.database.clone();
        tokio::spawn(async move {
            let mut conn = database.conn().await.unwrap();
            conn.transaction::<_, ReservationError, _>(async |tx| {
                let taken = hold(tx, &[(pool, 1)]).await?;
                consume_holds(tx, now(), BY, &[taken]).await
            })
            .await
        })
    });
    let outcomes: Vec<_> = join_all(buyers).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 10);
    for outcome in outcomes {
        assert!(matches!(outcome, Ok(()) | Err(ReservationError::Insufficient(_))), "{outcome:?}");
    }
    let conn = &mut *db.conn().await;
    assert_eq!(standing(conn, now(), pool).await.capacity, Quantity::ZERO);
    assert_books_balance(conn).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn opposite_orders_of_lines_never_deadlock() {
    let db = TestDatabase::with_connections(24).await;
    let (a, b) = {
        let conn = &mut *db.conn().await;
        (pool_of(conn, 1000).await, pool_of(conn, 1000).await)
    };
    let buyers = (0..120).map(|number| {
        let database = db.database.clone();
        tokio::spawn(async move {
            let mut conn = database.conn().await.unwrap();
            let lines = if number % 2 == 0 { [(a, 1), (b, 1)] } else { [(b, 1), (a, 1)] };
            conn.transaction::<_, ReservationError, _>(async |tx| hold(tx, &lines).await).await
        })
    });
    for outcome in join_all(buyers).await {
        outcome.unwrap().expect("there is enough for everybody");
    }
    let conn = &mut *db.conn().await;
    assert_eq!(standing(conn, now(), a).await.taken, Quantity::whole(120));
    assert_books_balance(conn).await;
}
