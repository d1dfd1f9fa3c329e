//! Reports.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{Limit, NewestKey, OfferingId, ReportId, UserId};
use uuid::Uuid;

use crate::schema::{offerings, reports};
use crate::store::unreadable;
use crate::{Report, ReportReason, ReportStatus, ReportSubject};

#[derive(Queryable, Selectable)]
#[diesel(table_name = reports)]
struct ReportRow {
    id: ReportId,
    reporter_id: UserId,
    subject_type: String,
    subject_id: Uuid,
    reason: String,
    details: Option<String>,
    status: String,
    resolution: Option<String>,
    created_at: DateTime<Utc>,
}

impl TryFrom<ReportRow> for Report {
    type Error = diesel::result::Error;

    fn try_from(row: ReportRow) -> Result<Self, Self::Error> {
        Ok(Self {
            id: row.id,
            reporter_id: row.reporter_id,
            subject: ReportSubject::from_word(&row.subject_type)
                .ok_or_else(|| unreadable(&row.subject_type))?,
            subject_id: row.subject_id,
            reason: ReportReason::from_word(&row.reason).ok_or_else(|| unreadable(&row.reason))?,
            details: row.details,
            status: ReportStatus::from_word(&row.status).ok_or_else(|| unreadable(&row.status))?,
            resolution: row.resolution,
            created_at: row.created_at,
        })
    }
}

/// How many wait for a decision.
pub(crate) async fn count_open(conn: &mut Conn) -> QueryResult<i64> {
    let is_open = reports::status.eq(ReportStatus::Open.as_str());
    reports::table.filter(is_open).count().get_result(conn).await
}

pub(crate) async fn insert(tx: &mut Conn, report: &Report) -> QueryResult<()> {
    diesel::insert_into(reports::table)
        .values((
            reports::id.eq(report.id),
            reports::reporter_id.eq(report.reporter_id),
            reports::subject_type.eq(report.subject.as_str()),
            reports::subject_id.eq(report.subject_id),
            reports::reason.eq(report.reason.as_str()),
            reports::details.eq(&report.details),
            reports::created_at.eq(report.created_at),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Whether there is such an offering for the public to see.
pub(crate) async fn offering_exists(conn: &mut Conn, id: OfferingId) -> QueryResult<bool> {
    let public =
        offerings::table.find(id).filter(offerings::status.ne("draft").and(offerings::deleted_at.is_null()));
    diesel::select(exists(public)).get_result(conn).await
}

pub(crate) async fn lock(tx: &mut Conn, id: ReportId) -> QueryResult<Option<Report>> {
    let row: Option<ReportRow> =
        reports::table.find(id).select(ReportRow::as_select()).for_update().first(tx).await.optional()?;
    row.map(Report::try_from).transpose()
}

pub(crate) async fn update_decision(tx: &mut Conn, now: DateTime<Utc>, report: &Report) -> QueryResult<()> {
    diesel::update(reports::table.find(report.id))
        .set((
            reports::status.eq(report.status.as_str()),
            reports::resolution.eq(&report.resolution),
            reports::resolved_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn list(
    conn: &mut Conn,
    status: ReportStatus,
    after: Option<NewestKey>,
    limit: Limit,
) -> QueryResult<Vec<Report>> {
    let mut query = reports::table
        .filter(reports::status.eq(status.as_str()))
        .order((reports::created_at.desc(), reports::id.desc()))
        .limit(limit.with_lookahead())
        .select(ReportRow::as_select())
        .into_boxed();
    if let Some(key) = after {
        let id = ReportId(key.id);
        query = query.filter(
            reports::created_at.lt(key.at).or(reports::created_at.eq(key.at).and(reports::id.lt(id))),
        );
    }
    let rows: Vec<ReportRow> = query.load(conn).await?;
    rows.into_iter().map(Report::try_from).collect()
}
