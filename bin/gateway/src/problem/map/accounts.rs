//! The accounts' errors.

use accounts::AccountsError;
use chrono::TimeDelta;

use crate::extract::etag;
use crate::problem::{Problem, ProblemKind};

impl From<AccountsError> for Problem {
    fn from(error: AccountsError) -> Self {
        let refuse = |kind: ProblemKind| Self::new(kind).detail(error.to_string());
        match error {
            AccountsError::Invalid(invalid) => invalid.into(),
            AccountsError::EmailTaken => {
                refuse(ProblemKind::EmailTaken).field("/email", "not_allowed", "has an account")
            }
            AccountsError::WrongCredentials => refuse(ProblemKind::WrongCredentials),
            AccountsError::TooManyAttempts { retry_after } => {
                refuse(ProblemKind::TooManyAttempts).retry_after(whole_seconds(retry_after))
            }
            AccountsError::HasherBusy => refuse(ProblemKind::Busy),
            AccountsError::AccountDisabled => refuse(ProblemKind::AccountDisabled),
            AccountsError::RefreshTokenInvalid => refuse(ProblemKind::RefreshTokenInvalid),
            AccountsError::RefreshTokenReplayed => refuse(ProblemKind::RefreshTokenReplayed),
            AccountsError::ProofInvalid => refuse(ProblemKind::MailedLinkInvalid),
            AccountsError::TicketInvalid => refuse(ProblemKind::Unauthenticated),
            AccountsError::EmailVerified => refuse(ProblemKind::EmailVerified),
            AccountsError::UserNotFound => Self::not_found("user"),
            AccountsError::SessionNotFound => Self::not_found("session"),
            AccountsError::AddressNotFound => Self::not_found("address"),
            AccountsError::VendorNotFound => Self::not_found("vendor"),
            AccountsError::TooManyAddresses { .. } => refuse(ProblemKind::TooManyAddresses),
            AccountsError::AlreadyVendor => refuse(ProblemKind::AlreadyVendor),
            AccountsError::SlugTaken { .. } => {
                refuse(ProblemKind::SlugTaken).field("/slug", "not_allowed", "is another storefront's")
            }
            AccountsError::VersionMismatch { current } => Self::new(ProblemKind::PreconditionFailed)
                .detail(format!("the present version is {}", etag(current))),
            AccountsError::NotAdmin => refuse(ProblemKind::Forbidden),
            AccountsError::LastAdmin => refuse(ProblemKind::LastAdmin),
            AccountsError::Connection(error) => error.into(),
            AccountsError::Database(error) => error.into(),
            AccountsError::Cryptography(_) => Self::internal(&error),
        }
    }
}

/// Rounded up: a caller who waits so long must pass.
fn whole_seconds(wait: TimeDelta) -> u64 {
    let seconds = wait.num_seconds() + i64::from(wait.subsec_nanos() > 0);
    seconds.unsigned_abs().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_rounded_up() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (900_000, 900)] {
            assert_eq!(whole_seconds(TimeDelta::milliseconds(milliseconds)), seconds);
        }
    }
}
