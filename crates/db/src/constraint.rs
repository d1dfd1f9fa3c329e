//! Which named rule of the database an error breached.

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
