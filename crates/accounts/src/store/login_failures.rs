//! Failed logins by the digest of the address, and the state of an address before a login.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;
use kernel::UserId;

use crate::hasher::HashedPassword;
use crate::lockout::FailureRun;
use crate::schema::login_failures;

/// An address that somebody wants to log in with.
#[derive(Debug)]
pub(crate) struct LoginState {
    pub run: Option<FailureRun>,
    pub credentials: Option<(UserId, HashedPassword)>,
}

#[derive(QueryableByName)]
struct LoginStateRow {
    #[diesel(sql_type = Nullable<Integer>)]
    failures: Option<i32>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    locked_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last_failure: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Uuid>)]
    user_id: Option<UserId>,
    #[diesel(sql_type = Nullable<Text>)]
    password_hash: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = login_failures)]
struct FailureRow {
    failures: i32,
    locked_until: Option<DateTime<Utc>>,
    last_failure: DateTime<Utc>,
}

impl From<FailureRow> for FailureRun {
    fn from(row: FailureRow) -> Self {
        Self { failures: row.failures, locked_until: row.locked_until, last_failure: row.last_failure }
    }
}

/// Everything about an address that a login needs, in one statement that costs the same whether or
/// not somebody has it.
pub(crate) async fn find_login_state(
    conn: &mut Conn,
    email_key: &str,
    digest: &[u8; 32],
) -> QueryResult<LoginState> {
    let row: LoginStateRow = db::sql(
        "SELECT f.failures, f.locked_until, f.last_failure, u.id AS user_id, u.password_hash \
         FROM (VALUES (1)) AS one (row) \
         LEFT JOIN login_failures f ON f.email_digest = $1 \
         LEFT JOIN users u ON u.email_key = $2",
    )
    .bind::<Binary, _>(digest.as_slice())
    .bind::<Text, _>(email_key)
    .get_result(conn)
    .await?;
    let run = row.failures.zip(row.last_failure).map(|(failures, last_failure)| FailureRun {
        failures,
        locked_until: row.locked_until,
        last_failure,
    });
    let credentials = row.user_id.zip(row.password_hash.map(HashedPassword::from_stored));
    Ok(LoginState { run, credentials })
}

/// The run of an address, held for the rest of the transaction.
pub(crate) async fn lock_failure_run(tx: &mut Conn, digest: &[u8; 32]) -> QueryResult<Option<FailureRun>> {
    let row: Option<FailureRow> = login_failures::table
        .find(digest.as_slice())
        .select(FailureRow::as_select())
        .for_update()
        .first(tx)
        .await
        .optional()?;
    Ok(row.map(FailureRun::from))
}

/// Like [`lock_failure_run`], and begins a run where there is none, so that the first failures of
/// an address wait for one another too.
pub(crate) async fn lock_or_insert_failure_run(
    tx: &mut Conn,
    now: DateTime<Utc>,
    digest: &[u8; 32],
) -> QueryResult<FailureRun> {
    let none = FailureRun::none(now);
    let row: FailureRow = diesel::insert_into(login_failures::table)
        .values((
            login_failures::email_digest.eq(digest.as_slice()),
            login_failures::failures.eq(none.failures),
            login_failures::last_failure.eq(none.last_failure),
        ))
        .on_conflict(login_failures::email_digest)
        .do_update()
        // Changes nothing; an update is what locks the row.
        .set(login_failures::failures.eq(login_failures::failures))
        .returning(FailureRow::as_returning())
        .get_result(tx)
        .await?;
    Ok(row.into())
}

pub(crate) async fn update_failure_run(tx: &mut Conn, digest: &[u8; 32], run: FailureRun) -> QueryResult<()> {
    diesel::update(login_failures::table.find(digest.as_slice()))
        .set((
            login_failures::failures.eq(run.failures),
            login_failures::locked_until.eq(run.locked_until),
            login_failures::last_failure.eq(run.last_failure),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn delete_failure_run(tx: &mut Conn, digest: &[u8; 32]) -> QueryResult<()> {
    diesel::delete(login_failures::table.find(digest.as_slice())).execute(tx).await?;
    Ok(())
}

pub(crate) async fn delete_failure_runs_before(conn: &mut Conn, before: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(login_failures::table.filter(login_failures::last_failure.lt(before))).execute(conn).await
}
