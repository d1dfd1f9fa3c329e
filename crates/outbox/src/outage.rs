//! Telling that the database is away from other failures.

use std::sync::Arc;

use diesel::result::Error;

use crate::HandlerError;

/// There was no connection for a statement that several waited for.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Away(Arc<db::DbError>);

impl From<db::DbError> for Away {
    fn from(error: db::DbError) -> Self {
        Self(Arc::new(error))
    }
}

/// Whether this is about the database being away, rather than about what it was asked.
pub(crate) fn is_outage(error: &HandlerError) -> bool {
    error.is::<db::DbError>()
        || error.is::<Away>()
        || error.downcast_ref::<Error>().is_some_and(db::is_connection_lost)
}
