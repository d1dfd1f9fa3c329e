//! How the market has done lately, for admins.

use chrono::TimeDelta;
use kernel::InvalidCode;
use market::OrderFigure;
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};

use super::callers::require_admin;
use crate::extract::{Params, Principal};
use crate::wire::MoneyView;
use crate::{AppState, Ok200, Problem};

const USUAL_DAYS: i64 = 30;
const MOST_DAYS: i64 = 366;

/// How far back.
#[derive(Debug, Deserialize, Apiv2Schema)]
struct SummaryParams {
    /// Days up to now, 1 to 366; 30 unless asked.
    days: Option<i64>,
}

/// What happened in these days.
#[derive(Debug, Serialize, Apiv2Schema)]
struct SummaryView {
    /// Days up to now.
    days: i64,
    /// Accounts made.
    new_users: i64,
    /// Offerings put on sale that can be bought now.
    new_offerings: i64,
    /// The orders placed, state by state; states without orders are left out.
    orders: Vec<OrderFigureView>,
}

/// The orders of one state.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(crate) struct OrderFigureView {
    /// The state, such as `COMPLETE`.
    status: String,
    /// How many.
    count: i64,
    /// The sum of their totals.
    total: MoneyView,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(web::resource("/api/v1/admin/summary").route(web::get().to(show)));
}

/// How the market has done lately
#[api_v2_operation(operation_id = "show_summary")]
async fn show(
    state: AppState,
    principal: Principal,
    params: Params<SummaryParams>,
) -> Result<Ok200<SummaryView>, Problem> {
    let mut conn = state.conn().await?;
    require_admin(&mut conn, principal).await?;
    let days = params.0.days.unwrap_or(USUAL_DAYS);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Problem::parameter("days", InvalidCode::NotAllowed, "must be from 1 to 366"));
    }
    let since = state.clock.now() - TimeDelta::days(days);
    Ok(Ok200::new(SummaryView {
        days,
        new_users: accounts::count_registered(&mut conn, since).await?,
        new_offerings: catalog::count_published(&mut conn, since).await?,
        orders: market::order_figures(&mut conn, since)
            .await?
            .into_iter()
            .map(OrderFigureView::from)
            .collect(),
    }))
}

impl From<OrderFigure> for OrderFigureView {
    fn from(figure: OrderFigure) -> Self {
        let OrderFigure { status, count, total } = figure;
        Self { status: status.as_str().to_owned(), count, total: total.into() }
    }
}
