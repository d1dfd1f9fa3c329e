//! Jobs and schedules.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Jsonb, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use kernel::JobId;
use serde_json::Value;
use uuid::Uuid;

use crate::current_request_id;
use crate::schema::{job_schedules, jobs};

/// A job that this process has promised to run.
#[derive(QueryableByName, Debug)]
pub(crate) struct LeasedJob {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Jsonb)]
    pub payload: Value,
    #[diesel(sql_type = Integer)]
    /// This one included. No two leases of a job have the same number.
    pub attempts: i32,
    #[diesel(sql_type = Nullable<Text>)]
    pub request_id: Option<String>,
}

/// Inserts the jobs, in a statement whose text does not depend on how many they are.
pub(crate) async fn insert_jobs(
    tx: &mut Conn,
    name: &str,
    payloads: Vec<Value>,
    now: DateTime<Utc>,
    run_at: DateTime<Utc>,
) -> QueryResult<Vec<JobId>> {
    let ids: Vec<JobId> = payloads.iter().map(|_payload| JobId::new()).collect();
    sql("INSERT INTO jobs (name, run_at, request_id, created_at, id, payload) \
         SELECT $1, $2, $3, $4, id, payload FROM unnest($5, $6) AS job(id, payload)")
    .bind::<Text, _>(name)
    .bind::<Timestamptz, _>(run_at)
    .bind::<Nullable<Text>, _>(current_request_id())
    .bind::<Timestamptz, _>(now)
    .bind::<Array<diesel::sql_types::Uuid>, _>(&ids)
    .bind::<Array<Jsonb>, _>(payloads)
    .execute(tx)
    .await?;
    Ok(ids)
}

/// Takes up to `limit` due jobs whose names are in `names`; no two processes take the same.
pub(crate) async fn lease_due_jobs(
    conn: &mut Conn,
    names: &[&str],
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: usize,
) -> QueryResult<Vec<LeasedJob>> {
    // Materialized, so that the rows are chosen once whatever the plan: a subquery may run again per row.
    sql("WITH due AS MATERIALIZED (SELECT id FROM jobs \
                      WHERE state = 'queued' AND run_at <= $1 AND name = ANY($2) \
                      ORDER BY run_at, id LIMIT $3 FOR UPDATE SKIP LOCKED) \
         UPDATE jobs SET state = 'leased', leased_until = $4, attempts = attempts + 1 \
         FROM due WHERE jobs.id = due.id \
         RETURNING jobs.id, name, payload, attempts, request_id")
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Text>, _>(names)
    .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
    .bind::<Timestamptz, _>(until)
    .load(conn)
    .await
}

/// The job, if the lease that was given with it is still its lease.
#[diesel::dsl::auto_type]
fn leased<'a>(job: &'a LeasedJob) -> _ {
    let (id, attempts): (Uuid, i32) = (job.id, job.attempts);
    jobs::table.filter(jobs::id.eq(id).and(jobs::state.eq("leased")).and(jobs::attempts.eq(attempts)))
}

/// Records that a job is over: done, or dead with the reason; false when the lease was lost meanwhile.
pub(crate) async fn finish_job(
    conn: &mut Conn,
    job: &LeasedJob,
    now: DateTime<Utc>,
    failure: Option<&str>,
) -> QueryResult<bool> {
    let state = if failure.is_some() { "dead" } else { "done" };
    let finished = diesel::update(leased(job))
        .set((
            jobs::state.eq(state),
            jobs::finished_at.eq(now),
            jobs::leased_until.eq(None::<DateTime<Utc>>),
            jobs::last_error.eq(failure),
        ))
        .execute(conn)
        .await?;
    Ok(finished == 1)
}

/// Puts a failed job back, to run again at `run_at`; false when the lease was lost meanwhile.
pub(crate) async fn retry_job(
    conn: &mut Conn,
    job: &LeasedJob,
    run_at: DateTime<Utc>,
    failure: &str,
) -> QueryResult<bool> {
    let put_back = diesel::update(leased(job))
        .set((
            jobs::state.eq("queued"),
            jobs::run_at.eq(run_at),
            jobs::leased_until.eq(None::<DateTime<Utc>>),
            jobs::last_error.eq(failure),
        ))
        .execute(conn)
        .await?;
    Ok(put_back == 1)
}

/// Keeps a job that is being worked on until `until`; false when the lease was lost.
pub(crate) async fn renew_lease(conn: &mut Conn, job: &LeasedJob, until: DateTime<Utc>) -> QueryResult<bool> {
    let renewed = diesel::update(leased(job)).set(jobs::leased_until.eq(until)).execute(conn).await?;
    Ok(renewed == 1)
}

/// Puts back the jobs whose runner has gone without a word.
pub(crate) async fn release_lost_leases(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::update(jobs::table.filter(jobs::state.eq("leased").and(jobs::leased_until.lt(now))))
        .set((
            jobs::state.eq("queued"),
            jobs::leased_until.eq(None::<DateTime<Utc>>),
            jobs::last_error.eq("the runner went away"),
        ))
        .execute(conn)
        .await
}

/// How many jobs are in `state`; for `queued`, only those that are due.
pub(crate) async fn count_jobs(conn: &mut Conn, state: &str, due_by: DateTime<Utc>) -> QueryResult<i64> {
    jobs::table.filter(jobs::state.eq(state).and(jobs::run_at.le(due_by))).count().get_result(conn).await
}

/// Deletes what was over before `before`, but for dead jobs of which no later round does the work.
pub(crate) async fn delete_done_jobs(conn: &mut Conn, before: DateTime<Utc>) -> QueryResult<usize> {
    sql("DELETE FROM jobs WHERE finished_at < $1 \
         AND (state = 'done' OR state = 'dead' AND name IN (SELECT name FROM job_schedules))")
    .bind::<Timestamptz, _>(before)
    .execute(conn)
    .await
}

/// Makes the periodic job known, due for the first time at `first` unless it was known before.
pub(crate) async fn insert_schedule(conn: &mut Conn, name: &str, first: DateTime<Utc>) -> QueryResult<()> {
    diesel::insert_into(job_schedules::table)
        .values((job_schedules::name.eq(name), job_schedules::next_run.eq(first)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Which of the periodic jobs `names` are due.
pub(crate) async fn list_due_schedules(
    conn: &mut Conn,
    names: &[&str],
    now: DateTime<Utc>,
) -> QueryResult<Vec<String>> {
    job_schedules::table
        .filter(job_schedules::name.eq_any(names).and(job_schedules::next_run.le(now)))
        .select(job_schedules::name)
        .load(conn)
        .await
}

/// Moves a due schedule on to `next`; false when it is not due or somebody else has moved it.
pub(crate) async fn claim_schedule(
    tx: &mut Conn,
    name: &str,
    now: DateTime<Utc>,
    next: DateTime<Utc>,
) -> QueryResult<bool> {
    let due = job_schedules::table.filter(job_schedules::name.eq(name).and(job_schedules::next_run.le(now)));
    let moved = diesel::update(due).set(job_schedules::next_run.eq(next)).execute(tx).await?;
    Ok(moved == 1)
}
