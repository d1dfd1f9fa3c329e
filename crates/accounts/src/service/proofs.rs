//! Links by mail: a new password for whoever has forgotten theirs, and showing that an address is one's own.
//!
//! Who asks for a new password learns nothing: the request writes down the address and asks for a job, whatever the
//! address is. Only the job looks whether somebody has it.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use db::{Conn, Database};
use diesel_async::AsyncConnection;
use kernel::{Actor, ProofId, UserId};
use serde_json::json;
use uuid::Uuid;

use super::{about_user, lock_user};
use crate::hasher::{HashedPassword, Hasher};
use crate::jobs::BeginPasswordReset;
use crate::model::{email_digest, email_key};
use crate::proof::ProofKey;
use crate::store::{self, ProofEnd, Which};
use crate::{
    AccountStatus, AccountsError, Contact, EmailAddress, OpenProof, Password, ProofKind, RevokeReason,
};

/// Whoever asks again sooner is served by the link that is on its way: nobody's mailbox is flooded by others.
const QUIET: TimeDelta = TimeDelta::minutes(1);

/// Somebody has followed the link to a new password.
#[derive(Clone, Debug)]
pub struct ResetPassword {
    /// What the link had.
    pub token: String,
    /// The password as it shall be.
    pub new: Password,
}

/// Asks for a link to a new password, for whoever has the address. Says and costs the same whether or not somebody
/// does.
///
/// # Errors
/// [`AccountsError::Invalid`] when it cannot be an address.
pub async fn request_password_reset(
    tx: &mut Conn,
    now: DateTime<Utc>,
    email: &str,
) -> Result<(), AccountsError> {
    let key = EmailAddress::parse(email).map_err(|error| error.at("email"))?.key();
    let request_id = Uuid::new_v4();
    store::insert_reset_request(tx, now, request_id, &key).await?;
    outbox::enqueue(tx, now, &BeginPasswordReset { request_id }).await?;
    Ok(())
}

/// Makes the link that was asked for, if the address is an open account's; older ones are void. Emits
/// `user.password_reset_requested` with the `proof_id`.
pub(crate) async fn begin_password_reset(
    tx: &mut Conn,
    now: DateTime<Utc>,
    request: Uuid,
) -> Result<(), AccountsError> {
    let Some(key) = store::take_reset_request(tx, request).await? else { return Ok(()) };
    let Some(account) = store::find_account_by_key(tx, &key).await? else { return Ok(()) };
    let user = account.user.id;
    if lock_user(tx, user).await?.status == AccountStatus::Disabled {
        return Ok(());
    }
    if let Some(proof) = renew(tx, now, user, ProofKind::PasswordReset).await? {
        let data = json!({ "proof_id": proof });
        let event = about_user("user.password_reset_requested", user, Actor::Guest, data);
        outbox::emit(tx, now, event).await?;
    }
    Ok(())
}

/// Sets a new password by the link's token: ends every session, forgets failed logins, and counts the address as
/// verified, since the mail reached its owner. Of several uses at once one succeeds. Emits `user.password_reset`.
///
/// # Errors
/// [`AccountsError::ProofInvalid`]; [`AccountsError::Invalid`] when the new password is not accepted, which leaves the
/// link as it was; [`AccountsError::HasherBusy`].
pub async fn reset_password(
    database: &Database,
    hasher: &Hasher,
    key: &ProofKey,
    now: DateTime<Utc>,
    request: ResetPassword,
) -> Result<(), AccountsError> {
    // What no account may have is refused whatever the link is.
    request.new.check(None).map_err(|error| error.at("new_password"))?;
    let kind = ProofKind::PasswordReset;
    let id = key.read(kind, &request.token).ok_or(AccountsError::ProofInvalid)?;
    let (user, email) = {
        // Given back before the hashing, which may wait.
        let mut conn = database.conn().await?;
        let proof = store::find_proof(&mut conn, now, id).await?.filter(|proof| proof.kind == kind);
        let user = proof.ok_or(AccountsError::ProofInvalid)?.user_id;
        let account = store::find_account(&mut conn, user).await?.ok_or(AccountsError::ProofInvalid)?;
        (user, account.user.email)
    };
    let address = EmailAddress::parse(&email).ok();
    request.new.check(address.as_ref()).map_err(|error| error.at("new_password"))?;
    let new = hasher.hash(&request.new).await?;
    let mut conn = database.conn().await?;
    conn.transaction(async |tx| use_reset(tx, now, id, user, &email, &new).await).await
}

