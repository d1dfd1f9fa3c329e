//! Reading the facts in their one order.
//!
//! An id is taken at insert, but a row becomes visible at commit, so a reader of ids would skip rows
//! that commit late. Positions are therefore given **after** commit: whoever is about to read first
//! lets [`sequence`] number what has become visible. One sequencer works at a time, and its
//! numbering is committed before the next begins, so positions appear in order and without gaps.
//! Facts of transactions that did not overlap keep their order in time.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::QueryResult;
use diesel_async::AsyncConnection;
use kernel::Actor;
use serde_json::Value;
use uuid::Uuid;

use crate::store;

/// A fact with its place in the feed.
#[derive(Clone, PartialEq, Debug)]
pub struct FeedEvent {
    /// 1, 2, 3, ... without gaps.
    pub position: i64,
    /// Such as `order.paid`.
    pub kind: String,
    /// Such as `order`.
    pub subject_type: String,
    /// The thing it is about.
    pub subject_id: Uuid,
    /// Who made it true.
    pub actor: Actor,
    /// See [`crate::Event::data`].
    pub data: Value,
    /// The request it came from.
    pub request_id: Option<String>,
    /// The work that made it true, as [`TraceParent`](crate::TraceParent) writes it.
    pub trace_parent: Option<String>,
    /// When it became true.
    pub occurred_at: DateTime<Utc>,
}

/// How many facts are numbered in one transaction, so that a long backlog cannot outlast a statement.
const NUMBERED_AT_ONCE: usize = 10_000;

/// Gives positions to the facts that have become visible, unless somebody else is at it; returns how
/// many. Must not run inside another transaction, which would hold the sequencer's lock.
pub async fn sequence(conn: &mut Conn) -> QueryResult<usize> {
    // Most callers find nothing to do, and learn it without the lock.
    if !store::has_unsequenced_events(conn).await? {
        return Ok(0);
    }
    let mut total = 0;
    loop {
        let numbered = conn
            .transaction(async |tx| {
                if !store::lock_sequence(tx).await? {
                    return Ok(0);
                }
                store::number_visible_events(tx, NUMBERED_AT_ONCE).await
            })
            .await?;
        total += numbered;
        if numbered < NUMBERED_AT_ONCE {
            return QueryResult::Ok(total);
        }
    }
}

/// Up to `limit` facts after `position`, in order.
pub async fn read(conn: &mut Conn, position: i64, limit: i64) -> QueryResult<Vec<FeedEvent>> {
    store::list_events_after(conn, position, limit).await
}

/// The position of the newest fact that has one; 0 before the first.
pub async fn newest(conn: &mut Conn) -> QueryResult<i64> {
    store::newest_position(conn).await
}

/// Everything that happened to one subject, oldest first, whether or not it has a position yet
/// (`position` is 0 until then).
pub async fn timeline(conn: &mut Conn, subject_type: &str, subject_id: Uuid) -> QueryResult<Vec<FeedEvent>> {
    store::list_events_of(conn, subject_type, subject_id).await
}
