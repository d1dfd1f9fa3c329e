//! Who did it: recorded with every event and every stock movement.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::UserId;

/// Whoever caused a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// A person with an account.
    User {
        /// The account.
        id: UserId,
    },
    /// Somebody without an account.
    Guest,
    /// The platform itself: a job, a schedule, a command of the operator's.
    System,
}

impl Actor {
    /// The person, where there is one.
    #[must_use]
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User { id } => Some(id),
            Self::Guest | Self::System => None,
        }
    }
}

impl From<UserId> for Actor {
    fn from(id: UserId) -> Self {
        Self::User { id }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { id } => write!(f, "user:{id}"),
            Self::Guest => f.write_str("guest"),
            Self::System => f.write_str("system"),
        }
    }
}
