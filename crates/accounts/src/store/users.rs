//! Users and what they may do.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::dsl::{array, exists};
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;
use kernel::{Limit, UserId};

use super::{named, roles};
use crate::hasher::HashedPassword;
use crate::schema::{role_grants, users};
use crate::{Account, AccountStatus, AccountsError, EmailAddress, Role, User, UserFilter, UserKey};

#[derive(Queryable, Selectable, Debug)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    id: UserId,
    email: String,
    display_name: String,
    phone: Option<String>,
    status: String,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    email_verified_at: Option<DateTime<Utc>>,
}

impl TryFrom<UserRow> for User {
    type Error = diesel::result::Error;

    fn try_from(row: UserRow) -> Result<Self, Self::Error> {
        Ok(Self {
            id: row.id,
            email: row.email,
            display_name: row.display_name,
            phone: row.phone,
            status: named(AccountStatus::from_name(&row.status), "users.status", &row.status)?,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            email_verified_at: row.email_verified_at,
        })
    }
}

/// An account as a statement of our own gives it: the columns of its user in the order of [`UserRow`], and the names
/// of its roles.
pub(super) type AccountRow = (UserRow, Vec<String>);
pub(super) type AccountColumns = (
    (Uuid, Text, Text, Nullable<Text>, Text, Integer, Timestamptz, Timestamptz, Nullable<Timestamptz>),
    Array<Text>,
);

/// A user to be.
#[derive(Debug)]
pub(crate) struct NewUser<'a> {
    pub id: UserId,
    pub email: &'a EmailAddress,
    pub password_hash: &'a HashedPassword,
    pub display_name: &'a str,
    pub phone: Option<&'a str>,
}

/// An account whose row is held, with the password it has now.
#[derive(Debug)]
pub(crate) struct Verified {
    pub account: Account,
    pub password_hash: HashedPassword,
}

/// The names of a user's roles, in the same statement as the user.
macro_rules! role_names {
    () => {
        array::<Text, _>(
            role_grants::table.filter(role_grants::user_id.eq(users::id)).select(role_grants::role),
        )
    };
}

pub(super) fn account((row, names): AccountRow) -> QueryResult<Account> {
    Ok(Account { user: row.try_into()?, roles: roles(&names)? })
}

