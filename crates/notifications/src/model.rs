//! The types of the use cases.

use chrono::{DateTime, Utc};
use kernel::{MessageId, NotificationId, UserId};

use crate::{Channel, Content, Kind};

/// Whom to tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipient {
    /// The account; none for a guest, who is told by mail alone.
    pub user_id: Option<UserId>,
    /// The address for mail.
    pub email: String,
    /// What they are called; may be empty.
    pub display_name: String,
    /// The telephone, where they have given one.
    pub phone: Option<String>,
}

/// Something to tell somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// Why: 1 to 200 characters that are the same whenever the same thing is told again, such as `event:4711`. One cause
    /// has at most one message of a kind to somebody on each channel.
    pub cause: String,
    /// To whom.
    pub recipient: Recipient,
    /// What.
    pub content: Content,
}

/// What came of telling: what is new. What had been told before is not in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// What the notification center now shows.
    pub notifications: Vec<NotificationId>,
    /// Mail and text messages that are going to be sent.
    pub messages: Vec<MessageId>,
}

/// What the notification center shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// The kind.
    pub kind: Kind,
    /// The title, one line.
    pub title: String,
    /// A sentence or two.
    pub body: String,
    /// Where it leads, an absolute URL.
    pub link: Option<String>,
    /// When it was told.
    pub created_at: DateTime<Utc>,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
}

/// Whether somebody is told of a kind by a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Preference {
    /// The kind.
    pub kind: Kind,
    /// The channel, one that the kind may use.
    pub channel: Channel,
    /// Whether they are told.
    pub enabled: bool,
    /// Whether that is theirs to choose.
    pub changeable: bool,
}

/// A choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PreferenceChange {
    /// The kind.
    pub kind: Kind,
    /// The channel.
    pub channel: Channel,
    /// Whether to be told.
    pub enabled: bool,
}

/// What has become of a mail or a text message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageState {
    /// A job is going to send it.
    Pending,
    /// It was taken by whoever carries it on.
    Sent,
    /// It was refused for good, or cannot be written.
    Refused,
    /// Every attempt failed. Its job is dead; one that is put back tries again.
    GivenUp,
    /// It was called off before it was sent.
    Cancelled,
}

impl MessageState {
    pub(crate) const ALL: [Self; 5] =
        [Self::Pending, Self::Sent, Self::Refused, Self::GivenUp, Self::Cancelled];

    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How a mail or a text message stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageStatus {
    /// Its id.
    pub id: MessageId,
    /// The kind.
    pub kind: Kind,
    /// Mail or text message.
    pub channel: Channel,
    /// What has become of it.
    pub state: MessageState,
    /// How often it was tried.
    pub attempts: i32,
    /// Why the latest attempt failed.
    pub failure: Option<String>,
    /// When it was told.
    pub created_at: DateTime<Utc>,
    /// When it was sent, refused, given up or called off.
    pub ended_at: Option<DateTime<Utc>>,
}
