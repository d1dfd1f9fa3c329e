//! Questions to the server, and limits that a test need not wait long for.

use std::time::Duration;

use db::{Conn, Database, PoolSettings};
use diesel::QueryResult;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;

/// How long a story waits for what must happen before it calls that a failure.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A statement may take half a second, and go unanswered for one more.
pub fn pool(url: &str, connections: usize) -> Database {
    let settings = PoolSettings {
        max_connections: connections,
        statement_timeout: Duration::from_millis(500),
        ..PoolSettings::new(url)
    };
    Database::open(&settings).unwrap()
}

/// The usual limits.
pub fn patient_pool(url: &str, connections: usize) -> Database {
    Database::open(&PoolSettings { max_connections: connections, ..PoolSettings::new(url) }).unwrap()
}

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

/// The number in the column `value`.
pub async fn number(conn: &mut Conn, query: &str) -> QueryResult<i64> {
    diesel::sql_query(query).get_result::<Number>(conn).await.map(|row| row.value)
}

/// The server's process behind a connection.
pub async fn backend(conn: &mut Conn) -> QueryResult<i64> {
    number(conn, "SELECT pg_backend_pid()::bigint AS value").await
}
