//! Events, their numbering and how far subscribers have read.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::origin::current_trace_parent;
use crate::registry::Beginning;
use crate::schema::{event_sequence, event_subscriptions, events};
use crate::{Event, FeedEvent, current_request_id};

#[derive(Queryable, Selectable)]
#[diesel(table_name = events)]
struct EventRow {
    position: Option<i64>,
    kind: String,
    subject_type: String,
    subject_id: Uuid,
    actor: Value,
    data: Value,
    request_id: Option<String>,
    trace_parent: Option<String>,
    occurred_at: DateTime<Utc>,
}

impl TryFrom<EventRow> for FeedEvent {
    type Error = diesel::result::Error;

    fn try_from(row: EventRow) -> Result<Self, Self::Error> {
        Ok(Self {
            position: row.position.unwrap_or_default(),
            kind: row.kind,
            subject_type: row.subject_type,
            subject_id: row.subject_id,
            actor: serde_json::from_value(row.actor)
                .map_err(|error| diesel::result::Error::DeserializationError(error.into()))?,
            data: row.data,
            request_id: row.request_id,
            trace_parent: row.trace_parent,
            occurred_at: row.occurred_at,
        })
    }
}

#[derive(QueryableByName)]
struct Numbered {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Inserts the facts in their order, in a statement whose text does not depend on how many they are.
pub(crate) async fn insert_events(tx: &mut Conn, now: DateTime<Utc>, facts: Vec<Event>) -> QueryResult<()> {
    let actors = facts.iter().map(|fact| serde_json::to_value(fact.actor)).collect::<Result<Vec<_>, _>>();
    let actors = actors.map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    let kinds: Vec<_> = facts.iter().map(|fact| fact.kind).collect();
    let subject_types: Vec<_> = facts.iter().map(|fact| fact.subject_type).collect();
    let subject_ids: Vec<_> = facts.iter().map(|fact| fact.subject_id).collect();
    let data: Vec<_> = facts.iter().map(|fact| &fact.data).collect();
    sql("INSERT INTO events (kind, subject_type, subject_id, actor, data, request_id, trace_parent, occurred_at) \
         SELECT kind, subject_type, subject_id, actor, data, $1, $2, $3 \
         FROM unnest($4, $5, $6, $7, $8) WITH ORDINALITY \
              AS fact(kind, subject_type, subject_id, actor, data, place) ORDER BY place")
    .bind::<Nullable<Text>, _>(current_request_id())
    .bind::<Nullable<Text>, _>(current_trace_parent())
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Text>, _>(kinds)
    .bind::<Array<Text>, _>(subject_types)
    .bind::<Array<diesel::sql_types::Uuid>, _>(subject_ids)
    .bind::<Array<Jsonb>, _>(actors)
    .bind::<Array<Jsonb>, _>(data)
    .execute(tx)
    .await?;
    Ok(())
}

/// Becomes the sequencer for the rest of the transaction, unless somebody else is.
pub(crate) async fn lock_sequence(tx: &mut Conn) -> QueryResult<bool> {
    let row: Option<i64> = event_sequence::table
        .select(event_sequence::last_position)
        .for_update()
        .skip_locked()
        .first(tx)
        .await
        .optional()?;
    Ok(row.is_some())
}

/// Numbers up to `limit` visible facts, the oldest first; returns how many. A statement of its own
/// after [`lock_sequence`], so that its snapshot includes everything that the sequencer before this
/// one committed.
pub(crate) async fn number_visible_events(tx: &mut Conn, limit: usize) -> QueryResult<usize> {
    let numbered: Option<Numbered> =
        sql("WITH fresh AS (SELECT id, row_number() OVER (ORDER BY id) AS step \
                       FROM events WHERE position IS NULL ORDER BY id LIMIT $1), \
         numbered AS (UPDATE events SET position = s.last_position + fresh.step \
                      FROM fresh, event_sequence s WHERE events.id = fresh.id RETURNING 1) \
         UPDATE event_sequence SET last_position = last_position + n.count \
         FROM (SELECT count(*) AS count FROM numbered) n WHERE n.count > 0 RETURNING n.count")
        .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
        .get_result(tx)
        .await
        .optional()?;
    Ok(numbered.map_or(0, |row| usize::try_from(row.count).unwrap_or_default()))
}

/// Whether a fact waits for its position.
pub(crate) async fn has_unsequenced_events(conn: &mut Conn) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(events::table.filter(events::position.is_null())))
        .get_result(conn)
        .await
}

