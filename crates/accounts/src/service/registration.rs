//! How an account begins.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use db::{Conn, Database};
use diesel_async::AsyncConnection;
use kernel::{Actor, Fields, Invalid, ProofId, UserId};
use serde_json::json;

use super::about_user;
use super::proofs::verification_requested;
use super::sessions::{SignedIn, open_session};
use crate::hasher::{HashedPassword, Hasher};
use crate::model::{DISPLAY_NAME, read_phone};
use crate::store::{self, NewUser};
use crate::token::TokenSigner;
use crate::{Account, AccountStatus, AccountsError, EmailAddress, Password, ProofKind, Role, User};

/// Somebody wants an account.
#[derive(Clone, Debug)]
pub struct Register {
    /// Unique, however it is capitalized.
    pub email: String,
    /// 10 to 128 characters, and none that everybody tries first.
    pub password: Password,
    /// 1 to 80 characters.
    pub display_name: String,
    /// A telephone number.
    pub phone: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}

/// The operator wants somebody to run the platform.
#[derive(Clone, Debug)]
pub struct Superuser {
    /// Whose account is promoted, or made.
    pub email: String,
    /// Of the new account; an existing account keeps its own.
    pub password: Password,
}

/// What an account begins with, checked.
struct Draft {
    email: EmailAddress,
    display_name: String,
    phone: Option<String>,
}

/// Makes an account with the role customer, and logs it in. Emits `user.registered` and, for the link that
/// shows the address to be theirs, `user.verification_requested`.
///
/// # Errors
/// [`AccountsError::Invalid`] naming every refused field, [`AccountsError::EmailTaken`],
/// [`AccountsError::HasherBusy`].
pub async fn register(
    database: &Database,
    hasher: &Hasher,
    signer: &TokenSigner,
    now: DateTime<Utc>,
    request: Register,
) -> Result<SignedIn, AccountsError> {
    let Register { email, password, display_name, phone, user_agent } = request;
    let draft = check(&email, &password, &display_name, phone.as_deref())?;
    let hash = hasher.hash(&password).await?;
    let mut conn = database.conn().await?;
    conn.transaction(async |tx| {
        let account = create_account(tx, now, &draft, &hash, &[Role::Customer]).await?;
        open_session(tx, signer, now, account, user_agent.as_deref()).await
    })
    .await
}

/// Makes the account with this email address an admin, and the account itself if there is none;
/// says whether it was made. Emits what registering does, or `user.role_granted`.
///
/// # Errors
/// [`AccountsError::Invalid`], [`AccountsError::HasherBusy`]; [`AccountsError::AccountDisabled`] when
/// the account is closed, which an admin has to undo first.
pub async fn make_superuser(
    database: &Database,
    hasher: &Hasher,
    now: DateTime<Utc>,
    request: Superuser,
) -> Result<(Account, bool), AccountsError> {
    let name = request.email.split('@').next().unwrap_or_default().to_owned();
    let draft = check(&request.email, &request.password, &name, None)?;
    let hash = hasher.hash(&request.password).await?;
    let mut conn = database.conn().await?;
    conn.transaction(async |tx| match store::find_account_by_key(tx, &draft.email.key()).await? {
        Some(account) if account.user.status == AccountStatus::Disabled => {
            Err(AccountsError::AccountDisabled)
        }
        Some(mut account) => {
            super::grant_role(tx, now, Actor::System, account.user.id, Role::Admin).await?;
            account.roles.insert(Role::Admin);
            Ok((account, false))
        }
        None => {
            let account = create_account(tx, now, &draft, &hash, &[Role::Customer, Role::Admin]).await?;
            Ok((account, true))
        }
    })
    .await
}

fn check(
    email: &str,
    password: &Password,
    display_name: &str,
    phone: Option<&str>,
) -> Result<Draft, Invalid> {
    let mut fields = Fields::default();
    let email = fields.take("email", EmailAddress::parse(email));
    fields.take("password", password.check(email.as_ref()));
    let display_name = fields.take("display_name", DISPLAY_NAME.read(display_name));
    let phone = fields.take("phone", read_phone(phone));
    match (email, display_name, phone, fields.finish()) {
        (Some(email), Some(display_name), Some(phone), Ok(())) => Ok(Draft { email, display_name, phone }),
        (_, _, _, Err(invalid)) => Err(invalid),
        // Nothing is missing without having been refused.
        _ => Err(Invalid { fields: Vec::new() }),
    }
}

async fn create_account(
    tx: &mut Conn,
    now: DateTime<Utc>,
    draft: &Draft,
    password_hash: &HashedPassword,
    roles: &[Role],
) -> Result<Account, AccountsError> {
    let user = User {
        id: UserId::new(),
        email: draft.email.as_str().to_owned(),
        display_name: draft.display_name.clone(),
        phone: draft.phone.clone(),
        status: AccountStatus::Active,
        version: 1,
        created_at: now,
        updated_at: now,
        email_verified_at: None,
    };
    let row = NewUser {
        id: user.id,
        email: &draft.email,
        password_hash,
        display_name: &user.display_name,
        phone: user.phone.as_deref(),
    };
    store::insert_user(tx, now, &row).await?;
    store::insert_role_grants(tx, now, user.id, roles).await?;
    let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let event = about_user("user.registered", user.id, user.id.into(), json!({ "roles": names }));
    let proof = ProofId::new();
    store::insert_proof(tx, now, proof, user.id, ProofKind::EmailVerification).await?;
    outbox::emit_all(tx, now, vec![event, verification_requested(user.id, proof)]).await?;
    Ok(Account { user, roles: roles.iter().copied().collect::<BTreeSet<_>>() })
}
