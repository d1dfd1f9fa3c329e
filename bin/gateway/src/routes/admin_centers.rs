//! Distribution centers, as the platform's admins decide about them and change them.

use db::Conn;
use kernel::{CenterId, Fields, InvalidCode};
use logistics::{Center, CenterStatus, EditCenter, TimeOfDay, WeeklySchedule, WeeklyWindow};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};

use super::callers::require_admin;
use super::centers::CenterView;
use super::visitor::refused;
use crate::extract::{Body, Id, IfMatch, Params, Principal};
use crate::wire::{PageView, Paging, Patch};
use crate::{AppState, Ok200, Problem};

/// Which centers, and how many.
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct AdminCenterParams {
    /// Only such centers. One of `PROPOSED`, `APPROVED`, `REJECTED` or `INACTIVE`.
    status: Option<String>,
    /// 1 to 100, 24 unless asked.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Why.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct CenterReasonBody {
    /// For the proposer and for those who pick up there: 3 to 500 characters.
    reason: String,
}

/// What to change about a center.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ChangeCenterBody {
    /// 3 to 120 characters.
    name: Option<String>,
    /// Up to 2000 characters; null removes them (nullable).
    #[serde(default)]
    notes: Patch<String>,
    /// The IANA zone of its clocks.
    time_zone: Option<String>,
    /// All weekly windows, up to 50; an empty list means pickup at any time that is arranged.
    windows: Option<Vec<WeeklyWindowBody>>,
}

/// A weekly window in the center's local time.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct WeeklyWindowBody {
    /// 1 to 7: 1 is Monday, 7 Sunday.
    weekday: i16,
    /// A time of day, such as `09:00`.
    opens: String,
    /// A time of day, such as `13:00`, at most `24:00`.
    closes: String,
    /// How many orders can be picked up in it: 1 to 10000.
    capacity: i32,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/admin/centers").route(web::get().to(list)))
        .service(web::resource("/api/v1/admin/centers/{id}").route(web::patch().to(change)))
        .service(web::resource("/api/v1/admin/centers/{id}/approve").route(web::post().to(approve)))
        .service(web::resource("/api/v1/admin/centers/{id}/reject").route(web::post().to(reject)))
        .service(web::resource("/api/v1/admin/centers/{id}/deactivate").route(web::post().to(deactivate)))
        .service(web::resource("/api/v1/admin/centers/{id}/reactivate").route(web::post().to(reactivate)));
}

/// Centers of every status, newest first
///
/// For admins.
#[api_v2_operation(operation_id = "list_centers_as_admin")]
async fn list(
    state: AppState,
    principal: Principal,
    params: Params<AdminCenterParams>,
) -> Result<Ok200<PageView<CenterView>>, Problem> {
    let paging = Paging::read(&state.cursors, "admin/centers", &params.0)?;
    let status = status(params.0.status.as_deref())?;
    let mut conn = state.conn().await?;
    require_admin(&mut conn, principal).await?;
    let page = logistics::list_centers(&mut conn, status, paging.after, paging.limit).await?;
    Ok(Ok200::new(paging.view(page, CenterView::from)?))
}

fn status(text: Option<&str>) -> Result<Option<CenterStatus>, Problem> {
    let read = text.map(str::parse::<CenterStatus>).transpose();
    read.map_err(|error| refused("status", InvalidCode::Unknown, error.to_string()))
}

/// Opens a proposed center for pickup
///
/// For admins. It gets the usual weekly windows, Wednesday 16:00 to 19:00 and Saturday 09:00 to 13:00 for 40 orders
/// each, unless it has some.
///
/// Problems: `wrong_center_state`.
#[api_v2_operation(operation_id = "approve_center")]
async fn approve(
    state: AppState,
    principal: Principal,
    id: Id<CenterId>,
) -> Result<Ok200<CenterView>, Problem> {
    let now = state.clock.now();
    let decide = async |tx: &mut Conn| {
        let center = logistics::approve(tx, now, principal.user_id.into(), id.0).await?;
        Ok(center)
    };
    decided(&state, principal, decide).await
}

/// Turns a proposed center down
///
/// For admins. That is final.
///
/// Problems: `wrong_center_state`.
#[api_v2_operation(operation_id = "reject_center")]
async fn reject(
    state: AppState,
    principal: Principal,
    id: Id<CenterId>,
    body: Body<CenterReasonBody>,
) -> Result<Ok200<CenterView>, Problem> {
    let now = state.clock.now();
    let decide = async |tx: &mut Conn| {
        let by = principal.user_id.into();
        Ok(logistics::reject(tx, now, by, id.0, &body.data.reason).await?)
    };
    decided(&state, principal, decide).await
}