async fn use_reset(
    tx: &mut Conn,
    now: DateTime<Utc>,
    id: ProofId,
    user: UserId,
    email: &str,
    new: &HashedPassword,
) -> Result<(), AccountsError> {
    // Failed logins before the account, as a login takes them.
    store::delete_failure_run(tx, &email_digest(&email_key(email))).await?;
    let locked = store::lock_account(tx, user).await?.ok_or(AccountsError::ProofInvalid)?;
    // While the password was hashed, the account may have been closed and the link used or replaced.
    if locked.account.user.status == AccountStatus::Disabled || !store::use_proof(tx, now, id).await? {
        return Err(AccountsError::ProofInvalid);
    }
    store::update_password(tx, user, &locked.password_hash, new).await?;
    prove_email(tx, now, user).await?;
    let ended = store::revoke_sessions_of(tx, now, user, Which::All, RevokeReason::PasswordChanged).await?;
    let event = about_user("user.password_reset", user, user.into(), json!({ "sessions_ended": ended }));
    outbox::emit(tx, now, event).await?;
    Ok(())
}

/// Sends the user a link that shows that their address is theirs; older ones are void. Asking again at once changes
/// nothing. Emits `user.verification_requested` with the `proof_id`.
///
/// # Errors
/// [`AccountsError::EmailVerified`] when that is known already.
pub async fn request_verification(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
) -> Result<(), AccountsError> {
    if lock_user(tx, user).await?.email_verified_at.is_some() {
        return Err(AccountsError::EmailVerified);
    }
    if let Some(proof) = renew(tx, now, user, ProofKind::EmailVerification).await? {
        let event = verification_requested(user, proof);
        outbox::emit(tx, now, event).await?;
    }
    Ok(())
}

/// The fact that a link was made that shows an address to be somebody's.
pub(super) fn verification_requested(user: UserId, proof: ProofId) -> outbox::Event {
    about_user("user.verification_requested", user, user.into(), json!({ "proof_id": proof }))
}

/// Notes that an address is its owner's, by the link's token. Emits `user.email_verified`.
///
/// # Errors
/// [`AccountsError::ProofInvalid`].
pub async fn verify_email(
    tx: &mut Conn,
    now: DateTime<Utc>,
    key: &ProofKey,
    token: &str,
) -> Result<UserId, AccountsError> {
    let kind = ProofKind::EmailVerification;
    let id = key.read(kind, token).ok_or(AccountsError::ProofInvalid)?;
    let proof = store::find_proof(tx, now, id).await?.filter(|proof| proof.kind == kind);
    let user = proof.ok_or(AccountsError::ProofInvalid)?.user_id;
    lock_user(tx, user).await?;
    if !store::use_proof(tx, now, id).await? {
        return Err(AccountsError::ProofInvalid);
    }
    prove_email(tx, now, user).await?;
    outbox::emit(tx, now, about_user("user.email_verified", user, user.into(), json!({}))).await?;
    Ok(user)
}

/// The address is the user's: no other link has to show it.
async fn prove_email(tx: &mut Conn, now: DateTime<Utc>, user: UserId) -> Result<(), AccountsError> {
    store::verify_email(tx, now, user).await?;
    store::end_proofs(tx, now, user, ProofKind::EmailVerification, ProofEnd::Overtaken).await?;
    Ok(())
}

/// Puts a new link in the place of an older one, unless that is very new. The caller has locked the user.
async fn renew(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    kind: ProofKind,
) -> Result<Option<ProofId>, AccountsError> {
    if store::open_since(tx, now, user, kind).await?.is_some_and(|since| now - since < QUIET) {
        return Ok(None);
    }
    store::end_proofs(tx, now, user, kind, ProofEnd::Replaced).await?;
    let id = ProofId::new();
    store::insert_proof(tx, now, id, user, kind).await?;
    Ok(Some(id))
}

/// What a link proves, while it counts: for whoever writes the mail.
pub async fn find_open_proof(
    conn: &mut Conn,
    now: DateTime<Utc>,
    id: ProofId,
) -> Result<Option<OpenProof>, AccountsError> {
    Ok(store::find_proof(conn, now, id).await?)
}

/// How these people are reached, and by what names, in one statement.
pub async fn contacts(conn: &mut Conn, users: &[UserId]) -> Result<HashMap<UserId, Contact>, AccountsError> {
    Ok(store::list_contacts(conn, users).await?.into_iter().collect())
}
