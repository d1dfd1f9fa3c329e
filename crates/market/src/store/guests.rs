//! What guests' checkouts have beyond others: a token, of which only the digest is kept.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{CheckoutId, UserId};

use crate::schema::{checkouts, orders};

pub(crate) async fn find_by_token(
    conn: &mut Conn,
    now: DateTime<Utc>,
    digest: &[u8],
) -> QueryResult<Option<CheckoutId>> {
    checkouts::table
        .filter(checkouts::order_token_digest.eq(digest).and(checkouts::order_token_expires_at.gt(now)))
        .select(checkouts::id)
        .first(conn)
        .await
        .optional()
}

/// The same, and nobody else uses the token meanwhile.
pub(crate) async fn lock_by_token(
    tx: &mut Conn,
    now: DateTime<Utc>,
    digest: &[u8],
) -> QueryResult<Option<CheckoutId>> {
    checkouts::table
        .filter(checkouts::order_token_digest.eq(digest).and(checkouts::order_token_expires_at.gt(now)))
        .select(checkouts::id)
        .for_update()
        .first(tx)
        .await
        .optional()
}

/// Gives the checkout and its orders to the user; the token opens nothing any more.
pub(crate) async fn hand_over(
    tx: &mut Conn,
    now: DateTime<Utc>,
    id: CheckoutId,
    user: UserId,
) -> QueryResult<()> {
    diesel::update(checkouts::table.find(id))
        .set((
            checkouts::customer_id.eq(user),
            checkouts::guest_email.eq(None::<String>),
            checkouts::order_token_digest.eq(None::<Vec<u8>>),
            checkouts::order_token_expires_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(tx)
        .await?;
    diesel::update(orders::table.filter(orders::checkout_id.eq(id)))
        .set((
            orders::customer_id.eq(user),
            orders::guest_email.eq(None::<String>),
            orders::version.eq(orders::version + 1),
            orders::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}
