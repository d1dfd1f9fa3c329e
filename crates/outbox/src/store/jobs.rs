//! Jobs and schedules.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::JobId;
use serde_json::Value;
use uuid::Uuid;

use crate::origin::current_trace_parent;
use crate::recorder::{Ending, Outcome};
use crate::schema::{job_schedules, jobs};
use crate::{Backlog, Dispatch, Due, current_request_id};

/// A job that this process has promised to do: see [`Executor::perform`](crate::Executor::perform).
#[derive(QueryableByName, Debug)]
pub struct LeasedJob {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) id: Uuid,
    #[diesel(sql_type = Text)]
    pub(crate) name: String,
    #[diesel(sql_type = Jsonb)]
    pub(crate) payload: Value,
    #[diesel(sql_type = Integer)]
    /// This one included.
    pub(crate) attempts: i32,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) request_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) trace_parent: Option<String>,
}

impl LeasedJob {
    /// Which job.
    #[must_use]
    pub fn id(&self) -> JobId {
        JobId(self.id)
    }

    pub(crate) fn lease(&self) -> Lease {
        Lease { id: self.id, attempts: self.attempts }
    }
}

/// The right to a job. No two leases of a job have the same number of attempts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Lease {
    pub id: Uuid,
    pub attempts: i32,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct TakenRow {
    #[diesel(sql_type = Bool)]
    enough: bool,
    /// None in the only row where nothing was taken.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    request_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    trace_parent: Option<String>,
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
    sql("INSERT INTO jobs (name, run_at, request_id, trace_parent, created_at, id, payload) \
         SELECT $1, $2, $3, $4, $5, id, payload FROM unnest($6, $7) AS job(id, payload)")
    .bind::<Text, _>(name)
    .bind::<Timestamptz, _>(run_at)
    .bind::<Nullable<Text>, _>(current_request_id())
    .bind::<Nullable<Text>, _>(current_trace_parent())
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(&ids)
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
         RETURNING jobs.id, name, payload, attempts, request_id, trace_parent")
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Text>, _>(names)
    .bind::<BigInt, _>(many(limit))
    .bind::<Timestamptz, _>(until)
    .load(conn)
    .await
}

/// The job, if this is still its lease.
#[diesel::dsl::auto_type]
fn leased(lease: Lease) -> _ {
    let (id, attempts): (Uuid, i32) = (lease.id, lease.attempts);
    jobs::table.filter(jobs::id.eq(id).and(jobs::state.eq("leased")).and(jobs::attempts.eq(attempts)))
}

/// Records that a job is done; false when the lease was lost meanwhile.
pub(crate) async fn finish_job(tx: &mut Conn, lease: Lease, now: DateTime<Utc>) -> QueryResult<bool> {
    let finished = diesel::update(leased(lease))
        .set((
            jobs::state.eq("done"),
            jobs::finished_at.eq(now),
            jobs::leased_until.eq(None::<DateTime<Utc>>),
            jobs::last_error.eq(None::<String>),
        ))
        .execute(tx)
        .await?;
    Ok(finished == 1)
}

