//! Opening live streams: with a ticket that works once, for as long as a session and its account are in order.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::SessionId;

use crate::model::TICKET_LIFETIME;
use crate::{AccountsError, IssuedTicket, Standing, StreamTicket, store};

/// Makes a ticket that opens a stream for the session's user, once and soon.
///
/// # Errors
/// [`AccountsError::SessionNotFound`] once it has ended.
pub async fn issue_ticket(
    conn: &mut Conn,
    now: DateTime<Utc>,
    session: SessionId,
) -> Result<IssuedTicket, AccountsError> {
    let issued = IssuedTicket { ticket: StreamTicket::generate(), expires_at: now + TICKET_LIFETIME };
    let is_live = store::insert_ticket(conn, session, &issued).await?;
    if is_live { Ok(issued) } else { Err(AccountsError::SessionNotFound) }
}

/// Uses a ticket up, and says who has come with it.
///
/// # Errors
/// [`AccountsError::TicketInvalid`] for one that is unknown, used or too old, and once the session or the account has
/// ended meanwhile.
pub async fn redeem_ticket(
    conn: &mut Conn,
    now: DateTime<Utc>,
    ticket: &StreamTicket,
) -> Result<Standing, AccountsError> {
    let session =
        store::take_ticket(conn, now, &ticket.digest()).await?.ok_or(AccountsError::TicketInvalid)?;
    find_standing(conn, session).await?.ok_or(AccountsError::TicketInvalid)
}

/// Who has the session, and what they are; none once it has ended or the account is closed.
pub async fn find_standing(conn: &mut Conn, session: SessionId) -> Result<Option<Standing>, AccountsError> {
    Ok(store::find_standing(conn, session).await?)
}
