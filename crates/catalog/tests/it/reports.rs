//! Complaints: once while they are open, decided once.

use catalog::{
    CatalogError, CreateListing, Report, ReportReason, ReportStatus, ReportSubject, create_listing,
    list_reports, resolve_report, submit_report,
};
use db::Conn;
use diesel_async::AsyncConnection;
use kernel::{Limit, ReportId, UserId};
use testkit::TestDatabase;
use uuid::Uuid;

use crate::support::*;

async fn report(
    conn: &mut Conn,
    reporter: UserId,
    subject: ReportSubject,
    subject_id: Uuid,
) -> Result<Report, CatalogError> {
    let details = Some(" It is plastic. ");
    conn.transaction(async |tx| {
        submit_report(tx, now(), reporter, subject, subject_id, ReportReason::Fraud, details).await
    })
    .await
}

async fn decide(
    conn: &mut Conn,
    admin: UserId,
    id: ReportId,
    how: ReportStatus,
) -> Result<Report, CatalogError> {
    resolve_report(conn, now(), admin, id, how, "Looked into it.").await
}

async fn ids(conn: &mut Conn, status: ReportStatus) -> Vec<ReportId> {
    let page = list_reports(conn, status, None, Limit::default()).await.unwrap();
    page.items.iter().map(|report| report.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_open_once_and_decided_once() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let listing = produce(conn, gardener).await.id.0;
    let (ann, bob, admin) = (user(conn).await, user(conn).await, user(conn).await);
    let first = report(conn, ann, ReportSubject::Listing, listing).await.unwrap();
    assert_eq!((first.details.as_deref(), first.status), (Some("It is plastic."), ReportStatus::Open));
    let again = report(conn, ann, ReportSubject::Listing, listing).await;
    assert!(matches!(again, Err(CatalogError::AlreadyReported)));
    report(conn, bob, ReportSubject::Listing, listing).await.expect("another's report");
    report(conn, ann, ReportSubject::User, gardener.0).await.expect("another subject");
    assert_eq!(ids(conn, ReportStatus::Open).await.len(), 3);

    for nothing in ["", " \u{c} "] {
        let how = ReportStatus::Resolved;
        let outcome = resolve_report(conn, now(), admin, first.id, how, nothing).await;
        assert_eq!(refused(outcome), ["resolution"], "whoever reported it is told why");
    }
    let decided = decide(conn, admin, first.id, ReportStatus::Resolved).await.unwrap();
    assert_eq!(decided.resolution.as_deref(), Some("Looked into it."));
    for how in [ReportStatus::Resolved, ReportStatus::Dismissed] {
        assert!(matches!(decide(conn, admin, first.id, how).await, Err(CatalogError::ReportDecided)));
    }
    assert_eq!(ids(conn, ReportStatus::Resolved).await, [first.id]);
    let anew = report(conn, ann, ReportSubject::Listing, listing).await.expect("it goes on");
    decide(conn, admin, anew.id, ReportStatus::Dismissed).await.unwrap();
    assert_eq!(ids(conn, ReportStatus::Dismissed).await, [anew.id]);
    let unknown = decide(conn, admin, ReportId::new(), ReportStatus::Resolved).await;
    assert!(matches!(unknown, Err(CatalogError::NotFound("report"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_can_be_seen_is_reported() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let gardener = gardener(conn, &[1]).await;
    let plant = plant(conn, gardener).await;
    let draft = CreateListing { publish: false, ..produce_of(plant) };
    let draft = create_listing(conn, now(), gardener, &draft).await.unwrap();
    let ann = user(conn).await;
    for unseen in [draft.id.0, Uuid::new_v4()] {
        assert_eq!(refused(report(conn, ann, ReportSubject::Listing, unseen).await), ["subject_id"]);
    }
}
