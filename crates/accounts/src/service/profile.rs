//! What a person sees and changes about themselves.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{Fields, UserId};

use super::{expect_version, lock_user};
use crate::model::{DISPLAY_NAME, read_phone};
use crate::{AccountsError, Change, Me, User, store};

/// What to change about oneself.
#[derive(Clone, Debug, Default)]
pub struct ProfileChanges {
    /// 1 to 80 characters.
    pub display_name: Change<String>,
    /// A telephone number.
    pub phone: Change<Option<String>>,
}

/// Everything the platform knows a person by.
///
/// # Errors
/// [`AccountsError::UserNotFound`].
pub async fn find_me(conn: &mut Conn, user: UserId) -> Result<Me, AccountsError> {
    let account = store::find_account(conn, user).await?.ok_or(AccountsError::UserNotFound)?;
    let vendor = store::find_vendor_profile(conn, user).await?;
    let primary_address = store::find_primary_address(conn, user).await?;
    Ok(Me { account, vendor, primary_address })
}

/// Changes the name or the phone number of a user who was read at `expected_version`.
///
/// # Errors
/// [`AccountsError::VersionMismatch`], [`AccountsError::Invalid`].
pub async fn change_profile(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    expected_version: i32,
    changes: ProfileChanges,
) -> Result<User, AccountsError> {
    let current = lock_user(tx, user).await?;
    expect_version(current.version, expected_version)?;
    let mut fields = Fields::default();
    let display_name = changes.display_name.over(current.display_name.clone());
    let phone = changes.phone.over(current.phone.clone());
    let display_name = fields.take("display_name", DISPLAY_NAME.read(&display_name));
    let phone = fields.take("phone", read_phone(phone.as_deref()));
    fields.finish()?;
    let updated = User {
        display_name: display_name.unwrap_or_default(),
        phone: phone.flatten(),
        version: current.version + 1,
        updated_at: now,
        ..current
    };
    store::update_profile(tx, now, &updated).await?;
    Ok(updated)
}
