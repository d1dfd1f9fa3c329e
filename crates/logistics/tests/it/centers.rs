//! What becomes of centers.

use chrono::TimeDelta;
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use eligibility_core::Place;
use kernel::{Actor, CenterId, Limit};
use logistics::{
    CenterStatus, EditCenter, LogisticsError, PostalAddress, Propose, WeeklySchedule, WeeklyWindow, approve,
    confirm_approved, deactivate, edit, find_center, list_centers, propose, reactivate, reject,
    weekly_windows,
};
use testkit::TestDatabase;

use crate::support::{approved, now, proposal, user};

async fn events(conn: &mut db::Conn, id: CenterId) -> Vec<(String, serde_json::Value)> {
    let timeline = outbox::timeline(conn, "center", id.0).await.unwrap();
    timeline.into_iter().map(|event| (event.kind, event.data)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_waits_for_an_admin() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let by = user(&mut conn).await;
    let wanted = Propose { by: Some(by), notes: Some(" by the barn ".into()), ..proposal(" North Boulder ") };
    let center = propose(&mut conn, now(), wanted).await.unwrap();
    assert_eq!((center.name.as_str(), center.notes.as_deref()), ("North Boulder", Some("by the barn")));
    assert_eq!((center.status, center.version), (CenterStatus::Proposed, 1));
    assert_eq!((center.time_zone.as_str(), center.proposed_by), ("America/Denver", Some(by)));
    assert_eq!(find_center(&mut conn, center.id).await.unwrap().unwrap(), center);
    assert!(weekly_windows(&mut conn, center.id).await.unwrap().is_any_time());
    let told = events(&mut conn, center.id).await;
    assert_eq!(told[0].0, "center.proposed");
    assert_eq!(told[0].1["number"], center.number);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_field_of_a_proposal_is_named() {
    let database = TestDatabase::create().await;
    let address = PostalAddress { city: " ".into(), ..crate::support::boulder() };
    let bad = Propose { address, notes: Some("x".repeat(2001)), ..proposal("X") };
    let refused = propose(&mut *database.conn().await, now(), bad).await.unwrap_err();
    let LogisticsError::Invalid(invalid) = refused else { panic!("{refused}") };
    let names: Vec<&str> = invalid.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["name", "notes", "city"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn approval_opens_the_usual_windows_and_says_so_once() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let admin = Actor::from(user(&mut conn).await);
    let center = propose(&mut conn, now(), proposal("Pearl Street")).await.unwrap();
    let later = now() + TimeDelta::hours(1);
    let open = approve(&mut conn, later, admin, center.id).await.unwrap();
    assert_eq!((open.status, open.version, open.decided_at), (CenterStatus::Approved, 2, Some(later)));
    assert_eq!(weekly_windows(&mut conn, center.id).await.unwrap(), WeeklySchedule::usual());
    let again = approve(&mut conn, later + TimeDelta::hours(1), admin, center.id).await.unwrap();
    assert_eq!(again, open);
    let told = events(&mut conn, center.id).await;
    assert_eq!(told.len(), 2);
    let expected = serde_json::json!({
        "number": center.number, "from": "PROPOSED", "to": "APPROVED", "reason": null
    });
    assert_eq!(told[1], ("center.approved".to_owned(), expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_says_why_and_is_final() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let center = propose(&mut conn, now(), proposal("Parking lot")).await.unwrap();
    let refused = reject(&mut conn, now(), Actor::System, center.id, " ").await.unwrap_err();
    assert!(matches!(refused, LogisticsError::Invalid(_)), "{refused}");
    let center = reject(&mut conn, now(), Actor::System, center.id, "no roof").await.unwrap();
    assert_eq!((center.status, center.reason.as_deref()), (CenterStatus::Rejected, Some("no roof")));
    let refused = approve(&mut conn, now(), Actor::System, center.id).await.unwrap_err();
    assert!(matches!(refused, LogisticsError::NotPossible(_)), "{refused}");
    let unknown = approve(&mut conn, now(), Actor::System, CenterId::new()).await.unwrap_err();
    assert!(matches!(unknown, LogisticsError::UnknownCenter));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_center_closes_and_opens_again_with_its_own_windows() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let center = approved(&mut conn, "Pearl Street").await;
    let none = EditCenter { windows: Some(WeeklySchedule::default()), ..EditCenter::default() };
    edit(&mut conn, now(), Actor::System, center.id, center.version, &none).await.unwrap();
    let closed = deactivate(&mut conn, now(), Actor::System, center.id, "renovation").await.unwrap();
    assert_eq!((closed.status, closed.reason.as_deref()), (CenterStatus::Inactive, Some("renovation")));
    assert!(confirm_approved(&mut conn, &[center.number]).await.unwrap().is_empty());
    let open = reactivate(&mut conn, now(), Actor::System, center.id).await.unwrap();
    assert_eq!((open.status, open.reason), (CenterStatus::Approved, None));
    assert!(weekly_windows(&mut conn, center.id).await.unwrap().is_any_time());
    let kinds: Vec<String> = events(&mut conn, center.id).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(
        kinds,
        ["center.proposed", "center.approved", "center.changed", "center.deactivated", "center.reactivated"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_needs_the_version_that_was_read() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let center = approved(&mut conn, "Pearl Street").await;
    let window = WeeklyWindow {
        weekday: 7,
        opens: "20:00".parse().unwrap(),
        closes: "24:00".parse().unwrap(),
        capacity: 12,
    };
    let windows = WeeklySchedule::new(vec![window]).unwrap();
    let changes = EditCenter {
        name: Some("West Pearl".into()),
        notes: Some("ring twice".into()),
        time_zone: Some("America/Boise".into()),
        windows: Some(windows.clone()),
    };
    let edited = edit(&mut conn, now(), Actor::System, center.id, center.version, &changes).await.unwrap();
    assert_eq!((edited.name.as_str(), edited.version), ("West Pearl", center.version + 1));
    assert_eq!(weekly_windows(&mut conn, center.id).await.unwrap(), windows);
    let told = events(&mut conn, center.id).await;
    assert_eq!(
        told.last().unwrap().1["changed"],
        serde_json::json!(["name", "notes", "time_zone", "windows"])
    );

    let stale = edit(&mut conn, now(), Actor::System, center.id, center.version, &changes).await.unwrap_err();
    assert!(matches!(stale, LogisticsError::Changed { current } if current == edited.version), "{stale}");
    let same = edit(&mut conn, now(), Actor::System, center.id, edited.version, &changes).await.unwrap();
    assert_eq!(same.version, edited.version, "nothing changes, nothing is told");
    let nowhere = EditCenter { time_zone: Some("Mars/Olympus".into()), ..EditCenter::default() };
    let refused = edit(&mut conn, now(), Actor::System, center.id, edited.version, &nowhere).await;
    assert!(matches!(refused, Err(LogisticsError::Invalid(_))));
    let cleared = EditCenter { notes: Some(String::new()), ..EditCenter::default() };
    let edited = edit(&mut conn, now(), Actor::System, center.id, edited.version, &cleared).await.unwrap();
    assert_eq!(edited.notes, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_newest_first() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let mut ids = Vec::new();
    for hours in 0..5 {
        let center =
            propose(&mut conn, now() + TimeDelta::hours(hours / 2), proposal("Somewhere")).await.unwrap();
        ids.push(center.id);
    }
    approve(&mut conn, now(), Actor::System, ids[1]).await.unwrap();
    let limit = Limit::parse(Some(2)).unwrap();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = list_centers(&mut conn, None, after, limit).await.unwrap();
        seen.extend(page.items.iter().map(|center| center.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    ids.reverse();
    assert_eq!(seen, ids);
    let open = list_centers(&mut conn, Some(CenterStatus::Approved), None, limit).await.unwrap();
    assert_eq!(open.items.iter().map(|center| center.id).collect::<Vec<_>>(), [ids[3]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_holds_off_deactivation() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let center = approved(&mut conn, "Pearl Street").await;
    let mut other = database.conn().await;
    conn.transaction::<_, diesel::result::Error, _>(async |tx| {
        let confirmed = confirm_approved(tx, &[center.number, 999]).await.unwrap();
        assert_eq!(confirmed.iter().map(|center| center.id).collect::<Vec<_>>(), [center.id]);
        other.batch_execute("SET lock_timeout = 100").await.unwrap();
        let refused = deactivate(&mut other, now(), Actor::System, center.id, "flood").await.unwrap_err();
        let LogisticsError::Database(error) = refused else { panic!("{refused}") };
        assert!(db::is_lock_timeout(&error), "{error}");
        Ok(())
    })
    .await
    .unwrap();
    deactivate(&mut other, now(), Actor::System, center.id, "flood").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_zone_is_the_states_and_the_place_is_kept() {
    let database = TestDatabase::create().await;
    let address = PostalAddress { state: "Hawaii".into(), ..crate::support::boulder() };
    let place = Place::new(21.3069, -157.8583).unwrap();
    let wanted = Propose { address, place, ..proposal("Honolulu") };
    let center = propose(&mut *database.conn().await, now(), wanted).await.unwrap();
    assert_eq!((center.time_zone.as_str(), center.place), ("Pacific/Honolulu", place));
}
