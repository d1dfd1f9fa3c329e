//! Sessions and the digests of their refresh tokens.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;
use kernel::{SessionId, UserId};

use super::users::{AccountColumns, AccountRow, account};
use crate::hasher::HashedPassword;
use crate::schema::{refresh_tokens, sessions};
use crate::{Account, REFRESH_LIFETIME, RevokeReason, Session};

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: SessionId,
    user_id: UserId,
    user_agent: Option<String>,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            user_agent: row.user_agent,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// A refresh token that somebody presented.
#[derive(Queryable, Selectable, Clone, Copy, PartialEq, Eq, Debug)]
#[diesel(table_name = refresh_tokens)]
pub(crate) struct PresentedToken {
    pub session_id: SessionId,
    pub used_at: Option<DateTime<Utc>>,
}

/// Begins a session with its first refresh token.
pub(crate) async fn insert_session(tx: &mut Conn, session: &Session, token: &[u8; 32]) -> QueryResult<()> {
    let statement = db::sql(
        "WITH opened AS ( \
             INSERT INTO sessions (id, user_id, user_agent, created_at, last_used_at) \
             VALUES ($1, $2, $3, $4, $4) RETURNING id) \
         INSERT INTO refresh_tokens (digest, session_id, issued_at, expires_at) \
         SELECT $5, id, $4, $6 FROM opened",
    );
    statement
        .bind::<Uuid, _>(session.id)
        .bind::<Uuid, _>(session.user_id)
        .bind::<Nullable<Text>, _>(session.user_agent.as_deref())
        .bind::<Timestamptz, _>(session.created_at)
        .bind::<Binary, _>(token.as_slice())
        .bind::<Timestamptz, _>(session.created_at + REFRESH_LIFETIME)
        .execute(tx)
        .await?;
    Ok(())
}

/// Begins a session like [`insert_session`], in one statement that is its own transaction, if all is
/// as it mostly is: the account is active and still has the password that was compared, and nobody
/// has failed to log in with its address, whose digest is `address`. Otherwise nothing happens.
pub(crate) async fn insert_session_of_unchanged(
    conn: &mut Conn,
    session: &Session,
    token: &[u8; 32],
    compared: &HashedPassword,
    address: &[u8; 32],
) -> QueryResult<Option<Account>> {
    let statement = db::sql(
        "WITH proven AS ( \
             SELECT id, email, display_name, phone, status, version, created_at, updated_at, email_verified_at \
             FROM users \
             WHERE id = $1 AND password_hash = $2 AND status = 'active' \
               AND NOT EXISTS (SELECT FROM login_failures WHERE email_digest = $3) \
             FOR NO KEY UPDATE), \
         opened AS ( \
             INSERT INTO sessions (id, user_id, user_agent, created_at, last_used_at) \
             SELECT $4, id, $5, $6, $6 FROM proven RETURNING id), \
         given AS ( \
             INSERT INTO refresh_tokens (digest, session_id, issued_at, expires_at) \
             SELECT $7, id, $6, $8 FROM opened) \
         SELECT proven.*, ARRAY(SELECT role FROM role_grants WHERE user_id = proven.id) FROM proven",
    );
    let found: Option<AccountRow> = statement
        .bind::<Uuid, _>(session.user_id)
        .bind::<Text, _>(compared.as_str())
        .bind::<Binary, _>(address.as_slice())
        .bind::<Uuid, _>(session.id)
        .bind::<Nullable<Text>, _>(session.user_agent.as_deref())
        .bind::<Timestamptz, _>(session.created_at)
        .bind::<Binary, _>(token.as_slice())
        .bind::<Timestamptz, _>(session.created_at + REFRESH_LIFETIME)
        .returning::<AccountColumns>()
        .get_result(conn)
        .await
        .optional()?;
    found.map(account).transpose()
}

