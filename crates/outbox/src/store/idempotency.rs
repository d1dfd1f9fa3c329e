//! Idempotency records.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::idempotency::{IdempotentRequest, StoredAnswer};
use crate::schema::idempotency_records as records;

#[derive(Queryable)]
struct RecordRow {
    fingerprint: Vec<u8>,
    status: Option<i16>,
    headers: Option<Value>,
    body: Option<Vec<u8>>,
}

/// Inserts the key; false when it is taken. Waits for a transaction that is about to take it.
pub(crate) async fn claim_key(
    tx: &mut Conn,
    now: DateTime<Utc>,
    request: &IdempotentRequest,
) -> QueryResult<bool> {
    let inserted = diesel::insert_into(records::table)
        .values((
            records::principal.eq(&request.principal),
            records::route.eq(&request.route),
            records::key.eq(&request.key),
            records::fingerprint.eq(request.fingerprint.as_slice()),
            records::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    Ok(inserted == 1)
}

/// The fingerprint of the request that has the key, and its answer; none when it was purged meanwhile.
pub(crate) async fn load_answer(
    tx: &mut Conn,
    request: &IdempotentRequest,
) -> QueryResult<Option<(Vec<u8>, Option<StoredAnswer>)>> {
    let row: Option<RecordRow> = records::table
        .find((&request.principal, &request.route, &request.key))
        .select((records::fingerprint, records::status, records::headers, records::body))
        .first(tx)
        .await
        .optional()?;
    Ok(row.map(|row| {
        let answer = match (row.status, row.headers, row.body) {
            (Some(status), Some(headers), Some(body)) => {
                Some(StoredAnswer { status: status.unsigned_abs(), headers, body })
            }
            _ => None,
        };
        (row.fingerprint, answer)
    }))
}

pub(crate) async fn store_answer(
    tx: &mut Conn,
    request: &IdempotentRequest,
    answer: &StoredAnswer,
) -> QueryResult<()> {
    let status = i16::try_from(answer.status)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    diesel::update(records::table.find((&request.principal, &request.route, &request.key)))
        .set((
            records::status.eq(status),
            records::headers.eq(&answer.headers),
            records::body.eq(&answer.body),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn delete_idempotency_records(conn: &mut Conn, before: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(records::table.filter(records::created_at.lt(before))).execute(conn).await
}
