//! Appending facts.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::QueryResult;
use kernel::Actor;
use serde_json::Value;
use uuid::Uuid;

use crate::{origin, store};

/// A fact about one subject.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// `resource.verb_in_the_past`, such as `order.paid`.
    pub kind: &'static str,
    /// The kind of thing it is about, such as `order`.
    pub subject_type: &'static str,
    /// The thing it is about.
    pub subject_id: Uuid,
    /// Who made it true.
    pub actor: Actor,
    /// What a reader needs beyond the subject's id, such as `{"from": .., "to": ..}`.
    pub data: Value,
}

/// Appends a fact in the caller's transaction.
pub async fn emit(tx: &mut Conn, now: DateTime<Utc>, event: Event) -> QueryResult<()> {
    emit_all(tx, now, vec![event]).await
}

/// Appends facts, in their order, in one statement.
pub async fn emit_all(tx: &mut Conn, now: DateTime<Utc>, events: Vec<Event>) -> QueryResult<()> {
    if events.is_empty() {
        return Ok(());
    }
    origin::note_work();
    store::insert_events(tx, now, events).await
}
