//! Shops and their goods for the stories.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::sql_types::{Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::UserId;
use testkit::start_of_tests;

pub fn now() -> DateTime<Utc> {
    start_of_tests()
}

/// A user who exists for the foreign keys' sake.
pub async fn user(conn: &mut Conn) -> UserId {
    let id = UserId::new();
    diesel::sql_query(
        "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at) \
         VALUES ($1, $2, $2, '', 'somebody', $3, $3)",
    )
    .bind::<SqlUuid, _>(id.0)
    .bind::<Text, _>(format!("{id}@example.com"))
    .bind::<Timestamptz, _>(now())
    .execute(conn)
    .await
    .unwrap();
    id
}
