//! Jobs for the operator.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::JobId;
use serde_json::Value;
use uuid::Uuid;

use crate::schema::jobs;
use crate::{JobFilter, JobRecord, JobState};

#[derive(Queryable, Selectable)]
#[diesel(table_name = jobs)]
struct JobRow {
    id: Uuid,
    name: String,
    payload: Value,
    state: String,
    attempts: i32,
    run_at: DateTime<Utc>,
    leased_until: Option<DateTime<Utc>>,
    last_error: Option<String>,
    request_id: Option<String>,
    trace_parent: Option<String>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl TryFrom<JobRow> for JobRecord {
    type Error = diesel::result::Error;

    fn try_from(row: JobRow) -> Result<Self, Self::Error> {
        let state = JobState::from_name(&row.state);
        let unknown = || format!("jobs.state holds {:?}, which is none", row.state);
        Ok(Self {
            id: JobId(row.id),
            name: row.name,
            payload: row.payload,
            state: state.ok_or_else(|| diesel::result::Error::DeserializationError(unknown().into()))?,
            attempts: row.attempts,
            run_at: row.run_at,
            leased_until: row.leased_until,
            last_error: row.last_error,
            request_id: row.request_id,
            trace_parent: row.trace_parent,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}

pub(crate) async fn list_jobs(
    conn: &mut Conn,
    filter: &JobFilter,
    limit: i64,
) -> QueryResult<Vec<JobRecord>> {
    let mut query = jobs::table.select(JobRow::as_select()).into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(jobs::state.eq(state.as_str()));
    }
    if let Some(name) = &filter.name {
        query = query.filter(jobs::name.eq(name));
    }
    // Ids are made in the order of time.
    let rows: Vec<JobRow> = query.order(jobs::id.desc()).limit(limit).load(conn).await?;
    rows.into_iter().map(JobRecord::try_from).collect()
}

pub(crate) async fn find_job(conn: &mut Conn, id: JobId) -> QueryResult<Option<JobRecord>> {
    let row: Option<JobRow> =
        jobs::table.find(id.0).select(JobRow::as_select()).first(conn).await.optional()?;
    row.map(JobRecord::try_from).transpose()
}

/// Makes a job due now, unless it is done or somebody has it.
pub(crate) async fn requeue_job(conn: &mut Conn, now: DateTime<Utc>, id: JobId) -> QueryResult<bool> {
    let requeued = sql("UPDATE jobs SET state = 'queued', run_at = $1, finished_at = NULL, \
                            attempts = CASE WHEN state = 'dead' THEN 0 ELSE attempts END \
                        WHERE id = $2 AND state IN ('queued', 'dead')")
    .bind::<Timestamptz, _>(now)
    .bind::<SqlUuid, _>(id)
    .execute(conn)
    .await?;
    Ok(requeued == 1)
}

/// Puts back what is dead and not a round of periodic work. Whoever ran its last attempt is long gone, so numbers of
/// attempts may begin anew.
pub(crate) async fn requeue_dead_jobs(
    conn: &mut Conn,
    now: DateTime<Utc>,
    name: Option<&str>,
) -> QueryResult<usize> {
    sql("UPDATE jobs SET state = 'queued', attempts = 0, run_at = $1, finished_at = NULL \
         WHERE state = 'dead' AND name NOT IN (SELECT name FROM job_schedules) AND name = coalesce($2, name)")
    .bind::<Timestamptz, _>(now)
    .bind::<Nullable<Text>, _>(name)
    .execute(conn)
    .await
}
