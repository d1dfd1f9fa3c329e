//! Users, with what they may do and what they are known by.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use kernel::{TextRule, UserId};

use super::{Address, Role, VendorProfile};

pub(crate) const DISPLAY_NAME: TextRule = TextRule::line(1, 80);

/// Somebody with an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Never changes.
    pub id: UserId,
    /// As it was typed.
    pub email: String,
    /// What others see.
    pub display_name: String,
    /// As it was typed.
    pub phone: Option<String>,
    /// Whether the account may be used.
    pub status: AccountStatus,
    /// Counts the changes of this record, from 1.
    pub version: i32,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When this record last changed.
    pub updated_at: DateTime<Utc>,
    /// When the address was shown to be theirs.
    pub email_verified_at: Option<DateTime<Utc>>,
}

/// Whether an account may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccountStatus {
    /// It may.
    Active,
    /// An admin has closed it: no login, no refresh.
    Disabled,
}

impl AccountStatus {
    /// The status's name, on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Active, Self::Disabled].into_iter().find(|status| status.as_str() == name)
    }
}

/// A user with the roles granted to them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The user.
    pub user: User,
    /// What they may do.
    pub roles: BTreeSet<Role>,
}

/// Everything the platform knows a person by.
#[derive(Clone, PartialEq, Debug)]
pub struct Me {
    /// The user and their roles.
    pub account: Account,
    /// Their storefront, if they sell.
    pub vendor: Option<VendorProfile>,
    /// Where they are, as far as reach is concerned.
    pub primary_address: Option<Address>,
}

/// Which users an admin wants to see; every condition must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UserFilter {
    /// Whose email address begins so, in any case.
    pub email_prefix: Option<String>,
    /// Who has this role.
    pub role: Option<Role>,
    /// Whose account is in this state.
    pub status: Option<AccountStatus>,
}

/// Where a user stands in the list, newest first.
pub type UserKey = (DateTime<Utc>, UserId);
