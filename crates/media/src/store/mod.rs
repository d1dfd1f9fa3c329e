//! Every query of media.

pub(crate) mod check;
pub(crate) mod discards;
pub(crate) mod images;
pub(crate) mod pictures;
pub(crate) mod posts;
pub(crate) mod uploads;

use std::fmt::Display;

/// What a column holds and the code does not know: the database and the code disagree.
pub(crate) fn unreadable(what: impl Display) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(format!("media cannot read {what}").into())
}

#[derive(diesel::QueryableByName)]
pub(crate) struct IdRow {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub id: uuid::Uuid,
}
