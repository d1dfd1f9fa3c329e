//! Forgetting what has no use any more.

use chrono::{DateTime, TimeDelta, Utc};
use db::Conn;

use crate::{NotificationsError, store};

/// How long a notification is kept after it was read.
pub const READ_KEPT: TimeDelta = TimeDelta::days(90);
/// How long is kept what a message said and where it went, after it has ended.
pub const CONTENT_KEPT: TimeDelta = TimeDelta::days(30);
/// How long a link with a token is kept that could not be sent: long enough to mend what was in its way.
const SECRET_KEPT: TimeDelta = TimeDelta::days(1);
/// As much as a statement does well within its time.
const AT_ONCE: i64 = 5_000;

/// How much was forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Purged {
    /// Notifications that had been read long ago.
    pub notifications: usize,
    /// Messages that had ended long ago: what they said, and their addresses. That they were sent is kept.
    pub messages: usize,
}

/// Forgets what is over its time. Must not run in a transaction, which would become a long one.
pub async fn purge(conn: &mut Conn, now: DateTime<Utc>) -> Result<Purged, NotificationsError> {
    let mut purged = Purged { notifications: 0, messages: 0 };
    loop {
        let some = store::notifications::delete_read(conn, now - READ_KEPT, AT_ONCE).await?;
        purged.notifications += some;
        if some == 0 {
            break;
        }
    }
    loop {
        let some = store::messages::forget(conn, now - SECRET_KEPT, now - CONTENT_KEPT, AT_ONCE).await?;
        purged.messages += some;
        if some == 0 {
            return Ok(purged);
        }
    }
}
