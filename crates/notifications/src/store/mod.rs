//! Every query of notifications.

pub(crate) mod check;
pub(crate) mod messages;
pub(crate) mod notifications;
pub(crate) mod preferences;

use std::fmt::Display;

/// What a column holds and the code does not know: the database and the code disagree.
pub(crate) fn unreadable(what: impl Display) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(format!("notifications cannot read {what}").into())
}
