//! What cannot be told or chosen.

use notifications::NotificationsError;

use crate::problem::{Problem, ProblemKind};

impl From<NotificationsError> for Problem {
    fn from(error: NotificationsError) -> Self {
        match error {
            NotificationsError::Invalid(invalid) => invalid.into(),
            NotificationsError::NotFound => Self::not_found("notification"),
            NotificationsError::NoSuchSubscription(nothing) => {
                Self::new(ProblemKind::NotFound).detail(nothing.to_string())
            }
            NotificationsError::UserNotFound => Self::not_found("user"),
            NotificationsError::Database(error) => error.into(),
        }
    }
}
