//! What admins see and do. That the actor is one is the caller's to establish, with
//! [`require_admin`].

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{Actor, Limit, Page, UserId};
use serde_json::json;

use super::{about_user, lock_user};
use crate::store::{self, Which};
use crate::{Account, AccountStatus, AccountsError, RevokeReason, Role, UserFilter, UserKey};

/// Makes sure that a user is an admin whose account is active.
///
/// # Errors
/// [`AccountsError::NotAdmin`].
pub async fn require_admin(conn: &mut Conn, user: UserId) -> Result<(), AccountsError> {
    if store::is_active_admin(conn, user).await? { Ok(()) } else { Err(AccountsError::NotAdmin) }
}

/// One page of users, newest first.
pub async fn list_users(
    conn: &mut Conn,
    filter: &UserFilter,
    after: Option<UserKey>,
    limit: Limit,
) -> Result<Page<Account, UserKey>, AccountsError> {
    let rows = store::list_accounts(conn, filter, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, |account| (account.user.created_at, account.user.id)))
}

/// A user with their roles.
///
/// # Errors
/// [`AccountsError::UserNotFound`].
pub async fn find_account(conn: &mut Conn, user: UserId) -> Result<Account, AccountsError> {
    store::find_account(conn, user).await?.ok_or(AccountsError::UserNotFound)
}

/// Grants a role. Emits `user.role_granted`, unless the user has it.
///
/// # Errors
/// [`AccountsError::UserNotFound`].
pub async fn grant_role(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    user: UserId,
    role: Role,
) -> Result<(), AccountsError> {
    lock_user(tx, user).await?;
    if store::insert_role_grants(tx, now, user, &[role]).await? > 0 {
        let event = about_user("user.role_granted", user, actor, json!({ "role": role.as_str() }));
        outbox::emit(tx, now, event).await?;
    }
    Ok(())
}

/// Takes a role away. Emits `user.role_revoked`, unless the user does not have it.
///
/// # Errors
/// [`AccountsError::UserNotFound`], [`AccountsError::LastAdmin`].
pub async fn revoke_role(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    user: UserId,
    role: Role,
) -> Result<(), AccountsError> {
    if role == Role::Admin {
        keep_an_admin(tx, user).await?;
    }
    lock_user(tx, user).await?;
    if store::delete_role_grant(tx, user, role).await? {
        let event = about_user("user.role_revoked", user, actor, json!({ "role": role.as_str() }));
        outbox::emit(tx, now, event).await?;
    }
    Ok(())
}

/// Closes an account and ends its sessions. Emits `user.disabled`, unless it is closed.
///
/// # Errors
/// [`AccountsError::UserNotFound`], [`AccountsError::LastAdmin`].
pub async fn disable_account(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    user: UserId,
) -> Result<Account, AccountsError> {
    keep_an_admin(tx, user).await?;
    if lock_user(tx, user).await?.status == AccountStatus::Active {
        store::update_status(tx, now, user, AccountStatus::Disabled).await?;
        let ended =
            store::revoke_sessions_of(tx, now, user, Which::All, RevokeReason::AccountDisabled).await?;
        let event = about_user("user.disabled", user, actor, json!({ "sessions_ended": ended }));
        outbox::emit(tx, now, event).await?;
    }
    find_account(tx, user).await
}

/// Opens an account again. Emits `user.enabled`, unless it is open.
///
/// # Errors
/// [`AccountsError::UserNotFound`].
pub async fn enable_account(
    tx: &mut Conn,
    now: DateTime<Utc>,
    actor: Actor,
    user: UserId,
) -> Result<Account, AccountsError> {
    if lock_user(tx, user).await?.status == AccountStatus::Disabled {
        store::update_status(tx, now, user, AccountStatus::Active).await?;
        outbox::emit(tx, now, about_user("user.enabled", user, actor, json!({}))).await?;
    }
    find_account(tx, user).await
}

/// Which of these people have a closed account.
pub async fn disabled_among(conn: &mut Conn, users: &[UserId]) -> Result<HashSet<UserId>, AccountsError> {
    Ok(store::list_disabled(conn, users).await?.into_iter().collect())
}

/// Makes sure that an active admin remains when `user` is none any more. Holds all of them, so that
/// two admins cannot each rely on the other.
async fn keep_an_admin(tx: &mut Conn, user: UserId) -> Result<(), AccountsError> {
    match store::lock_active_admins(tx).await?.as_slice() {
        [only] if *only == user => Err(AccountsError::LastAdmin),
        _ => Ok(()),
    }
}

/// How many accounts were made at or after `since`.
pub async fn count_registered(conn: &mut Conn, since: DateTime<Utc>) -> Result<i64, AccountsError> {
    Ok(store::count_users_since(conn, since).await?)
}