pub(crate) async fn insert_refresh_token(
    tx: &mut Conn,
    now: DateTime<Utc>,
    session: SessionId,
    digest: &[u8; 32],
) -> QueryResult<()> {
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::digest.eq(digest.as_slice()),
            refresh_tokens::session_id.eq(session),
            refresh_tokens::issued_at.eq(now),
            refresh_tokens::expires_at.eq(now + REFRESH_LIFETIME),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Marks a token as used, for whoever comes first while it is valid; returns its session.
pub(crate) async fn use_token(
    tx: &mut Conn,
    now: DateTime<Utc>,
    digest: &[u8; 32],
) -> QueryResult<Option<SessionId>> {
    let usable = refresh_tokens::table
        .find(digest.as_slice())
        .filter(refresh_tokens::used_at.is_null().and(refresh_tokens::expires_at.gt(now)));
    diesel::update(usable)
        .set(refresh_tokens::used_at.eq(now))
        .returning(refresh_tokens::session_id)
        .get_result(tx)
        .await
        .optional()
}

pub(crate) async fn find_token(tx: &mut Conn, digest: &[u8; 32]) -> QueryResult<Option<PresentedToken>> {
    refresh_tokens::table
        .find(digest.as_slice())
        .select(PresentedToken::as_select())
        .first(tx)
        .await
        .optional()
}

/// Notes that a session was used, unless it has ended; returns whose it is.
pub(crate) async fn touch_session(
    tx: &mut Conn,
    now: DateTime<Utc>,
    session: SessionId,
) -> QueryResult<Option<UserId>> {
    diesel::update(sessions::table.find(session).filter(sessions::revoked_at.is_null()))
        .set(sessions::last_used_at.eq(now))
        .returning(sessions::user_id)
        .get_result(tx)
        .await
        .optional()
}

/// The sessions of a user that can still be refreshed, newest first, up to `limit`.
pub(crate) async fn list_live_sessions(
    conn: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    limit: i64,
) -> QueryResult<Vec<Session>> {
    let rows: Vec<SessionRow> = sessions::table
        .filter(sessions::user_id.eq(user).and(sessions::revoked_at.is_null()))
        .filter(sessions::last_used_at.gt(now - REFRESH_LIFETIME))
        .order((sessions::created_at.desc(), sessions::id.desc()))
        .limit(limit)
        .select(SessionRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Session::from).collect())
}

/// Ends a session, whosever it is; returns whose it was, unless it had ended before.
pub(crate) async fn revoke_session(
    tx: &mut Conn,
    now: DateTime<Utc>,
    session: SessionId,
    reason: RevokeReason,
) -> QueryResult<Option<UserId>> {
    diesel::update(sessions::table.find(session).filter(sessions::revoked_at.is_null()))
        .set((sessions::revoked_at.eq(now), sessions::revoke_reason.eq(reason.as_str())))
        .returning(sessions::user_id)
        .get_result(tx)
        .await
        .optional()
}

/// Which of a user's sessions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    All,
    Only(SessionId),
    AllBut(SessionId),
}

/// Ends sessions of a user; returns how many had not ended before.
pub(crate) async fn revoke_sessions_of(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    which: Which,
    reason: RevokeReason,
) -> QueryResult<usize> {
    let live = sessions::user_id.eq(user).and(sessions::revoked_at.is_null());
    let mut targets = diesel::update(sessions::table)
        .set((sessions::revoked_at.eq(now), sessions::revoke_reason.eq(reason.as_str())))
        .filter(live)
        .into_boxed();
    match which {
        Which::All => {}
        Which::Only(session) => targets = targets.filter(sessions::id.eq(session)),
        Which::AllBut(session) => targets = targets.filter(sessions::id.ne(session)),
    }
    targets.execute(tx).await
}

pub(crate) async fn delete_expired_tokens(conn: &mut Conn, before: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(refresh_tokens::table.filter(refresh_tokens::expires_at.lt(before))).execute(conn).await
}

/// Forgets the sessions whose last token was forgotten.
pub(crate) async fn delete_abandoned_sessions(conn: &mut Conn, before: DateTime<Utc>) -> QueryResult<usize> {
    let tokens = refresh_tokens::table.filter(refresh_tokens::session_id.eq(sessions::id));
    let abandoned = sessions::table
        .filter(sessions::last_used_at.lt(before - REFRESH_LIFETIME))
        .filter(not(exists(tokens)));
    diesel::delete(abandoned).execute(conn).await
}
