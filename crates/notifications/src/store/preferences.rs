//! Who wants what otherwise than by default.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::UserId;

use crate::decide::Choices;
use crate::schema::notification_preferences as preferences;
use crate::{Channel, Kind, PreferenceChange};

/// The choices of several users, in one statement. A name that the code no longer knows has no effect.
pub(crate) async fn load(conn: &mut Conn, users: &[UserId]) -> QueryResult<HashMap<UserId, Choices>> {
    let rows: Vec<(UserId, String, String, bool)> = preferences::table
        .filter(preferences::user_id.eq_any(users))
        .select((preferences::user_id, preferences::kind, preferences::channel, preferences::enabled))
        .load(conn)
        .await?;
    let mut choices: HashMap<UserId, Choices> = HashMap::new();
    for (user, kind, channel, enabled) in rows {
        if let Some(key) = Kind::from_word(&kind).zip(Channel::from_word(&channel)) {
            choices.entry(user).or_default().insert(key, enabled);
        }
    }
    Ok(choices)
}

/// Keeps choices; all of one user's are written in the order of kinds and channels.
pub(crate) async fn upsert(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    changes: &[PreferenceChange],
) -> QueryResult<()> {
    sql("INSERT INTO notification_preferences (user_id, changed_at, kind, channel, enabled) \
         SELECT $1, $2, kind, channel, enabled FROM unnest($3, $4, $5) AS new(kind, channel, enabled) \
         ORDER BY kind, channel \
         ON CONFLICT ON CONSTRAINT notification_preferences_pk \
         DO UPDATE SET enabled = excluded.enabled, changed_at = excluded.changed_at \
         WHERE notification_preferences.enabled <> excluded.enabled")
    .bind::<SqlUuid, _>(user)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Text>, _>(changes.iter().map(|change| change.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(changes.iter().map(|change| change.channel.as_str()).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(changes.iter().map(|change| change.enabled).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets choices that are what holds anyway.
pub(crate) async fn delete(tx: &mut Conn, user: UserId, changes: &[PreferenceChange]) -> QueryResult<()> {
    sql("DELETE FROM notification_preferences \
         WHERE user_id = $1 AND (kind, channel) IN (SELECT kind, channel FROM unnest($2, $3) AS old(kind, channel))")
    .bind::<SqlUuid, _>(user)
    .bind::<Array<Text>, _>(changes.iter().map(|change| change.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(changes.iter().map(|change| change.channel.as_str()).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}
