//! Mail and text messages.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{MessageId, UserId};
use serde_json::Value;

use crate::schema::notification_messages as messages;
use crate::store::unreadable;
use crate::{Channel, Content, Kind, MessageState, MessageStatus};

/// A message that is not in the database yet.
pub(crate) struct NewMessage<'a> {
    pub id: MessageId,
    pub cause: &'a str,
    pub kind: Kind,
    pub channel: Channel,
    pub recipient: String,
    pub user_id: Option<UserId>,
    pub address: &'a str,
    pub display_name: &'a str,
    pub content: Value,
}

/// A message that this process has promised to send.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub id: MessageId,
    pub channel: Channel,
    pub user_id: Option<UserId>,
    pub address: String,
    pub display_name: String,
    /// None where it can no longer be read.
    pub content: Option<Content>,
    pub created_at: DateTime<Utc>,
    /// This attempt included.
    pub attempts: i32,
}

#[derive(diesel::QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: MessageId,
}

#[derive(diesel::QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = SqlUuid)]
    id: MessageId,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    user_id: Option<UserId>,
    #[diesel(sql_type = Nullable<Text>)]
    address: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    display_name: Option<String>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    content: Option<Value>,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
struct StatusRow {
    id: MessageId,
    kind: String,
    channel: String,
    state: String,
    attempts: i32,
    failure: Option<String>,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl TryFrom<StatusRow> for MessageStatus {
    type Error = diesel::result::Error;

    fn try_from(row: StatusRow) -> Result<Self, Self::Error> {
        Ok(Self {
            id: row.id,
            kind: Kind::from_word(&row.kind).ok_or_else(|| unreadable(&row.kind))?,
            channel: Channel::from_word(&row.channel).ok_or_else(|| unreadable(&row.channel))?,
            state: MessageState::from_word(&row.state).ok_or_else(|| unreadable(&row.state))?,
            attempts: row.attempts,
            failure: row.failure,
            created_at: row.created_at,
            ended_at: row.ended_at,
        })
    }
}

/// Inserts what is not there yet, and says which that is.
pub(crate) async fn insert(
    tx: &mut Conn,
    now: DateTime<Utc>,
    new: Vec<NewMessage<'_>>,
) -> QueryResult<Vec<MessageId>> {
    let statement = sql("INSERT INTO notification_messages \
             (created_at, id, cause, kind, channel, recipient, user_id, address, display_name, secret, content) \
         SELECT $1, id, cause, kind, channel, recipient, user_id, address, display_name, secret, content \
         FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
              AS new(id, cause, kind, channel, recipient, user_id, address, display_name, secret, content) \
         ORDER BY cause, kind, recipient, channel \
         ON CONFLICT ON CONSTRAINT notification_messages_once DO NOTHING RETURNING id")
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(new.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(new.iter().map(|row| row.cause).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(new.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(new.iter().map(|row| row.channel.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(new.iter().map(|row| row.recipient.clone()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(new.iter().map(|row| row.user_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(new.iter().map(|row| row.address).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(new.iter().map(|row| row.display_name).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(new.iter().map(|row| row.kind.is_secret()).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(new.into_iter().map(|row| row.content).collect::<Vec<_>>());
    let rows: Vec<IdRow> = statement.load(tx).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Takes a message to send it, until `until`; none when it needs no sending, or somebody else has it.
pub(crate) async fn claim(
    conn: &mut Conn,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    id: MessageId,
) -> QueryResult<Option<Claimed>> {
    let row: Option<ClaimedRow> = sql("UPDATE notification_messages SET attempts = attempts + 1, claimed_until = $1 \
         WHERE id = $2 AND state IN ('pending', 'given_up') AND (claimed_until IS NULL OR claimed_until <= $3) \
         RETURNING id, channel, user_id, address, display_name, content, created_at, attempts")
    .bind::<Timestamptz, _>(until)
    .bind::<SqlUuid, _>(id)
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await
    .optional()?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Claimed {
        id: row.id,
        channel: Channel::from_word(&row.channel).ok_or_else(|| unreadable(&row.channel))?,
        user_id: row.user_id,
        address: row.address.unwrap_or_default(),
        display_name: row.display_name.unwrap_or_default(),
        content: row.content.and_then(|content| serde_json::from_value(content).ok()),
        created_at: row.created_at,
        attempts: row.attempts,
    }))
}

/// Until when somebody has a message, none where nobody does; none at all where it needs no sending.
pub(crate) async fn find_claim(conn: &mut Conn, id: MessageId) -> QueryResult<Option<Option<DateTime<Utc>>>> {
    let unsent = messages::table.find(id).filter(messages::state.eq_any(["pending", "given_up"]));
    unsent.select(messages::claimed_until).first(conn).await.optional()
}

/// How a message stands.
pub(crate) async fn find(conn: &mut Conn, id: MessageId) -> QueryResult<Option<MessageStatus>> {
    let row: Option<StatusRow> =
        messages::table.find(id).select(StatusRow::as_select()).first(conn).await.optional()?;
    row.map(MessageStatus::try_from).transpose()
}

/// Records that a message has ended, and forgets what it would have opened. What was sent stays sent, whatever is found
/// out later.
pub(crate) async fn end(
    conn: &mut Conn,
    now: DateTime<Utc>,
    id: MessageId,
    state: MessageState,
    failure: Option<&str>,
) -> QueryResult<()> {
    sql("UPDATE notification_messages SET state = $1, failure = $2, ended_at = $3, claimed_until = NULL, \
                content = CASE WHEN secret THEN NULL ELSE content END \
         WHERE id = $4 AND state <> 'sent'")
    .bind::<Text, _>(state.as_str())
    .bind::<Nullable<Text>, _>(failure)
    .bind::<Timestamptz, _>(now)
    .bind::<SqlUuid, _>(id)
    .execute(conn)
    .await?;
    Ok(())
}

/// Records that an attempt failed; where it was the last, the message is given up.
pub(crate) async fn fail(
    conn: &mut Conn,
    now: DateTime<Utc>,
    id: MessageId,
    was_last: bool,
    failure: &str,
) -> QueryResult<()> {
    sql("UPDATE notification_messages SET failure = $1, claimed_until = NULL, \
                state = CASE WHEN $2 THEN 'given_up' ELSE state END, \
                ended_at = CASE WHEN $2 THEN $3 ELSE ended_at END \
         WHERE id = $4 AND state IN ('pending', 'given_up')")
    .bind::<Text, _>(failure)
    .bind::<Bool, _>(was_last)
    .bind::<Timestamptz, _>(now)
    .bind::<SqlUuid, _>(id)
    .execute(conn)
    .await?;
    Ok(())
}

/// Calls off what was told for a cause and has not been sent.
pub(crate) async fn cancel(tx: &mut Conn, now: DateTime<Utc>, cause: &str) -> QueryResult<usize> {
    sql("UPDATE notification_messages SET state = 'cancelled', ended_at = $1, claimed_until = NULL, \
                content = CASE WHEN secret THEN NULL ELSE content END \
         WHERE cause = $2 AND state IN ('pending', 'given_up')")
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(cause)
    .execute(tx)
    .await
}

/// Forgets what up to `limit` messages said that ended before `before`, and where they went; what would open something
/// and was never sent, already if it ended before `secrets_before`, the later of the two.
pub(crate) async fn forget(
    conn: &mut Conn,
    secrets_before: DateTime<Utc>,
    before: DateTime<Utc>,
    limit: i64,
) -> QueryResult<usize> {
    sql("UPDATE notification_messages SET address = NULL, display_name = NULL, content = NULL WHERE id IN \
         (SELECT id FROM notification_messages \
          WHERE address IS NOT NULL AND ended_at < $1 AND (ended_at < $2 OR secret AND content IS NOT NULL) \
          ORDER BY ended_at LIMIT $3 FOR UPDATE SKIP LOCKED)")
    .bind::<Timestamptz, _>(secrets_before)
    .bind::<Timestamptz, _>(before)
    .bind::<BigInt, _>(limit)
    .execute(conn)
    .await
}
