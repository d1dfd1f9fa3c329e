//! What goes on on the platform, in numbers.

use chrono::{DateTime, TimeDelta, Utc};
use db::Conn;
use market::OrderFigure;

use crate::LiveError;

/// How far back "lately" goes.
const LATELY: TimeDelta = TimeDelta::hours(24);

/// The platform's numbers, for those who run it.
#[derive(Clone, Debug)]
pub struct Counters {
    /// Since when "new" counts.
    pub since: DateTime<Utc>,
    /// Accounts made since then.
    pub new_users: i64,
    /// Offerings put on sale since then that can be bought now.
    pub new_offerings: i64,
    /// The orders placed since then, state by state.
    pub orders: Vec<OrderFigure>,
    /// Centers that wait for a decision.
    pub proposed_centers: i64,
    /// Reports that wait for one.
    pub open_reports: i64,
    /// Jobs that failed for good.
    pub dead_jobs: i64,
}

/// Counts, in a constant number of statements.
pub async fn counters(conn: &mut Conn, now: DateTime<Utc>) -> Result<Counters, LiveError> {
    let since = now - LATELY;
    Ok(Counters {
        since,
        new_users: accounts::count_registered(conn, since).await?,
        new_offerings: catalog::count_published(conn, since).await?,
        orders: market::order_figures(conn, since).await?,
        proposed_centers: logistics::count_proposed(conn).await?,
        open_reports: catalog::count_open_reports(conn).await?,
        dead_jobs: outbox::backlog(conn, now).await?.dead_jobs,
    })
}
