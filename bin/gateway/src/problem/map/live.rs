//! What following what happens refuses: whatever the domains do that it asks.

use live::LiveError;

use crate::problem::Problem;

impl From<LiveError> for Problem {
    fn from(error: LiveError) -> Self {
        match error {
            LiveError::Accounts(error) => error.into(),
            LiveError::Catalog(error) => error.into(),
            LiveError::Logistics(error) => error.into(),
            LiveError::Market(error) => error.into(),
            LiveError::Notifications(error) => error.into(),
            LiveError::Connection(error) => error.into(),
            LiveError::Database(error) => error.into(),
        }
    }
}