pub(crate) async fn newest_position(conn: &mut Conn) -> QueryResult<i64> {
    event_sequence::table.select(event_sequence::last_position).first(conn).await
}

pub(crate) async fn list_events_after(
    conn: &mut Conn,
    position: i64,
    limit: i64,
) -> QueryResult<Vec<FeedEvent>> {
    let rows: Vec<EventRow> = events::table
        .filter(events::position.gt(position))
        .order(events::position)
        .limit(limit)
        .select(EventRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(FeedEvent::try_from).collect()
}

pub(crate) async fn list_events_of(
    conn: &mut Conn,
    subject_type: &str,
    subject_id: Uuid,
) -> QueryResult<Vec<FeedEvent>> {
    let rows: Vec<EventRow> = events::table
        .filter(events::subject_type.eq(subject_type).and(events::subject_id.eq(subject_id)))
        .order(events::id)
        .select(EventRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(FeedEvent::try_from).collect()
}

/// Whether a subscriber is not waiting for its next try.
#[diesel::dsl::auto_type]
fn is_due(now: DateTime<Utc>) -> _ {
    event_subscriptions::retry_at.is_null().or(event_subscriptions::retry_at.le(now))
}

/// Makes the subscriber known; one that is known stays where it is.
pub(crate) async fn insert_subscription(
    conn: &mut Conn,
    name: &str,
    beginning: Beginning,
) -> QueryResult<()> {
    sql("INSERT INTO event_subscriptions (name, last_position) \
         SELECT $1, CASE WHEN $2 THEN last_position ELSE 0 END FROM event_sequence \
         ON CONFLICT DO NOTHING")
    .bind::<Text, _>(name)
    .bind::<Bool, _>(beginning == Beginning::Now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Which of the subscribers `names` have facts to read and are not waiting for their next try.
pub(crate) async fn list_subscriptions_behind(
    conn: &mut Conn,
    names: &[&str],
    now: DateTime<Utc>,
) -> QueryResult<Vec<String>> {
    let newest = event_sequence::table.select(event_sequence::last_position).single_value();
    event_subscriptions::table
        .filter(event_subscriptions::name.eq_any(names))
        .filter(event_subscriptions::last_position.nullable().lt(newest))
        .filter(is_due(now))
        .select(event_subscriptions::name)
        .load(conn)
        .await
}

/// The subscriber's place, held for the rest of the transaction; none while another runner has it or
/// its next try is not due.
pub(crate) async fn lock_subscription(
    tx: &mut Conn,
    name: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<i64>> {
    event_subscriptions::table
        .find(name)
        .filter(is_due(now))
        .select(event_subscriptions::last_position)
        .for_update()
        .skip_locked()
        .first(tx)
        .await
        .optional()
}

pub(crate) async fn advance_subscription(tx: &mut Conn, name: &str, position: i64) -> QueryResult<()> {
    diesel::update(event_subscriptions::table.find(name))
        .set((
            event_subscriptions::last_position.eq(position),
            event_subscriptions::failures.eq(0),
            event_subscriptions::retry_at.eq(None::<DateTime<Utc>>),
            event_subscriptions::last_error.eq(None::<String>),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn fail_subscription(
    conn: &mut Conn,
    name: &str,
    retry_at: DateTime<Utc>,
    failure: &str,
) -> QueryResult<()> {
    diesel::update(event_subscriptions::table.find(name))
        .set((
            event_subscriptions::failures.eq(event_subscriptions::failures + 1),
            event_subscriptions::retry_at.eq(retry_at),
            event_subscriptions::last_error.eq(failure),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
