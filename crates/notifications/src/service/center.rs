//! The notification center: what somebody was told, and what of it they have read.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{FieldError, InvalidCode, Limit, NewestKey, NotificationId, Page, UserId};

use crate::{Notification, NotificationsError, store};

/// The most that is marked by id at once.
const MOST_MARKED: usize = 100;

/// What the user was told, newest first; `unread_only` leaves out what they have read.
pub async fn list(
    conn: &mut Conn,
    user: UserId,
    unread_only: bool,
    after: Option<NewestKey>,
    limit: Limit,
) -> Result<Page<Notification, NewestKey>, NotificationsError> {
    let rows = store::notifications::list(conn, user, unread_only, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, |row| NewestKey { at: row.created_at, id: row.id.0 }))
}

/// How much the user has not read.
pub async fn unread_count(conn: &mut Conn, user: UserId) -> Result<i64, NotificationsError> {
    Ok(store::notifications::count_unread(conn, user).await?)
}

/// Marks notifications as read; returns how many had not been.
///
/// # Errors
/// One of them is not the user's, and the transaction is to be undone; more than a hundred are named (`ids`).
pub async fn mark_read(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    ids: &[NotificationId],
) -> Result<usize, NotificationsError> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > MOST_MARKED {
        let message = format!("must name at most {MOST_MARKED}");
        return Err(FieldError::new(InvalidCode::TooLong, message).at("ids").into());
    }
    let (found, marked) = store::notifications::mark_read(tx, now, user, &ids).await?;
    if usize::try_from(found) != Ok(ids.len()) {
        return Err(NotificationsError::NotFound);
    }
    Ok(usize::try_from(marked).unwrap_or_default())
}

/// Marks everything as read that the user was told up to an instant: what they had before them, and nothing that has
/// come since. Returns how much that was.
pub async fn mark_all_read(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    up_to: DateTime<Utc>,
) -> Result<usize, NotificationsError> {
    Ok(store::notifications::mark_all_read(tx, now, user, up_to).await?)
}