/// Records how attempts have ended, all in one statement; false for each whose lease was lost meanwhile.
pub(crate) async fn end_jobs(
    conn: &mut Conn,
    now: DateTime<Utc>,
    endings: &[Ending],
) -> QueryResult<Vec<bool>> {
    let ids: Vec<_> = endings.iter().map(|ending| ending.lease.id).collect();
    let attempts: Vec<_> = endings.iter().map(|ending| ending.lease.attempts).collect();
    let ends: Vec<_> = endings.iter().map(|ending| End::of(&ending.outcome)).collect();
    // Locked in one order, so that two who record the same jobs do not wait for each other.
    let recorded: Vec<IdRow> = sql("WITH ended AS MATERIALIZED ( \
             SELECT jobs.id, e.state, e.run_at, e.failure \
             FROM unnest($1, $2, $3, $4, $5) AS e(id, attempts, state, run_at, failure) \
             JOIN jobs ON jobs.id = e.id AND jobs.attempts = e.attempts AND jobs.state = 'leased' \
             ORDER BY jobs.id FOR NO KEY UPDATE OF jobs) \
         UPDATE jobs SET state = ended.state, run_at = coalesce(ended.run_at, jobs.run_at), leased_until = NULL, \
                         finished_at = CASE WHEN ended.state = 'queued' THEN NULL ELSE $6 END, \
                         last_error = ended.failure \
         FROM ended WHERE jobs.id = ended.id RETURNING jobs.id")
    .bind::<Array<SqlUuid>, _>(&ids)
    .bind::<Array<Integer>, _>(attempts)
    .bind::<Array<Text>, _>(ends.iter().map(|end| end.state).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(ends.iter().map(|end| end.run_at).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(ends.iter().map(|end| end.failure).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await?;
    let recorded: HashSet<Uuid> = recorded.into_iter().map(|row| row.id).collect();
    Ok(ids.iter().map(|id| recorded.contains(id)).collect())
}

/// An outcome as the columns have it.
struct End<'a> {
    state: &'static str,
    run_at: Option<DateTime<Utc>>,
    failure: Option<&'a str>,
}

impl<'a> End<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        match outcome {
            Outcome::Done => Self { state: "done", run_at: None, failure: None },
            Outcome::Again { run_at, failure } => {
                Self { state: "queued", run_at: Some(*run_at), failure: Some(failure) }
            }
            Outcome::Dead { failure } => Self { state: "dead", run_at: None, failure: Some(failure) },
        }
    }
}

/// Keeps a job that is being worked on until `until`; false when the lease was lost.
pub(crate) async fn renew_lease(conn: &mut Conn, lease: Lease, until: DateTime<Utc>) -> QueryResult<bool> {
    let renewed = diesel::update(leased(lease)).set(jobs::leased_until.eq(until)).execute(conn).await?;
    Ok(renewed == 1)
}

/// Puts back the jobs whose runner has gone without a word, and those that were sent before `sent_before`.
pub(crate) async fn release_lost_jobs(
    conn: &mut Conn,
    now: DateTime<Utc>,
    sent_before: DateTime<Utc>,
) -> QueryResult<usize> {
    sql("UPDATE jobs SET state = 'queued', leased_until = NULL, sent_at = NULL, \
             last_error = CASE WHEN state = 'leased' THEN 'the runner went away' ELSE last_error END \
         WHERE state = 'leased' AND leased_until < $1 OR state = 'sent' AND sent_at < $2")
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(sent_before)
    .execute(conn)
    .await
}

/// Marks up to `limit` due jobs whose names are in `names` as sent, unless `most` are. No two processes take the same.
pub(crate) async fn take_due_jobs(
    conn: &mut Conn,
    names: &[&str],
    now: DateTime<Utc>,
    limit: usize,
    most: usize,
) -> QueryResult<Due> {
    let rows: Vec<TakenRow> =
        sql("WITH sent AS MATERIALIZED (SELECT count(*) >= $1 AS enough FROM jobs WHERE state = 'sent'), \
         due AS MATERIALIZED ( \
             SELECT id FROM jobs WHERE state = 'queued' AND run_at <= $2 AND name = ANY($3) \
               AND NOT (SELECT enough FROM sent) \
             ORDER BY run_at, id LIMIT $4 FOR UPDATE SKIP LOCKED), \
         taken AS (UPDATE jobs SET state = 'sent', sent_at = $2 FROM due WHERE jobs.id = due.id \
             RETURNING jobs.id, request_id, trace_parent) \
         SELECT enough, id, request_id, trace_parent FROM sent LEFT JOIN taken ON true")
        .bind::<BigInt, _>(many(most))
        .bind::<Timestamptz, _>(now)
        .bind::<Array<Text>, _>(names)
        .bind::<BigInt, _>(many(limit))
        .load(conn)
        .await?;
    if rows.iter().any(|row| row.enough) {
        return Ok(Due::Later);
    }
    let taken = rows.into_iter().filter_map(|row| {
        let TakenRow { id, request_id, trace_parent, .. } = row;
        Some(Dispatch { id: JobId(id?), request_id, trace_parent })
    });
    Ok(Due::Now(taken.collect()))
}

