//! What can be listened to.

use kernel::UserId;

/// What somebody listens to, as they name it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Topic {
    /// What they are told, and how much of it they have not read.
    Notifications,
    /// The orders they have placed.
    Orders,
    /// The orders that others have placed with them.
    Sales,
    /// What goes on on the platform, in numbers; for those who run it.
    Admin,
}

/// A topic of somebody's: what is published on it goes to all of their connections that listen to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Channel {
    /// What the user is told.
    Notifications(UserId),
    /// The user's orders.
    Orders(UserId),
    /// The vendor's sales.
    Sales(UserId),
    /// The platform's numbers, the same for everybody who may see them.
    Admin,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 4] = [Self::Notifications, Self::Orders, Self::Sales, Self::Admin];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notifications => "notifications",
            Self::Orders => "orders",
            Self::Sales => "sales",
            Self::Admin => "admin",
        }
    }

    /// The topic of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == name)
    }

    /// What the user hears who listens to it.
    #[must_use]
    pub fn channel(self, user: UserId) -> Channel {
        match self {
            Self::Notifications => Channel::Notifications(user),
            Self::Orders => Channel::Orders(user),
            Self::Sales => Channel::Sales(user),
            Self::Admin => Channel::Admin,
        }
    }

    /// Whether only those may listen who run the platform.
    #[must_use]
    pub fn is_for_admins(self) -> bool {
        self == Self::Admin
    }
}

impl Channel {
    /// The topic it is of.
    #[must_use]
    pub fn topic(self) -> Topic {
        match self {
            Self::Notifications(_) => Topic::Notifications,
            Self::Orders(_) => Topic::Orders,
            Self::Sales(_) => Topic::Sales,
            Self::Admin => Topic::Admin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_known_by_its_name_and_by_its_channel() {
        let user = UserId::new();
        for topic in Topic::ALL {
            assert_eq!(Topic::from_name(topic.as_str()), Some(topic));
            assert_eq!(topic.channel(user).topic(), topic);
        }
        assert_eq!(Topic::from_name("Orders"), None);
        assert_ne!(Topic::Orders.channel(user), Topic::Orders.channel(UserId::new()));
        assert_eq!(Topic::Admin.channel(user), Topic::Admin.channel(UserId::new()));
    }
}
