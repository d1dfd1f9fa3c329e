//! Complaints and what becomes of them.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{FieldError, InvalidCode, Limit, NewestKey, OfferingId, Page, ReportId, TextRule, UserId};
use outbox::Event;
use serde_json::json;
use uuid::Uuid;

use crate::{CatalogError, Report, ReportReason, ReportStatus, ReportSubject, store};

/// Records a complaint. Whether a reported *user* exists is for the caller to have checked.
pub async fn submit_report(
    tx: &mut Conn,
    now: DateTime<Utc>,
    reporter_id: UserId,
    subject: ReportSubject,
    subject_id: Uuid,
    reason: ReportReason,
    details: Option<&str>,
) -> Result<Report, CatalogError> {
    let details = TextRule::prose(2000).read_optional(details).map_err(|error| error.at("details"))?;
    let known = match subject {
        ReportSubject::Listing => store::reports::offering_exists(tx, OfferingId(subject_id)).await?,
        ReportSubject::User => true,
    };
    if !known {
        let unknown = FieldError::new(InvalidCode::Unknown, "there is no such listing");
        return Err(unknown.at("subject_id").into());
    }
    let report = Report {
        id: ReportId::new(),
        reporter_id,
        subject,
        subject_id,
        reason,
        details,
        status: ReportStatus::Open,
        resolution: None,
        created_at: now,
    };
    store::reports::insert(tx, &report).await?;
    announce(tx, now, reporter_id, "report.submitted", &report).await?;
    Ok(report)
}

/// Decides an open report.
pub async fn resolve_report(
    tx: &mut Conn,
    now: DateTime<Utc>,
    admin: UserId,
    id: ReportId,
    status: ReportStatus,
    resolution: &str,
) -> Result<Report, CatalogError> {
    let rule = TextRule::prose(2000).required();
    let resolution = rule.read(resolution).map_err(|error| error.at("resolution"))?;
    let mut report = store::reports::lock(tx, id).await?.ok_or(CatalogError::NotFound("report"))?;
    if report.status != ReportStatus::Open {
        return Err(CatalogError::ReportDecided);
    }
    report.status = status;
    report.resolution = Some(resolution);
    store::reports::update_decision(tx, now, &report).await?;
    announce(tx, now, admin, "report.decided", &report).await?;
    Ok(report)
}

/// How many reports wait for a decision.
pub async fn count_open_reports(conn: &mut Conn) -> Result<i64, CatalogError> {
    Ok(store::reports::count_open(conn).await?)
}

/// The reports of a status, newest first.
pub async fn list_reports(
    conn: &mut Conn,
    status: ReportStatus,
    after: Option<NewestKey>,
    limit: Limit,
) -> Result<Page<Report, NewestKey>, CatalogError> {
    let rows = store::reports::list(conn, status, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, |report| NewestKey { at: report.created_at, id: report.id.0 }))
}

async fn announce(
    tx: &mut Conn,
    now: DateTime<Utc>,
    by: UserId,
    kind: &'static str,
    report: &Report,
) -> Result<(), CatalogError> {
    let data = json!({ "subject_type": report.subject.as_str(), "subject_id": report.subject_id });
    let event = Event { kind, subject_type: "report", subject_id: report.id.0, actor: by.into(), data };
    Ok(outbox::emit(tx, now, event).await?)
}
