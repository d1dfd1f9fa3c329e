//! What an error of the database means: which named rule it breached, or that the connection is gone.

use diesel::result::{DatabaseErrorKind, Error};

/// The name of the constraint that a statement breached, if that is what happened.
#[must_use]
pub fn violated_constraint(error: &Error) -> Option<&str> {
    use DatabaseErrorKind::{
        CheckViolation, ExclusionViolation, ForeignKeyViolation, RestrictViolation, UniqueViolation,
    };
    match error {
        Error::DatabaseError(
            UniqueViolation | CheckViolation | ForeignKeyViolation | ExclusionViolation | RestrictViolation,
            details,
        ) => details.constraint_name(),
        _ => None,
    }
}

/// Whether a statement gave up waiting for a lock (`lock_timeout`).
#[must_use]
pub fn is_lock_timeout(error: &Error) -> bool {
    // Diesel has no kind for SQLSTATE 55P03; the server's message is the only trace it keeps.
    matches!(error, Error::DatabaseError(_, details) if details.message().contains("due to lock timeout"))
}

/// Whether the connection went away, or the server with it, before the statement was answered. Whether a COMMIT that
/// ends so has taken effect is not known.
#[must_use]
pub fn is_connection_lost(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _) | Error::BrokenTransactionManager => {
            true
        }
        // What the client itself finds, without an answer from the server.
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand, details) => {
            let message = details.message();
            ["connection closed", "channel closed", "error communicating with the server"]
                .iter()
                .any(|beginning| message.starts_with(beginning))
        }
        // What the server says with its last breath, SQLSTATE 57P01, 57P02 and 57P03: diesel has no kind for them.
        Error::DatabaseError(_, details) => {
            let message = details.message();
            message.starts_with("terminating connection") || message.starts_with("the database system is ")
        }
        Error::RollbackErrorOnCommit { commit_error, .. } => is_connection_lost(commit_error),
        _ => false,
    }
}
