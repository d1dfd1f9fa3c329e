//! Sessions: how they are kept alive, seen and ended.

use chrono::{DateTime, Utc};
use db::{Conn, Database};
use diesel_async::AsyncConnection;
use kernel::{Actor, SessionId, UserId};
use outbox::Event;
use serde_json::json;

use super::authentication::Attempt;
use crate::store::{self, Which};
use crate::token::{AccessToken, TokenSigner};
use crate::{Account, AccountStatus, AccountsError, RefreshToken, RevokeReason, Session};

const MOST_USER_AGENT_CHARACTERS: usize = 300;
const MOST_LISTED: i64 = 100;

/// The outcome of a transaction that is committed although it may be a refusal.
pub(super) type Committed<T> = Result<Result<T, AccountsError>, AccountsError>;

/// Somebody with a session, and the tokens that prove it.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// The session.
    pub session_id: SessionId,
    /// For requests.
    pub access: AccessToken,
    /// For the next pair of tokens; works once.
    pub refresh: RefreshToken,
}

/// Exchanges a refresh token for a new pair, once.
///
/// A token that comes a second time ends its session, and with it the pair that the first use was
/// given: of N uses at once exactly one succeeds, and its new refresh token works no more. Emits
/// `session.compromised`, once a session.
///
/// # Errors
/// [`AccountsError::RefreshTokenInvalid`], [`AccountsError::RefreshTokenReplayed`],
/// [`AccountsError::AccountDisabled`].
pub async fn refresh(
    database: &Database,
    signer: &TokenSigner,
    now: DateTime<Utc>,
    token: &RefreshToken,
) -> Result<SignedIn, AccountsError> {
    let mut conn = database.conn().await?;
    let outcome: Committed<SignedIn> =
        conn.transaction(async |tx| rotate(tx, signer, now, &token.digest()).await).await;
    outcome?
}

async fn rotate(
    tx: &mut Conn,
    signer: &TokenSigner,
    now: DateTime<Utc>,
    digest: &[u8; 32],
) -> Committed<SignedIn> {
    let Some(session) = store::use_token(tx, now, digest).await? else {
        return refuse_token(tx, now, digest).await.map(Err);
    };
    // From here on a refusal undoes the use: the token of a session that has ended is no replay.
    let user = store::touch_session(tx, now, session).await?.ok_or(AccountsError::RefreshTokenInvalid)?;
    let account = store::find_account(tx, user).await?.ok_or(AccountsError::RefreshTokenInvalid)?;
    if account.user.status == AccountStatus::Disabled {
        return Err(AccountsError::AccountDisabled);
    }
    let refresh = RefreshToken::generate();
    store::insert_refresh_token(tx, now, session, &refresh.digest()).await?;
    sign_in(signer, now, account, session, refresh).map(Ok)
}

/// Why a token was not usable; a replayed one ends its session.
async fn refuse_token(
    tx: &mut Conn,
    now: DateTime<Utc>,
    digest: &[u8; 32],
) -> Result<AccountsError, AccountsError> {
    let token = store::find_token(tx, digest).await?;
    let Some(replayed) = token.filter(|token| token.used_at.is_some()) else {
        return Ok(AccountsError::RefreshTokenInvalid);
    };
    let session = replayed.session_id;
    if let Some(user) = store::revoke_session(tx, now, session, RevokeReason::TokenReplayed).await? {
        tracing::warn!(%session, "a refresh token was used twice; its session was ended");
        let event = Event {
            kind: "session.compromised",
            subject_type: "session",
            subject_id: session.0,
            actor: Actor::System,
            data: json!({ "user_id": user }),
        };
        outbox::emit(tx, now, event).await?;
    }
    Ok(AccountsError::RefreshTokenReplayed)
}

/// Begins a session with its first pair of tokens.
pub(super) async fn open_session(
    tx: &mut Conn,
    signer: &TokenSigner,
    now: DateTime<Utc>,
    account: Account,
    user_agent: Option<&str>,
) -> Result<SignedIn, AccountsError> {
    let (session, refresh) = new_session(now, account.user.id, user_agent);
    store::insert_session(tx, &session, &refresh.digest()).await?;
    sign_in(signer, now, account, session.id, refresh)
}

/// Begins a session at once for whoever proved a password, when nothing stands in the way and nothing
/// has changed since it was compared: the usual case, in one round trip.
pub(super) async fn open_session_of_unchanged(
    conn: &mut Conn,
    signer: &TokenSigner,
    now: DateTime<Utc>,
    attempt: &Attempt,
    user_agent: Option<&str>,
) -> Result<Option<SignedIn>, AccountsError> {
    let Some((user, compared)) = &attempt.proven else { return Ok(None) };
    let (session, refresh) = new_session(now, *user, user_agent);
    let digest = refresh.digest();
    let opened = store::insert_session_of_unchanged(conn, &session, &digest, compared, &attempt.digest);
    let Some(account) = opened.await? else { return Ok(None) };
    sign_in(signer, now, account, session.id, refresh).map(Some)
}

fn new_session(now: DateTime<Utc>, user: UserId, user_agent: Option<&str>) -> (Session, RefreshToken) {
    let session = Session {
        id: SessionId::new(),
        user_id: user,
        user_agent: user_agent.and_then(printable),
        created_at: now,
        last_used_at: now,
    };
    (session, RefreshToken::generate())
}

fn sign_in(
    signer: &TokenSigner,
    now: DateTime<Utc>,
    account: Account,
    session_id: SessionId,
    refresh: RefreshToken,
) -> Result<SignedIn, AccountsError> {
    let access = signer.issue(now, account.user.id, session_id)?;
    Ok(SignedIn { account, session_id, access, refresh })
}

/// What a client calls itself, fit to be shown.
fn printable(user_agent: &str) -> Option<String> {
    let text: String =
        user_agent.chars().filter(|c| !c.is_control()).take(MOST_USER_AGENT_CHARACTERS).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The user's sessions that can still be refreshed: the newest hundred, newest first.
pub async fn list_sessions(
    conn: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
) -> Result<Vec<Session>, AccountsError> {
    Ok(store::list_live_sessions(conn, now, user, MOST_LISTED).await?)
}

/// Ends the session that asks for it. Asking again changes nothing.
pub async fn log_out(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    session: SessionId,
) -> Result<(), AccountsError> {
    store::revoke_sessions_of(tx, now, user, Which::Only(session), RevokeReason::LoggedOut).await?;
    Ok(())
}

/// Ends every session of the user; returns how many there were.
pub async fn log_out_everywhere(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
) -> Result<usize, AccountsError> {
    Ok(store::revoke_sessions_of(tx, now, user, Which::All, RevokeReason::LoggedOutEverywhere).await?)
}

/// Ends one of the user's sessions.
///
/// # Errors
/// [`AccountsError::SessionNotFound`] when it is not theirs or has ended.
pub async fn revoke_session(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    session: SessionId,
) -> Result<(), AccountsError> {
    match store::revoke_sessions_of(tx, now, user, Which::Only(session), RevokeReason::EndedByUser).await? {
        0 => Err(AccountsError::SessionNotFound),
        _ => Ok(()),
    }
}
