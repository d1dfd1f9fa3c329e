//! Every query of the catalog.

pub(crate) mod browse;
pub(crate) mod bulk;
pub(crate) mod categories;
pub(crate) mod check;
pub(crate) mod offerings;
pub(crate) mod plants;
pub(crate) mod reach;
pub(crate) mod reports;
pub(crate) mod sellers;

/// A word in a column that the code does not know: the database and the code disagree.
pub(crate) fn unreadable(what: &str) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(format!("the catalog cannot read {what}").into())
}
