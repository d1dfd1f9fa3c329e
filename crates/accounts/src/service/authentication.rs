//! Proving who one is with a password.
//!
//! Between reading the stored hash and acting on the comparison lies the hashing itself, outside
//! any transaction. What was read may have changed by then, so whatever acts on it looks again. Mostly
//! nothing has, and one statement that says so opens the session; otherwise a second transaction
//! refuses when the address was locked in the meantime, which bounds how many of a burst of
//! parallel guesses count, and when the password or the account's state is another.

use chrono::{DateTime, Utc};
use db::{Conn, Database};
use diesel_async::AsyncConnection;
use kernel::{SessionId, UserId};
use serde_json::json;

use super::about_user;
use super::sessions::{Committed, SignedIn, open_session, open_session_of_unchanged};
use crate::hasher::{HashedPassword, Hasher};
use crate::lockout::FailureRun;
use crate::model::{email_digest, email_key};
use crate::store::{self, ProofEnd, Verified, Which};
use crate::token::TokenSigner;
use crate::{AccountStatus, AccountsError, EmailAddress, Password, ProofKind, RevokeReason};

/// Somebody wants to log in.
#[derive(Clone, Debug)]
pub struct LogIn {
    /// As it was typed.
    pub email: String,
    /// As it was typed.
    pub password: Password,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}

/// Somebody who is logged in wants another password.
#[derive(Clone, Debug)]
pub struct ChangePassword {
    /// Whose password.
    pub user_id: UserId,
    /// The session that asks, and the only one that stays.
    pub session_id: SessionId,
    /// The password as it is.
    pub current: Password,
    /// The password as it shall be.
    pub new: Password,
}

/// A password that was compared with what is stored for an address.
pub(super) struct Attempt {
    pub digest: [u8; 32],
    /// Whose password it is, and the hash it was compared with, when they match.
    pub proven: Option<(UserId, HashedPassword)>,
}

/// Opens a session for whoever knows the password.
///
/// # Errors
/// [`AccountsError::WrongCredentials`] and [`AccountsError::TooManyAttempts`], both alike for
/// addresses with and without an account; [`AccountsError::AccountDisabled`], only to whoever knows
/// the password; [`AccountsError::HasherBusy`].
pub async fn log_in(
    database: &Database,
    hasher: &Hasher,
    signer: &TokenSigner,
    now: DateTime<Utc>,
    request: LogIn,
) -> Result<SignedIn, AccountsError> {
    let key = email_key(&request.email);
    let attempt = compare(database, hasher, now, &key, &request.password).await?;
    let mut conn = database.conn().await?;
    let user_agent = request.user_agent.as_deref();
    if let Some(signed_in) = open_session_of_unchanged(&mut conn, signer, now, &attempt, user_agent).await? {
        return Ok(signed_in);
    }
    let outcome: Committed<SignedIn> = conn
        .transaction(async |tx| {
            let verified = match settle(tx, now, &attempt).await? {
                Ok(verified) => verified,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if verified.account.user.status == AccountStatus::Disabled {
                return Ok(Err(AccountsError::AccountDisabled));
            }
            open_session(tx, signer, now, verified.account, user_agent).await.map(Ok)
        })
        .await;
    outcome?
}

/// Replaces the password and ends every other session; a link to a new one that is on its way is void. Emits `user.password_changed`.
///
/// # Errors
/// [`AccountsError::Invalid`] when the new password is not accepted;
/// [`AccountsError::WrongCredentials`] and [`AccountsError::TooManyAttempts`] as for a login: whoever
/// has somebody's session must not guess faster than others.
pub async fn change_password(
    database: &Database,
    hasher: &Hasher,
    now: DateTime<Utc>,
    request: ChangePassword,
) -> Result<(), AccountsError> {
    let email = {
        let mut conn = database.conn().await?;
        let account = store::find_account(&mut conn, request.user_id).await?;
        account.ok_or(AccountsError::UserNotFound)?.user.email
    };
    let address = EmailAddress::parse(&email).ok();
    request.new.check(address.as_ref()).map_err(|error| error.at("new_password"))?;
    let attempt = compare(database, hasher, now, &email_key(&email), &request.current).await?;
    let new = match attempt.proven {
        Some(_) => Some(hasher.hash(&request.new).await?),
        None => None,
    };
    let mut conn = database.conn().await?;
    let outcome: Committed<()> = conn
        .transaction(async |tx| {
            let verified = match settle(tx, now, &attempt).await? {
                Ok(verified) => verified,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let Some(new) = &new else { return Ok(Err(AccountsError::WrongCredentials)) };
            replace_password(tx, now, &request, &verified.password_hash, new).await.map(Ok)
        })
        .await;
    outcome?
}

async fn replace_password(
    tx: &mut Conn,
    now: DateTime<Utc>,
    request: &ChangePassword,
    current: &HashedPassword,
    new: &HashedPassword,
) -> Result<(), AccountsError> {
    let user = request.user_id;
    if !store::update_password(tx, user, current, new).await? {
        return Err(AccountsError::WrongCredentials);
    }
    store::end_proofs(tx, now, user, ProofKind::PasswordReset, ProofEnd::Overtaken).await?;
    let others = Which::AllBut(request.session_id);
    let ended = store::revoke_sessions_of(tx, now, user, others, RevokeReason::PasswordChanged).await?;
    let event = about_user("user.password_changed", user, user.into(), json!({ "sessions_ended": ended }));
    outbox::emit(tx, now, event).await?;
    Ok(())
}

/// Compares a password with what is stored for an address, unless the address is locked. An address
/// that nobody has costs as much as any other.
async fn compare(
    database: &Database,
    hasher: &Hasher,
    now: DateTime<Utc>,
    key: &str,
    password: &Password,
) -> Result<Attempt, AccountsError> {
    let digest = email_digest(key);
    let state = {
        // Given back before the hashing, which may wait.
        let mut conn = database.conn().await?;
        store::find_login_state(&mut conn, key, &digest).await?
    };
    if let Some(run) = state.run {
        run.admit(now)?;
    }
    let hash = state.credentials.as_ref().map(|(_, hash)| hash);
    let matches = hasher.verify(password, hash).await?;
    Ok(Attempt { digest, proven: state.credentials.filter(|_stored| matches) })
}

/// Counts an attempt, or forgets the failures before it. What it returns has to be committed either
/// way.
async fn settle(tx: &mut Conn, now: DateTime<Utc>, attempt: &Attempt) -> Committed<Verified> {
    let Some((user, compared)) = &attempt.proven else {
        let run = store::lock_or_insert_failure_run(tx, now, &attempt.digest).await?;
        return Ok(Err(match run.admit(now) {
            Ok(()) => {
                store::update_failure_run(tx, &attempt.digest, run.failed(now)).await?;
                AccountsError::WrongCredentials
            }
            Err(locked) => locked.into(),
        }));
    };
    let run: Option<FailureRun> = store::lock_failure_run(tx, &attempt.digest).await?;
    if let Some(run) = run {
        if let Err(locked) = run.admit(now) {
            return Ok(Err(locked.into()));
        }
        store::delete_failure_run(tx, &attempt.digest).await?;
    }
    match store::lock_account(tx, *user).await? {
        Some(verified) if verified.password_hash == *compared => Ok(Ok(verified)),
        _ => Ok(Err(AccountsError::WrongCredentials)),
    }
}
