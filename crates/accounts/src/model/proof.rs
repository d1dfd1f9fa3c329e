//! What a mailed link proves, and for how long.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::UserId;

/// What whoever has read a mail may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProofKind {
    /// Set a new password.
    PasswordReset,
    /// Show that the address is theirs.
    EmailVerification,
}

impl ProofKind {
    /// The name in the database and in tokens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::EmailVerification => "email_verification",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::PasswordReset, Self::EmailVerification].into_iter().find(|kind| kind.as_str() == name)
    }

    /// How long a link works.
    #[must_use]
    pub fn lifetime(self) -> TimeDelta {
        match self {
            Self::PasswordReset => TimeDelta::hours(1),
            Self::EmailVerification => TimeDelta::days(3),
        }
    }
}

/// A link that still counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenProof {
    /// What it proves.
    pub kind: ProofKind,
    /// Whose address it goes to.
    pub user_id: UserId,
    /// From when on it proves nothing.
    pub expires_at: DateTime<Utc>,
}

/// How somebody with an account is reached, and by what name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// The address for mail.
    pub email: String,
    /// What others see.
    pub display_name: String,
    /// The telephone.
    pub phone: Option<String>,
    /// The name of their shop, if they sell.
    pub shop: Option<String>,
}
