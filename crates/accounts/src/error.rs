//! What can go wrong with an account, in the business's words.

use chrono::TimeDelta;
use kernel::Invalid;

use crate::hasher::HasherError;
use crate::lockout::Locked;

/// Why a use case was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// Input was refused.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Somebody has an account with this email address.
    #[error("this email address already has an account")]
    EmailTaken,
    /// No account has this email address, or the password is another.
    #[error("the email address or the password is wrong")]
    WrongCredentials,
    /// Too many attempts failed in a row for this email address, whether or not it has an account.
    #[error("too many attempts failed; wait before the next")]
    TooManyAttempts {
        /// How long the next attempt must wait.
        retry_after: TimeDelta,
    },
    /// More passwords wait to be checked than the server will take on.
    #[error("too many logins are waiting")]
    HasherBusy,
    /// An admin has closed the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The refresh token is unknown, expired, or of a session that has ended.
    #[error("the refresh token is not valid; log in again")]
    RefreshTokenInvalid,
    /// The refresh token was used before, so its session was ended.
    #[error("the refresh token was used before, so its session was ended; log in again")]
    RefreshTokenReplayed,
    /// The mailed link is unknown or over, was used, or a newer one was asked for.
    #[error("the link does not work, or no longer; ask for a new one")]
    ProofInvalid,
    /// The ticket is unknown, too old, or was used; or its session has ended.
    #[error("the ticket does not open a stream, or no longer; ask for a new one")]
    TicketInvalid,
    /// The user's address is known to be theirs.
    #[error("the email address is verified already")]
    EmailVerified,
    /// There is no such user.
    #[error("there is no such user")]
    UserNotFound,
    /// The user has no such session, or it has ended.
    #[error("there is no such session")]
    SessionNotFound,
    /// The user has no such address.
    #[error("there is no such address")]
    AddressNotFound,
    /// The user has as many addresses as anybody may have.
    #[error("an account can have at most {most} addresses")]
    TooManyAddresses {
        /// The most addresses an account can have.
        most: usize,
    },
    /// There is no such storefront.
    #[error("there is no such vendor")]
    VendorNotFound,
    /// The user already has a storefront.
    #[error("this account already has a storefront")]
    AlreadyVendor,
    /// Another storefront has this address.
    #[error("another storefront has the address \"{slug}\"")]
    SlugTaken {
        /// The address that was asked for.
        slug: String,
    },
    /// The record has changed since the caller read it.
    #[error("it has changed since you read it: the current version is {current}")]
    VersionMismatch {
        /// The version it has now.
        current: i32,
    },
    /// The user is not an admin.
    #[error("only an admin may do this")]
    NotAdmin,
    /// Nobody would be left to run the platform.
    #[error("the last active admin must remain one")]
    LastAdmin,
    /// No connection to the database.
    #[error(transparent)]
    Connection(#[from] db::DbError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    /// A hash or a signature could not be made.
    #[error("a cryptographic operation failed: {0}")]
    Cryptography(String),
}

impl From<HasherError> for AccountsError {
    fn from(error: HasherError) -> Self {
        match error {
            HasherError::Busy => Self::HasherBusy,
            HasherError::Failed(reason) => Self::Cryptography(reason),
        }
    }
}

impl From<Locked> for AccountsError {
    fn from(locked: Locked) -> Self {
        Self::TooManyAttempts { retry_after: locked.retry_after }
    }
}