/// Marks jobs as not sent after all, unless somebody has begun them.
pub(crate) async fn put_back_jobs(conn: &mut Conn, ids: &[JobId]) -> QueryResult<usize> {
    sql("UPDATE jobs SET state = 'queued', sent_at = NULL WHERE id = ANY($1) AND state = 'sent'")
        .bind::<Array<SqlUuid>, _>(ids)
        .execute(conn)
        .await
}

/// Takes those of the jobs `ids` that nobody has and that are due.
pub(crate) async fn lease_jobs(
    conn: &mut Conn,
    names: &[&str],
    ids: &[JobId],
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> QueryResult<Vec<LeasedJob>> {
    // By id alone: statistics from when the queue was short would have all that waits read for the sake of a few.
    sql("WITH told AS MATERIALIZED ( \
             SELECT id, name, state, run_at FROM jobs WHERE id = ANY($1) ORDER BY id FOR UPDATE) \
         UPDATE jobs SET state = 'leased', leased_until = $2, sent_at = NULL, attempts = attempts + 1 \
         FROM told WHERE jobs.id = told.id AND told.name = ANY($3) \
           AND (told.state = 'sent' OR told.state = 'queued' AND told.run_at <= $4) \
         RETURNING jobs.id, jobs.name, payload, attempts, request_id, trace_parent")
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Timestamptz, _>(until)
    .bind::<Array<Text>, _>(names)
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await
}

fn many(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// See [`crate::backlog`].
pub(crate) async fn load_backlog(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Backlog> {
    let row: BacklogRow = sql("SELECT \
         (SELECT count(*) FROM jobs WHERE state = 'queued' AND run_at <= $1) AS due_jobs, \
         (SELECT count(*) FROM jobs WHERE state = 'sent') AS sent_jobs, \
         (SELECT count(*) FROM jobs WHERE state = 'leased') AS leased_jobs, \
         (SELECT count(*) FROM jobs WHERE state = 'dead') AS dead_jobs, \
         (SELECT greatest(0, extract(epoch FROM $1 - min(run_at)))::bigint FROM jobs WHERE state = 'queued') \
             AS oldest_due_seconds, \
         (SELECT count(*) FROM events WHERE position IS NULL) AS unsequenced_events, \
         (SELECT greatest(0, max(e.last_position - s.last_position)) \
             FROM event_subscriptions s, event_sequence e) AS subscriber_lag, \
         (SELECT count(*) FROM event_subscriptions WHERE failures > 0) AS blocked_subscribers")
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await?;
    Ok(Backlog {
        due_jobs: row.due_jobs,
        sent_jobs: row.sent_jobs,
        leased_jobs: row.leased_jobs,
        dead_jobs: row.dead_jobs,
        oldest_due_seconds: row.oldest_due_seconds.unwrap_or_default(),
        unsequenced_events: row.unsequenced_events,
        subscriber_lag: row.subscriber_lag.unwrap_or_default(),
        blocked_subscribers: row.blocked_subscribers,
    })
}

#[derive(QueryableByName)]
struct BacklogRow {
    #[diesel(sql_type = BigInt)]
    due_jobs: i64,
    #[diesel(sql_type = BigInt)]
    sent_jobs: i64,
    #[diesel(sql_type = BigInt)]
    leased_jobs: i64,
    #[diesel(sql_type = BigInt)]
    dead_jobs: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    oldest_due_seconds: Option<i64>,
    #[diesel(sql_type = BigInt)]
    unsequenced_events: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    subscriber_lag: Option<i64>,
    #[diesel(sql_type = BigInt)]
    blocked_subscribers: i64,
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
