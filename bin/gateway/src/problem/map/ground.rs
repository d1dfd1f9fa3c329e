//! The ground floor's errors: bad input, cursors, the database, idempotency records.

use db::DbError;
use diesel::result::{DatabaseErrorKind, Error};
use kernel::{CursorError, Invalid};
use outbox::IdempotencyError;

use crate::problem::{Problem, ProblemKind};

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let problem = Self::new(ProblemKind::InvalidInput).detail(invalid.to_string());
        invalid.fields.into_iter().fold(problem, |problem, (field, error)| {
            problem.field(format!("/{field}"), error.code.as_str(), error.message)
        })
    }
}

impl From<CursorError> for Problem {
    fn from(error: CursorError) -> Self {
        let code = kernel::InvalidCode::NotAllowed.as_str();
        Self::new(ProblemKind::InvalidCursor).detail(error.to_string()).field(
            "query/cursor",
            code,
            error.to_string(),
        )
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        Self::of_connection(&error)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::of_database(&error)
    }
}

impl Problem {
    /// There is no connection to be had. The pool itself tells the log, once per outage.
    pub(super) fn of_connection(error: &DbError) -> Self {
        match error {
            DbError::Busy => Self::new(ProblemKind::Busy),
            DbError::Connect(_) | DbError::Pool(_) => {
                tracing::debug!(error = crate::problem::chain(error), "no connection for a request");
                Self::new(ProblemKind::Unavailable).detail("the database does not answer").retry_after(5)
            }
        }
    }

    /// What no store turned into a business fact. A conflict between transactions and a lost connection are worth
    /// another try; all else is a fault of ours.
    pub(super) fn of_database(error: &Error) -> Self {
        match error {
            _ if db::is_connection_lost(error) => {
                tracing::warn!(error = error.to_string(), "a request lost its database connection");
                Self::new(ProblemKind::Unavailable).detail("the database went away").retry_after(1)
            }
            _ if db::is_lock_timeout(error) || is_transient(error) => {
                tracing::warn!(error = error.to_string(), "a transaction gave way");
                Self::new(ProblemKind::Busy)
            }
            Error::DatabaseError(_, details) if details.message().contains("due to statement timeout") => {
                tracing::warn!(error = error.to_string(), "a statement took too long");
                Self::new(ProblemKind::Timeout)
            }
            _ => Self::internal(error),
        }
    }
}

fn is_transient(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        // Diesel has no kind for SQLSTATE 40P01; the server's message is the only trace it keeps.
        Error::DatabaseError(_, details) => details.message().contains("deadlock detected"),
        _ => false,
    }
}

impl From<IdempotencyError> for Problem {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::InFlight => Self::new(ProblemKind::RequestInFlight).detail(error.to_string()),
            IdempotencyError::KeyReused => {
                Self::new(ProblemKind::IdempotencyKeyReused).detail(error.to_string())
            }
            IdempotencyError::Database(error) => error.into(),
        }
    }
}
