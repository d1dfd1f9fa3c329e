//! What the checks of the outbox ask. Each statement selects an `example` for every breach.

use chrono::{DateTime, Utc};
use db::{Conn, Sql, sql};
use diesel::QueryResult;
use diesel::sql_types::{Bool, Text, Timestamptz};
use diesel_async::RunQueryDsl;

#[derive(diesel::QueryableByName)]
struct Settled {
    #[diesel(sql_type = Bool)]
    settled: bool,
}

pub(crate) fn gaps() -> Sql<'static> {
    sql("SELECT format('%s follows %s', position, before) AS example \
         FROM (SELECT position, lag(position, 1, 0::bigint) OVER (ORDER BY position) AS before \
               FROM events WHERE position IS NOT NULL) given \
         WHERE position <> before + 1")
}

pub(crate) fn wrong_sequence() -> Sql<'static> {
    sql(
        "SELECT format('the last position given is %s, the greatest %s', last_position, greatest) AS example \
         FROM event_sequence, (SELECT coalesce(max(position), 0) AS greatest FROM events) given \
         WHERE last_position <> greatest",
    )
}

pub(crate) fn unsequenced(before: DateTime<Utc>) -> Sql<'static> {
    sql("SELECT format('%s %s, id %s', kind, subject_id, id) AS example FROM events \
         WHERE position IS NULL AND occurred_at < $1")
    .bind::<Timestamptz, _>(before)
}

pub(crate) fn blocked_subscribers() -> Sql<'static> {
    sql(
        "SELECT format('%s after position %s, %s times: %s', name, last_position, failures, left(last_error, 300)) AS example \
         FROM event_subscriptions WHERE failures > 0",
    )
}

pub(crate) fn lagging_subscribers(before: DateTime<Utc>) -> Sql<'static> {
    sql("SELECT format('%s at position %s of %s', s.name, s.last_position, e.last_position) AS example \
         FROM event_subscriptions s, event_sequence e \
         WHERE s.failures = 0 AND s.last_position < e.last_position \
         AND (SELECT occurred_at FROM events WHERE position > s.last_position ORDER BY position LIMIT 1) < $1")
    .bind::<Timestamptz, _>(before)
}

pub(crate) fn subscribers_ahead() -> Sql<'static> {
    sql("SELECT format('%s at position %s of %s', s.name, s.last_position, e.last_position) AS example \
         FROM event_subscriptions s, event_sequence e WHERE s.last_position > e.last_position")
}

pub(crate) fn dead_jobs() -> Sql<'static> {
    sql("SELECT format('%s %s: %s', name, id, left(last_error, 300)) AS example FROM jobs \
         WHERE state = 'dead' AND name NOT IN (SELECT name FROM job_schedules)")
}

pub(crate) fn failed_rounds() -> Sql<'static> {
    sql("SELECT format('%s at %s: %s', name, finished_at, left(last_error, 300)) AS example \
         FROM (SELECT DISTINCT ON (name) name, state, finished_at, last_error FROM jobs \
               WHERE state IN ('done', 'dead') AND name IN (SELECT name FROM job_schedules) \
               ORDER BY name, finished_at DESC) latest \
         WHERE state = 'dead'")
}

pub(crate) fn overdue_jobs(before: DateTime<Utc>) -> Sql<'static> {
    sql("SELECT format('%s %s, due at %s', name, id, run_at) AS example FROM jobs \
         WHERE state = 'queued' AND run_at < $1")
    .bind::<Timestamptz, _>(before)
}

pub(crate) fn lost_jobs(before: DateTime<Utc>, sent_before: DateTime<Utc>) -> Sql<'static> {
    sql("SELECT format('%s %s, %s %s', name, id, state, coalesce(leased_until, sent_at)) AS example FROM jobs \
         WHERE state = 'leased' AND leased_until < $1 OR state = 'sent' AND sent_at < $2")
    .bind::<Timestamptz, _>(before)
    .bind::<Timestamptz, _>(sent_before)
}

pub(crate) fn stale_answers(before: DateTime<Utc>) -> Sql<'static> {
    sql("SELECT format('%s by %s at %s', route, principal, created_at) AS example FROM idempotency_records \
         WHERE created_at < $1")
    .bind::<Timestamptz, _>(before)
}

pub(crate) async fn is_settled(
    conn: &mut Conn,
    now: DateTime<Utc>,
    subscriber: &str,
    jobs: &str,
) -> QueryResult<bool> {
    let row: Settled = sql("SELECT NOT EXISTS (SELECT 1 FROM events WHERE position IS NULL) \
         AND (SELECT last_position FROM event_sequence) \
             <= coalesce((SELECT last_position FROM event_subscriptions WHERE name = $1), 0) \
         AND NOT EXISTS (SELECT 1 FROM jobs WHERE starts_with(name, $2) \
                         AND (state IN ('sent', 'leased') OR state = 'queued' AND run_at <= $3)) AS settled")
    .bind::<Text, _>(subscriber)
    .bind::<Text, _>(jobs)
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await?;
    Ok(row.settled)
}
