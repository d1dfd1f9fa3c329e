//! Telling people what happened.
//!
//! Owns what kinds of messages there are, who wants which by which channel, the notification center, what mail and text
//! messages say and look like, and sending them.
//!
//! Invariants:
//! - for one cause, somebody is told of a kind once per channel, however often and by however many at once it is told;
//! - a message is sent if and only if the transaction that told of it was committed, and it needs no sending any more
//!   once somebody has taken it. Where this process dies between the two, it is sent again under the same `Message-ID`;
//! - what cannot be switched off is sent whatever anybody has chosen;
//! - what opens something (a link's token) is made when the mail is written, and is not in the database; where a caller
//!   tells of a link that has its token already, only until it has been sent, or for a day after every attempt failed;
//! - whatever others have written, a mail has the headers and links that this crate gave it, and no others.
//!
//! Which fact leads to which message, and to whom, is a process's business; links come finished, but for tokens of [`Tokens`].

mod check;
mod content;
mod decide;
mod delivery;
mod error;
mod jobs;
mod kind;
mod letter;
mod model;
mod schema;
mod service;
mod store;
mod texting;
mod unsubscribe;
mod wording;

pub use check::{CHECKS, check, repair};
pub use content::{
    CancelledBy, Content, Handover, Line, LocalTime, LocalWindow, LowItem, Order, Pickup, Place, Tracking,
};
pub use delivery::{
    DeliveryError, FolderMailer, FolderSms, Mailer, Sms, SmtpMailer, SmtpSecurity, SmtpSettings, TextMessage,
};
pub use error::NotificationsError;
pub use jobs::{Purge, SendMessage, register};
pub use kind::{Category, Channel, Kind, Standing};
pub use letter::{InApp, LetterError, Mail, Preview, Rendered, Stationery, StationerySettings, preview};
pub use model::{
    MessageState, MessageStatus, Notice, Notification, Preference, PreferenceChange, Recipient, Told,
};
pub use service::center::{find_notifications, list, mark_all_read, mark_read, unread_count, unread_counts};
pub use service::preferences::{preferences, set_preferences, unsubscribe};
pub use service::purge::{CONTENT_KEPT, Purged, READ_KEPT, purge};
pub use service::sending::{Delivery, Tokens, find_message};
pub use service::telling::{cancel, tell, tell_all};
pub use unsubscribe::{NoSuchSubscription, Subscription, UnsubscribeKey};
