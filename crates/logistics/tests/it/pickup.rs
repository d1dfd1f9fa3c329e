//! Windows are offered, taken, and never given twice.

use chrono::TimeDelta;
use diesel_async::AsyncConnection;
use kernel::{Actor, HoldId, TimeRange};
use logistics::{
    Center, EditCenter, LogisticsError, WeeklySchedule, WeeklyWindow, WindowRefusal, edit, list_windows,
    take_window,
};
use reservations::Source;
use testkit::TestDatabase;

use crate::support::{approved, at, now};

fn order() -> Source {
    Source { kind: "order", id: kernel::OrderId::new().0 }
}

/// A center with one window: Saturdays 09:00 to 13:00, with so many places.
async fn saturdays(database: &TestDatabase, places: i32) -> Center {
    let mut conn = database.conn().await;
    let center = approved(&mut conn, "Pearl Street").await;
    resize(&mut conn, &center, places).await
}

async fn resize(conn: &mut db::Conn, center: &Center, places: i32) -> Center {
    let window = WeeklyWindow {
        weekday: 6,
        opens: "09:00".parse().unwrap(),
        closes: "13:00".parse().unwrap(),
        capacity: places,
    };
    let windows = Some(WeeklySchedule::new(vec![window]).unwrap());
    let changes = EditCenter { windows, ..EditCenter::default() };
    edit(conn, now(), Actor::System, center.id, center.version, &changes).await.unwrap()
}

fn saturday() -> TimeRange {
    "2030-03-02T16:00:00Z/2030-03-02T20:00:00Z".parse().unwrap()
}

