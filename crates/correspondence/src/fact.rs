//! What all handlers know of a fact, and the parts that messages have in common.

use accounts::Contact;
use chrono::{DateTime, Utc};
use kernel::UserId;
use logistics::Center;
use notifications::{Content, LocalTime, Notice, Place, Recipient};
use outbox::FeedEvent;

use crate::Pages;

/// The clocks of those whose place is not known.
const USUAL_ZONE: &str = "America/Denver";

/// A fact that somebody may have to be told of.
#[derive(Clone, Copy)]
pub(crate) struct Fact<'a> {
    pub event: &'a FeedEvent,
    pub now: DateTime<Utc>,
    pub pages: &'a Pages,
}

impl Fact<'_> {
    /// A message because of this fact.
    pub(crate) fn notice(&self, recipient: Recipient, content: Content) -> Notice {
        Notice { cause: format!("event:{}", self.event.position), recipient, content }
    }
}

/// Somebody with an account, as messages are addressed to them.
pub(crate) fn recipient(user: UserId, contact: &Contact) -> Recipient {
    Recipient {
        user_id: Some(user),
        email: contact.email.clone(),
        display_name: contact.display_name.clone(),
        phone: contact.phone.clone(),
    }
}

/// An instant on the clocks of somebody whose place is not known.
pub(crate) fn usual_time(at: DateTime<Utc>) -> LocalTime {
    LocalTime { at, zone: USUAL_ZONE.to_owned() }
}

/// A center, as messages show it.
pub(crate) fn place(center: &Center) -> Place {
    let address = &center.address;
    let street = match &address.line2 {
        Some(line2) => format!("{}, {line2}", address.line1),
        None => address.line1.clone(),
    };
    Place {
        name: center.name.clone(),
        address: format!("{street}, {}, {} {}", address.city, address.state, address.postal_code),
    }
}
