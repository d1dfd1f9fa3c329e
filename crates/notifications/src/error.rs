//! What can be wrong with a request to be told, or not to be told, of something.

use kernel::Invalid;

use crate::NoSuchSubscription;

/// Why a use case was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum NotificationsError {
    /// Fields are refused.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// There is no such notification, or it is not the caller's.
    #[error("there is no such notification")]
    NotFound,
    /// The link switches nothing off.
    #[error(transparent)]
    NoSuchSubscription(#[from] NoSuchSubscription),
    /// The user who is told, or whose preferences are changed, does not exist.
    #[error("there is no such user")]
    UserNotFound,
    /// The database failed.
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for NotificationsError {
    fn from(error: diesel::result::Error) -> Self {
        match db::violated_constraint(&error) {
            Some("notification_preferences_user" | "notifications_user" | "notification_messages_user") => {
                Self::UserNotFound
            }
            _ => Self::Database(error),
        }
    }
}
