//! Objects that go at a time unless they are taken into use.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamptz};
use diesel_async::RunQueryDsl;

use crate::ObjectKey;
use crate::schema::media_discards as discards;

#[derive(diesel::QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = Text)]
    key: String,
}

/// Writes down that an object goes after an instant; the latest word counts.
pub(crate) async fn put_down(conn: &mut Conn, key: &ObjectKey, after: DateTime<Utc>) -> QueryResult<()> {
    sql("INSERT INTO media_discards (key, discard_after) VALUES ($1, $2) \
         ON CONFLICT ON CONSTRAINT media_discards_pk DO UPDATE SET discard_after = excluded.discard_after")
    .bind::<Text, _>(key.as_str())
    .bind::<Timestamptz, _>(after)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps an object; false where it is gone already. Waits for whoever is removing it.
pub(crate) async fn withdraw(tx: &mut Conn, key: &ObjectKey) -> QueryResult<bool> {
    Ok(diesel::delete(discards::table.find(key.as_str())).execute(tx).await? == 1)
}

/// One whose time has come and that nobody else is removing, locked.
pub(crate) async fn lock_due(tx: &mut Conn, now: DateTime<Utc>) -> QueryResult<Option<ObjectKey>> {
    let row: Option<KeyRow> = sql("SELECT key FROM media_discards WHERE discard_after <= $1 \
         ORDER BY discard_after LIMIT 1 FOR UPDATE SKIP LOCKED")
    .bind::<Timestamptz, _>(now)
    .get_result(tx)
    .await
    .optional()?;
    Ok(row.map(|row| ObjectKey::kept(row.key)))
}
