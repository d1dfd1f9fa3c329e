//! Complaints: anybody with an account makes them, admins decide them.

use accounts::AccountsError;
use catalog::{Report, ReportReason, ReportStatus, ReportSubject};
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{FieldError, Fields, InvalidCode, ReportId, UserId};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::callers::require_admin;
use super::publication::unread;
use crate::extract::{Body, Id, Idempotency, Params, Principal};
use crate::wire::{PageView, Paging};
use crate::{AppState, Created, Ok200, Problem};

/// A report.
#[derive(Debug, Serialize, Apiv2Schema)]
struct ReportView {
    /// Its id.
    id: Uuid,
    /// Who made it.
    reporter_id: Uuid,
    /// One of `listing` or `user`; a listing is any offering.
    subject_type: String,
    /// What it is about.
    subject_id: Uuid,
    /// One of `spam`, `fraud`, `unsafe`, `offensive` or `other`.
    reason: String,
    /// In the reporter's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<String>,
    /// One of `open`, `resolved` or `dismissed`.
    status: String,
    /// What became of it, in an admin's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<String>,
    /// When it was made.
    created_at: DateTime<Utc>,
}

/// A new report.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct CreateReportBody {
    /// One of `listing` or `user`; a listing is any offering.
    subject_type: String,
    /// Which one.
    subject_id: Uuid,
    /// One of `spam`, `fraud`, `unsafe`, `offensive` or `other`.
    reason: String,
    /// Up to 2,000 characters.
    details: Option<String>,
}

/// What became of a report.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct DecideReportBody {
    /// 1 to 2,000 characters.
    resolution: String,
}

/// Which reports.
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct ReportParams {
    /// One of `open`, `resolved` or `dismissed`; open ones unless asked.
    status: Option<String>,
    /// 1 to 100, 24 unless asked.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/reports").route(web::post().to(submit)))
        .service(web::resource("/api/v1/admin/reports").route(web::get().to(list)))
        .service(web::resource("/api/v1/admin/reports/{id}/resolve").route(web::post().to(resolve)))
        .service(web::resource("/api/v1/admin/reports/{id}/dismiss").route(web::post().to(dismiss)));
}

/// Reports an offering or a user
///
/// As long as a report of yours is open, the same subject cannot be reported again.
///
/// Problems: `already_reported`.
#[api_v2_operation(operation_id = "submit_report")]
async fn submit(
    state: AppState,
    principal: Principal,
    idempotency: Idempotency,
    body: Body<CreateReportBody>,
) -> Result<Created<ReportView>, Problem> {
    let (subject, reason) = body.data.read()?;
    let (now, reporter) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        let (id, details) = (body.data.subject_id, body.data.details.as_deref());
        if subject == ReportSubject::User {
            expect_user(tx, UserId(id)).await?;
        }
        let report = catalog::submit_report(tx, now, reporter, subject, id, reason, details).await?;
        Ok(Created::new(ReportView::from(report)))
    };
    idempotency.run(&state, principal, &body.raw, work).await
}

/// Reports of a status, newest first
#[api_v2_operation(operation_id = "list_reports")]
async fn list(
    state: AppState,
    principal: Principal,
    params: Params<ReportParams>,
) -> Result<Ok200<PageView<ReportView>>, Problem> {
    let mut conn = state.conn().await?;
    require_admin(&mut conn, principal).await?;
    let status = params.0.status.as_deref().map_or(Ok(ReportStatus::Open), ReportStatus::parse);
    let status = status.map_err(|error| Problem::in_query(error.at("status")))?;
    let paging = Paging::read(&state.cursors, "reports", &params.0)?;
    let page = catalog::list_reports(&mut conn, status, paging.after, paging.limit).await?;
    Ok(Ok200::new(paging.view(page, ReportView::from)?))
}

/// Closes a report after something was done
///
/// Problems: `report_decided`.
#[api_v2_operation(operation_id = "resolve_report")]
async fn resolve(
    state: AppState,
    principal: Principal,
    id: Id<ReportId>,
    body: Body<DecideReportBody>,
) -> Result<Ok200<ReportView>, Problem> {
    decide(&state, principal, id.0, ReportStatus::Resolved, &body.data).await
}

/// Closes a report because nothing had to be done
///
/// Problems: `report_decided`.
#[api_v2_operation(operation_id = "dismiss_report")]
async fn dismiss(
    state: AppState,
    principal: Principal,
    id: Id<ReportId>,
    body: Body<DecideReportBody>,
) -> Result<Ok200<ReportView>, Problem> {
    decide(&state, principal, id.0, ReportStatus::Dismissed, &body.data).await
}

async fn decide(
    state: &AppState,
    principal: Principal,
    id: ReportId,
    status: ReportStatus,
    body: &DecideReportBody,
) -> Result<Ok200<ReportView>, Problem> {
    let (now, admin) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        require_admin(tx, principal).await?;
        Ok(catalog::resolve_report(tx, now, admin, id, status, &body.resolution).await?)
    };
    Ok(Ok200::new(ReportView::from(state.transact(work).await?)))
}

async fn expect_user(conn: &mut Conn, user: UserId) -> Result<(), Problem> {
    match accounts::find_account(conn, user).await {
        Ok(_account) => Ok(()),
        Err(AccountsError::UserNotFound) => {
            Err(FieldError::new(InvalidCode::Unknown, "there is no such user").at("subject_id").into())
        }
        Err(error) => Err(error.into()),
    }
}

impl CreateReportBody {
    fn read(&self) -> Result<(ReportSubject, ReportReason), Problem> {
        let mut fields = Fields::default();
        let subject = fields.take("subject_type", ReportSubject::parse(&self.subject_type));
        let reason = fields.take("reason", ReportReason::parse(&self.reason));
        let (Some(subject), Some(reason)) = (subject, reason) else { return Err(unread(fields)) };
        Ok((subject, reason))
    }
}

impl From<Report> for ReportView {
    fn from(report: Report) -> Self {
        Self {
            id: report.id.0,
            reporter_id: report.reporter_id.0,
            subject_type: report.subject.as_str().to_owned(),
            subject_id: report.subject_id,
            reason: report.reason.as_str().to_owned(),
            details: report.details,
            status: report.status.as_str().to_owned(),
            resolution: report.resolution,
            created_at: report.created_at,
        }
    }
}