/// Closes an approved center
///
/// For admins. Pickups that are arranged there stay arranged; no new ones are.
///
/// Problems: `wrong_center_state`.
#[api_v2_operation(operation_id = "deactivate_center")]
async fn deactivate(
    state: AppState,
    principal: Principal,
    id: Id<CenterId>,
    body: Body<CenterReasonBody>,
) -> Result<Ok200<CenterView>, Problem> {
    let now = state.clock.now();
    let decide = async |tx: &mut Conn| {
        let by = principal.user_id.into();
        Ok(logistics::deactivate(tx, now, by, id.0, &body.data.reason).await?)
    };
    decided(&state, principal, decide).await
}

/// Opens a closed center again
///
/// For admins. It has the weekly windows it had.
///
/// Problems: `wrong_center_state`.
#[api_v2_operation(operation_id = "reactivate_center")]
async fn reactivate(
    state: AppState,
    principal: Principal,
    id: Id<CenterId>,
) -> Result<Ok200<CenterView>, Problem> {
    let now = state.clock.now();
    let decide = async |tx: &mut Conn| {
        let center = logistics::reactivate(tx, now, principal.user_id.into(), id.0).await?;
        Ok(center)
    };
    decided(&state, principal, decide).await
}

/// Changes a center
///
/// For admins. What is absent stays. New capacities also hold for windows that have been chosen already, though never
/// below what is taken.
#[api_v2_operation(operation_id = "change_center")]
async fn change(
    state: AppState,
    principal: Principal,
    id: Id<CenterId>,
    if_match: IfMatch,
    body: Body<ChangeCenterBody>,
) -> Result<Ok200<CenterView>, Problem> {
    let now = state.clock.now();
    let edits = body.data.read()?;
    let decide = async |tx: &mut Conn| {
        let center = logistics::find_center(tx, id.0).await?.ok_or_else(|| Problem::not_found("center"))?;
        if_match.check(center.version)?;
        let by = principal.user_id.into();
        Ok(logistics::edit(tx, now, by, id.0, center.version, &edits).await?)
    };
    decided(&state, principal, decide).await
}

/// Does what an admin decided, and lets this process see it at once.
async fn decided<F>(state: &AppState, principal: Principal, decide: F) -> Result<Ok200<CenterView>, Problem>
where
    F: AsyncFnOnce(&mut Conn) -> Result<Center, Problem>,
{
    let work = async |tx: &mut Conn| {
        require_admin(tx, principal).await?;
        let center = decide(tx).await?;
        let schedule = logistics::weekly_windows(tx, center.id).await?;
        Ok((center, schedule))
    };
    let (center, schedule) = state.transact(work).await?;
    state.centers.invalidate();
    let version = center.version;
    Ok(Ok200::new(CenterView::with_windows(center, &schedule)).etag(version))
}

impl ChangeCenterBody {
    fn read(self) -> Result<EditCenter, Problem> {
        let notes = match self.notes {
            Patch::Keep => None,
            Patch::Clear => Some(String::new()),
            Patch::Set(notes) => Some(notes),
        };
        let windows = self.windows.map(schedule).transpose()?;
        Ok(EditCenter { name: self.name, notes, time_zone: self.time_zone, windows })
    }
}

fn schedule(windows: Vec<WeeklyWindowBody>) -> Result<WeeklySchedule, Problem> {
    let mut fields = Fields::default();
    let mut read = Vec::new();
    for (position, window) in windows.into_iter().enumerate() {
        let mut time = |name: &str, text: &str| {
            let parsed: Result<TimeOfDay, _> = text.parse();
            parsed
                .map_err(|error: logistics::NotATimeOfDay| {
                    fields.refuse(
                        &format!("windows/{position}/{name}"),
                        InvalidCode::Malformed,
                        error.to_string(),
                    );
                })
                .ok()
        };
        if let (Some(opens), Some(closes)) = (time("opens", &window.opens), time("closes", &window.closes)) {
            read.push(WeeklyWindow { weekday: window.weekday, opens, closes, capacity: window.capacity });
        }
    }
    fields.finish()?;
    Ok(WeeklySchedule::new(read)?)
}