/// # Errors
/// [`AccountsError::EmailTaken`].
pub(crate) async fn insert_user(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: &NewUser<'_>,
) -> Result<(), AccountsError> {
    let inserted = diesel::insert_into(users::table)
        .values((
            users::id.eq(user.id),
            users::email.eq(user.email.as_str()),
            users::email_key.eq(user.email.key()),
            users::password_hash.eq(user.password_hash.as_str()),
            users::display_name.eq(user.display_name),
            users::phone.eq(user.phone),
            users::status.eq(AccountStatus::Active.as_str()),
            users::version.eq(1),
            users::created_at.eq(now),
            users::updated_at.eq(now),
        ))
        .execute(tx)
        .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if db::violated_constraint(&error) == Some("users_email") => {
            Err(AccountsError::EmailTaken)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn find_account(conn: &mut Conn, user: UserId) -> QueryResult<Option<Account>> {
    let found =
        users::table.find(user).select((UserRow::as_select(), role_names!())).first(conn).await.optional()?;
    found.map(account).transpose()
}

pub(crate) async fn find_account_by_key(conn: &mut Conn, email_key: &str) -> QueryResult<Option<Account>> {
    let by_key = users::table.filter(users::email_key.eq(email_key));
    let found = by_key.select((UserRow::as_select(), role_names!())).first(conn).await.optional()?;
    found.map(account).transpose()
}

/// The account with its password, held for the rest of the transaction.
pub(crate) async fn lock_account(tx: &mut Conn, user: UserId) -> QueryResult<Option<Verified>> {
    let found: Option<(UserRow, Vec<String>, String)> = users::table
        .find(user)
        .select((UserRow::as_select(), role_names!(), users::password_hash))
        .for_no_key_update()
        .first(tx)
        .await
        .optional()?;
    let verified = |(row, names, hash)| {
        Ok(Verified { account: account((row, names))?, password_hash: HashedPassword::from_stored(hash) })
    };
    found.map(verified).transpose()
}

/// The user, held for the rest of the transaction.
pub(crate) async fn lock_user(tx: &mut Conn, user: UserId) -> QueryResult<Option<User>> {
    let row: Option<UserRow> = users::table
        .find(user)
        .select(UserRow::as_select())
        .for_no_key_update()
        .first(tx)
        .await
        .optional()?;
    row.map(User::try_from).transpose()
}

/// Saves the name and the phone number, and counts the change.
pub(crate) async fn update_profile(tx: &mut Conn, now: DateTime<Utc>, user: &User) -> QueryResult<()> {
    diesel::update(users::table.find(user.id))
        .set((
            users::display_name.eq(&user.display_name),
            users::phone.eq(&user.phone),
            users::version.eq(user.version),
            users::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Replaces the password, unless it is no longer `current`.
pub(crate) async fn update_password(
    tx: &mut Conn,
    user: UserId,
    current: &HashedPassword,
    new: &HashedPassword,
) -> QueryResult<bool> {
    let unchanged = users::table.find(user).filter(users::password_hash.eq(current.as_str()));
    let updated = diesel::update(unchanged).set(users::password_hash.eq(new.as_str())).execute(tx).await?;
    Ok(updated == 1)
}

pub(crate) async fn update_status(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    status: AccountStatus,
) -> QueryResult<()> {
    diesel::update(users::table.find(user))
        .set((
            users::status.eq(status.as_str()),
            users::version.eq(users::version + 1),
            users::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Grants roles; returns how many of them the user did not have.
pub(crate) async fn insert_role_grants(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    roles: &[Role],
) -> QueryResult<usize> {
    let grant = |role: &Role| {
        (role_grants::user_id.eq(user), role_grants::role.eq(role.as_str()), role_grants::granted_at.eq(now))
    };
    let rows: Vec<_> = roles.iter().map(grant).collect();
    diesel::insert_into(role_grants::table).values(rows).on_conflict_do_nothing().execute(tx).await
}

/// Takes a role away; false when the user does not have it.
pub(crate) async fn delete_role_grant(tx: &mut Conn, user: UserId, role: Role) -> QueryResult<bool> {
    let deleted = diesel::delete(role_grants::table.find((user, role.as_str()))).execute(tx).await?;
    Ok(deleted == 1)
}

/// The active admins; none of them can cease to be one for the rest of the transaction.
pub(crate) async fn lock_active_admins(tx: &mut Conn) -> QueryResult<Vec<UserId>> {
    role_grants::table
        .inner_join(users::table.on(users::id.eq(role_grants::user_id)))
        .filter(role_grants::role.eq(Role::Admin.as_str()))
        .filter(users::status.eq(AccountStatus::Active.as_str()))
        .order(role_grants::user_id)
        .select(role_grants::user_id)
        .for_no_key_update()
        .load(tx)
        .await
}

/// Which of these accounts are closed.
pub(crate) async fn list_disabled(conn: &mut Conn, users: &[UserId]) -> QueryResult<Vec<UserId>> {
    users::table
        .filter(users::id.eq_any(users))
        .filter(users::status.eq(AccountStatus::Disabled.as_str()))
        .select(users::id)
        .load(conn)
        .await
}

pub(crate) async fn is_active_admin(conn: &mut Conn, user: UserId) -> QueryResult<bool> {
    let admin = role_grants::table
        .inner_join(users::table.on(users::id.eq(role_grants::user_id)))
        .filter(role_grants::user_id.eq(user))
        .filter(role_grants::role.eq(Role::Admin.as_str()))
        .filter(users::status.eq(AccountStatus::Active.as_str()));
    diesel::select(exists(admin)).get_result(conn).await
}

/// One page of accounts, newest first, with one more to look ahead.
pub(crate) async fn list_accounts(
    conn: &mut Conn,
    filter: &UserFilter,
    after: Option<UserKey>,
    limit: Limit,
) -> QueryResult<Vec<Account>> {
    let mut query = users::table.select((UserRow::as_select(), role_names!())).into_boxed();
    if let Some(prefix) = &filter.email_prefix {
        query = query.filter(users::email_key.like(format!("{}%", escape_like(&prefix.to_lowercase()))));
    }
    if let Some(status) = filter.status {
        query = query.filter(users::status.eq(status.as_str()));
    }
    if let Some(role) = filter.role {
        let granted = role_grants::table
            .filter(role_grants::user_id.eq(users::id))
            .filter(role_grants::role.eq(role.as_str()));
        query = query.filter(exists(granted));
    }
    if let Some((created_at, id)) = after {
        // The first condition lets the index begin where the page does.
        query = query
            .filter(users::created_at.le(created_at))
            .filter(users::created_at.lt(created_at).or(users::id.lt(id)));
    }
    let rows: Vec<AccountRow> = query
        .order((users::created_at.desc(), users::id.desc()))
        .limit(limit.with_lookahead())
        .load(conn)
        .await?;
    rows.into_iter().map(account).collect()
}

/// How many users there are since then: a range of one index.
pub(crate) async fn count_users_since(conn: &mut Conn, since: DateTime<Utc>) -> QueryResult<i64> {
    users::table.filter(users::created_at.ge(since)).count().get_result(conn).await
}

fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