async fn take(
    conn: &mut db::Conn,
    center: &Center,
    range: TimeRange,
) -> Result<Option<HoldId>, LogisticsError> {
    conn.transaction(async |tx| {
        let expires = now() + TimeDelta::minutes(30);
        take_window(tx, now(), Actor::System, center.id, range, order(), expires).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_come_in_local_time_with_their_places() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let center = approved(&mut conn, "Pearl Street").await;
    let before = database.database.statements();
    let calendar = list_windows(&mut conn, now(), &center, None, None).await.unwrap();
    assert_eq!(database.database.statements() - before, 2);
    let offered: Vec<(String, String)> =
        calendar.windows.iter().map(|w| (w.local_date.to_string(), w.range.to_string())).collect();
    // The clocks change on Sunday, 10 March.
    let expected = [
        ("2030-03-02", "2030-03-02T16:00:00Z/2030-03-02T20:00:00Z"),
        ("2030-03-06", "2030-03-06T23:00:00Z/2030-03-07T02:00:00Z"),
        ("2030-03-09", "2030-03-09T16:00:00Z/2030-03-09T20:00:00Z"),
        ("2030-03-13", "2030-03-13T22:00:00Z/2030-03-14T01:00:00Z"),
    ];
    assert_eq!(offered, expected.map(|(date, range)| (date.to_owned(), range.to_owned())));
    assert!(calendar.windows.iter().all(|w| (w.capacity, w.remaining) == (40, 40)));
    assert!(calendar.windows.iter().all(|w| w.time_zone == "America/Denver") && !calendar.any_time);
    let days = |text: &str| Some(text.parse().unwrap());
    let some = list_windows(&mut conn, now(), &center, days("2030-03-06"), days("2030-03-09")).await.unwrap();
    assert_eq!(some.windows, calendar.windows[1..2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_taken_and_comes_back() {
    let database = TestDatabase::create().await;
    let center = saturdays(&database, 1).await;
    let mut conn = database.conn().await;
    let hold = take(&mut conn, &center, saturday()).await.unwrap().unwrap();
    let full = take(&mut conn, &center, saturday()).await.unwrap_err();
    assert!(matches!(full, LogisticsError::WindowFull), "{full}");
    let calendar = list_windows(&mut conn, now(), &center, None, None).await.unwrap();
    assert_eq!((calendar.windows[0].capacity, calendar.windows[0].remaining), (1, 0));
    assert_eq!(calendar.windows[1].remaining, 1, "next Saturday is another day");

    reservations::release_holds(&mut conn, now(), Actor::System, &[hold]).await.unwrap();
    take(&mut conn, &center, saturday()).await.unwrap();
    // The hold of the second taker lapses after half an hour.
    let later = now() + TimeDelta::minutes(30);
    let calendar = list_windows(&mut conn, later, &center, None, None).await.unwrap();
    assert_eq!(calendar.windows[0].remaining, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_offered_can_be_taken() {
    let database = TestDatabase::create().await;
    let center = saturdays(&database, 5).await;
    let mut conn = database.conn().await;
    let odd = "2030-03-02T16:00:00Z/2030-03-02T19:00:00Z".parse().unwrap();
    let refused = take(&mut conn, &center, odd).await.unwrap_err();
    assert!(matches!(refused, LogisticsError::Window(WindowRefusal::NotOffered)), "{refused}");
    logistics::deactivate(&mut conn, now(), Actor::System, center.id, "flood").await.unwrap();
    let refused = take(&mut conn, &center, saturday()).await.unwrap_err();
    assert!(matches!(refused, LogisticsError::NotApproved), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_windows_no_places_are_counted() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let center = approved(&mut conn, "Pearl Street").await;
    let none = EditCenter { windows: Some(WeeklySchedule::default()), ..EditCenter::default() };
    edit(&mut conn, now(), Actor::System, center.id, center.version, &none).await.unwrap();
    let calendar = list_windows(&mut conn, now(), &center, None, None).await.unwrap();
    assert!(calendar.any_time && calendar.windows.is_empty());
    for _ in 0..50 {
        assert_eq!(take(&mut conn, &center, saturday()).await.unwrap(), None);
    }
    let past = TimeRange::new(at("2030-03-01T15:00:00Z"), at("2030-03-01T16:00:00Z")).unwrap();
    let refused = take(&mut conn, &center, past).await.unwrap_err();
    assert!(matches!(refused, LogisticsError::Window(WindowRefusal::Past)), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_capacities_hold_for_chosen_windows_too() {
    let database = TestDatabase::create().await;
    let center = saturdays(&database, 4).await;
    let mut conn = database.conn().await;
    for _ in 0..3 {
        take(&mut conn, &center, saturday()).await.unwrap();
    }
    let standing = async |conn: &mut db::Conn, center: &Center| {
        let window = list_windows(conn, now(), center, None, None).await.unwrap().windows.remove(0);
        (window.capacity, window.remaining)
    };
    assert_eq!(standing(&mut conn, &center).await, (4, 1));
    let center = resize(&mut conn, &center, 10).await;
    assert_eq!(standing(&mut conn, &center).await, (10, 7));
    let center = resize(&mut conn, &center, 2).await;
    assert_eq!(standing(&mut conn, &center).await, (3, 0), "what is taken stays taken");
    let full = take(&mut conn, &center, saturday()).await.unwrap_err();
    assert!(matches!(full, LogisticsError::WindowFull), "{full}");
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_at_once_get_exactly_ten_places() {
    let database = TestDatabase::with_connections(30).await;
    let center = saturdays(&database, 10).await;
    let racing = (0..30).map(|_| {
        let (database, center) = (database.database.clone(), center.clone());
        tokio::spawn(async move {
            let mut conn = database.conn().await.unwrap();
            take(&mut conn, &center, saturday()).await
        })
    });
    let mut taken = 0;
    for outcome in futures_util::future::join_all(racing).await {
        match outcome.unwrap() {
            Ok(Some(_)) => taken += 1,
            Err(LogisticsError::WindowFull) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(taken, 10);
    let calendar = list_windows(&mut *database.conn().await, now(), &center, None, None).await.unwrap();
    assert_eq!(calendar.windows[0].remaining, 0);
}
