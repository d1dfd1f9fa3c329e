//! Tickets of live streams.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{SessionId, UserId};

use crate::schema::{sessions, stream_tickets};
use crate::{IssuedTicket, Standing};

#[derive(QueryableByName)]
struct StandingRow {
    #[diesel(sql_type = SqlUuid)]
    user_id: UserId,
    #[diesel(sql_type = Bool)]
    is_admin: bool,
}

/// Writes down a ticket of a session that has not ended; says whether there was one.
pub(crate) async fn insert_ticket(
    conn: &mut Conn,
    session: SessionId,
    issued: &IssuedTicket,
) -> QueryResult<bool> {
    let live = sessions::table.filter(sessions::id.eq(session).and(sessions::revoked_at.is_null())).select((
        issued.ticket.digest().to_vec().into_sql::<diesel::sql_types::Binary>(),
        sessions::id,
        issued.expires_at.into_sql::<diesel::sql_types::Timestamptz>(),
    ));
    let inserted = diesel::insert_into(stream_tickets::table)
        .values(live)
        .into_columns((stream_tickets::digest, stream_tickets::session_id, stream_tickets::expires_at))
        .execute(conn)
        .await?;
    Ok(inserted > 0)
}

/// Takes a ticket away from everybody else, and says whose session it opens.
pub(crate) async fn take_ticket(
    conn: &mut Conn,
    now: DateTime<Utc>,
    digest: &[u8; 32],
) -> QueryResult<Option<SessionId>> {
    diesel::delete(stream_tickets::table.find(digest.as_slice()).filter(stream_tickets::expires_at.gt(now)))
        .returning(stream_tickets::session_id)
        .get_result(conn)
        .await
        .optional()
}

pub(crate) async fn delete_expired_tickets(conn: &mut Conn, before: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(stream_tickets::table.filter(stream_tickets::expires_at.le(before))).execute(conn).await
}

/// Who has a session that has not ended, if their account is open.
pub(crate) async fn find_standing(conn: &mut Conn, session: SessionId) -> QueryResult<Option<Standing>> {
    let row: Option<StandingRow> = sql("SELECT s.user_id, \
             EXISTS (SELECT FROM role_grants g WHERE g.user_id = s.user_id AND g.role = 'admin') AS is_admin \
         FROM sessions s JOIN users u ON u.id = s.user_id \
         WHERE s.id = $1 AND s.revoked_at IS NULL AND u.status = 'active'")
    .bind::<SqlUuid, _>(session)
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.map(|row| Standing { user_id: row.user_id, session_id: session, is_admin: row.is_admin }))
}
