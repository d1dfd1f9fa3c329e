//! Distribution centers, as everybody sees them and proposes new ones.

use chrono::{DateTime, Utc};
use db::Conn;
use eligibility_core::REACH_MILES;
use jiff::civil::Date;
use kernel::{CenterId, InvalidCode, Page, TextRule};
use logistics::{Center, CenterStatus, NormalizedAddress, PostalAddress, Propose, WeeklySchedule};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use placement::{PlacementError, VisitorPlace};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::callers;
use super::visitor::{name_of, refused};
use crate::extract::{Body, Id, Idempotency, IfNoneMatch, MaybePrincipal, Params, Principal};
use crate::wire::{PageView, Paging};
use crate::{AppState, Created, Ok200, Problem};

const USUAL_COUNTRY: &str = "US";
const NEAR: TextRule = TextRule::line(2, 300);

/// A distribution center: where what gardeners sell is handed over.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct CenterView {
    /// Its id.
    id: Uuid,
    /// What people call it.
    name: String,
    /// Where it is.
    address: CenterAddressView,
    /// Degrees of latitude, north positive.
    lat: f64,
    /// Degrees of longitude, east positive.
    lon: f64,
    /// How surely that is the address. One of `city`, `postal_code`, `street` or `rooftop`.
    confidence: String,
    /// The IANA zone of its clocks.
    time_zone: String,
    /// One of `PROPOSED`, `APPROVED`, `REJECTED` or `INACTIVE`. Goods are picked up at approved ones.
    status: String,
    /// What its proposer or an admin says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    /// Why it was rejected or deactivated.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When it was last approved, rejected, deactivated or reactivated.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<DateTime<Utc>>,
    /// When it was proposed.
    created_at: DateTime<Utc>,
    /// Miles from the place that was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance_miles: Option<f64>,
    /// Whether that is near enough (100 miles) to pick up there.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_reach: Option<bool>,
    /// When it hands over, week by week; without any, at any time that is arranged. Shown with a single center only.
    #[serde(skip_serializing_if = "Option::is_none")]
    weekly_windows: Option<Vec<WeeklyWindowView>>,
}

/// Where a center is, as it was written.
#[derive(Debug, Serialize, Apiv2Schema)]
struct CenterAddressView {
    /// Number and street.
    line1: String,
    /// Suite or floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    line2: Option<String>,
    /// City or town.
    city: String,
    /// State.
    state: String,
    /// ZIP or other postal code.
    postal_code: String,
    /// ISO 3166-1 alpha-2.
    country: String,
}

/// A weekly window in the center's local time.
#[derive(Debug, Serialize, Apiv2Schema)]
struct WeeklyWindowView {
    /// 1 to 7: 1 is Monday, 7 Sunday.
    weekday: i16,
    /// A time of day, such as `09:00`.
    opens: String,
    /// A time of day, such as `13:00`, at most `24:00`.
    closes: String,
    /// How many orders can be picked up in it.
    capacity: i32,
}

/// When goods can be picked up.
#[derive(Debug, Serialize, Apiv2Schema)]
struct PickupWindowsView {
    /// The IANA zone of the center's clocks.
    time_zone: String,
    /// Whether any stay of 15 minutes to 8 hours in the next 14 days can be arranged; then there are no windows.
    any_time: bool,
    /// What can be chosen, full windows included, in order of time.
    items: Vec<PickupWindowView>,
}

/// A window that can be chosen.
#[derive(Debug, Serialize, Apiv2Schema)]
struct PickupWindowView {
    /// When it begins.
    starts_at: DateTime<Utc>,
    /// When it ends.
    ends_at: DateTime<Utc>,
    /// Both as one text, `<start>/<end>`, as an order's choice takes it.
    window: String,
    /// The date on the center's calendar.
    local_date: String,
    /// The IANA zone of the center's clocks.
    time_zone: String,
    /// Places in all.
    capacity: i32,
    /// Places that are free.
    remaining: i32,
}

/// A center that somebody would like there to be.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ProposeCenterBody {
    /// What people shall call it: 3 to 120 characters.
    name: String,
    /// Number and street: 1 to 120 characters.
    line1: String,
    /// Up to 120 characters.
    line2: Option<String>,
    /// 1 to 80 characters.
    city: String,
    /// 2 to 60 characters.
    state: String,
    /// 3 to 12 characters.
    postal_code: String,
    /// ISO 3166-1 alpha-2; `US` when absent.
    country: Option<String>,
    /// Why it is a good place, how to find it: up to 2000 characters.
    notes: Option<String>,
}

/// Which centers, and how many.
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct CenterParams {
    /// Nearest to here first: an address, a city with its state or a postal code; 2 to 300 characters. Instead of `lat` with `lon`.
    near: Option<String>,
    /// Degrees of latitude, -90 to 90, with `lon`. Instead of `near`.
    lat: Option<f64>,
    /// Degrees of longitude, -180 to 180, with `lat`.
    lon: Option<f64>,
    /// 1 to 100, 24 unless asked.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// From which local day up to which.
#[derive(Debug, Deserialize, Apiv2Schema)]
struct WindowParams {
    /// A date: the first day on the center's calendar, such as `2030-03-02`; today unless given.
    from: Option<String>,
    /// A date: the day after the last one; the end of what can be arranged (14 days) unless given.
    to: Option<String>,
}

impl From<Center> for CenterView {
    fn from(center: Center) -> Self {
        let PostalAddress { line1, line2, city, state, postal_code, country } = center.address;
        Self {
            id: center.id.0,
            name: center.name,
            address: CenterAddressView { line1, line2, city, state, postal_code, country },
            lat: center.place.lat(),
            lon: center.place.lon(),
            confidence: center.confidence.as_str().to_owned(),
            time_zone: center.time_zone,
            status: center.status.as_str().to_owned(),
            notes: center.notes,
            reason: center.reason,
            decided_at: center.decided_at,
            created_at: center.created_at,
            distance_miles: None,
            in_reach: None,
            weekly_windows: None,
        }
    }
}

impl CenterView {
    /// The center so many miles away.
    fn at(center: &Center, miles: f64) -> Self {
        let shown = (miles * 100.0).round() / 100.0;
        Self {
            distance_miles: Some(shown),
            in_reach: Some(miles <= REACH_MILES),
            ..Self::from(center.clone())
        }
    }

    /// The center with its weekly windows.
    pub(super) fn with_windows(center: Center, schedule: &WeeklySchedule) -> Self {
        let windows = schedule.windows().iter().map(|window| WeeklyWindowView {
            weekday: window.weekday,
            opens: window.opens.to_string(),
            closes: window.closes.to_string(),
            capacity: window.capacity,
        });
        Self { weekly_windows: Some(windows.collect()), ..Self::from(center) }
    }
}

impl ProposeCenterBody {
    fn address(&self) -> PostalAddress {
        PostalAddress {
            line1: self.line1.clone(),
            line2: self.line2.clone(),
            city: self.city.clone(),
            state: self.state.clone(),
            postal_code: self.postal_code.clone(),
            country: self.country.clone().unwrap_or_else(|| USUAL_COUNTRY.to_owned()),
        }
    }
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/centers").route(web::get().to(list)))
        .service(web::resource("/api/centers/propose").route(web::post().to(propose)))
        .service(web::resource("/api/v1/centers").route(web::get().to(list)))
        .service(web::resource("/api/v1/centers/propose").route(web::post().to(propose)))
        .service(web::resource("/api/v1/centers/{id}").route(web::get().to(show)))
        .service(web::resource("/api/v1/centers/{id}/windows").route(web::get().to(windows)));
}

/// Approved centers
///
/// Newest first; with `near`, or `lat` and `lon`, nearest first, each with its distance.
///
/// Problems: `geocoder_unavailable`.
#[api_v2_operation(operation_id = "list_centers")]
async fn list(state: AppState, params: Params<CenterParams>) -> Result<Ok200<PageView<CenterView>>, Problem> {
    if let Some(visitor) = params.0.visitor()? {
        return nearest(&state, &params.0, &visitor).await;
    }
    let paging = Paging::read(&state.cursors, "centers", &params.0)?;
    let approved = Some(CenterStatus::Approved);
    let mut conn = state.conn().await?;
    let page = logistics::list_centers(&mut conn, approved, paging.after, paging.limit).await?;
    Ok(Ok200::new(paging.view(page, CenterView::from)?))
}

async fn nearest(
    state: &AppState,
    params: &CenterParams,
    visitor: &VisitorPlace,
) -> Result<Ok200<PageView<CenterView>>, Problem> {
    // A page goes on after these miles (as bits: text would round them) and this number.
    let paging: Paging<'_, (u64, i32)> = Paging::read(&state.cursors, "centers nearest first", params)?;
    let now = state.clock.now();
    let found = state.visitors.where_is(&state.database, now, visitor).await;
    let found = found.map_err(|error| unfound(error, visitor))?;
    let centers = state.visitors.centers(&state.database, now).await?;
    let wanted = match paging.after {
        None => paging.limit.get() + 1,
        Some(_) => centers.centers().len(),
    };
    let key = |(center, miles): &(&Center, f64)| (miles.to_bits(), center.number);
    let mut rows = centers.nearest(found.place, wanted);
    rows.retain(|row| paging.after.is_none_or(|after| key(row) > after));
    rows.truncate(paging.limit.get() + 1);
    let page = Page::from_lookahead(rows, paging.limit, key);
    Ok(Ok200::new(paging.view(page, |(center, miles)| CenterView::at(center, miles))?))
}

impl CenterParams {
    fn visitor(&self) -> Result<Option<VisitorPlace>, Problem> {
        match (&self.near, self.lat, self.lon) {
            (None, None, None) => Ok(None),
            (Some(near), None, None) => match NEAR.read(near) {
                Ok(address) => Ok(Some(VisitorPlace::Address(address))),
                Err(error) => Err(Problem::in_query(error.at("near"))),
            },
            (None, Some(lat), Some(lon)) => Ok(Some(VisitorPlace::LatLon { lat, lon })),
            (None, Some(_), None) => Err(refused("lon", InvalidCode::Required, "is required with lat")),
            (None, None, Some(_)) => Err(refused("lat", InvalidCode::Required, "is required with lon")),
            (Some(_), ..) => {
                Err(refused("near", InvalidCode::NotAllowed, "give either near or lat with lon, not both"))
            }
        }
    }
}

/// Why there is no such place as the query says.
fn unfound(error: PlacementError, visitor: &VisitorPlace) -> Problem {
    let name = match &error {
        PlacementError::Unplaceable(_) => "near",
        PlacementError::Place(error) => name_of(*error, visitor),
        _ => return error.into(),
    };
    refused(name, InvalidCode::Unknown, error.to_string())
}

/// Proposes a center
///
/// The address is looked up at once; one that has no certain place on the map is refused. An admin then decides.
///
/// Problems: `address_not_found`, `geocoder_unavailable`.
#[api_v2_operation(operation_id = "propose_center")]
async fn propose(
    state: AppState,
    principal: Principal,
    idempotency: Idempotency,
    body: Body<ProposeCenterBody>,
) -> Result<Created<CenterView>, Problem> {
    let address = body.data.address().checked().map_err(Problem::from)?;
    let now = state.clock.now();
    // Before the transaction: a geocoder takes its time.
    let written = NormalizedAddress::from(&address);
    let found = state.visitors.locate(&state.database, now, written).await?;
    let proposal = Propose {
        name: body.data.name,
        address,
        notes: body.data.notes,
        place: found.place,
        confidence: found.confidence,
        by: Some(principal.user_id),
    };
    let work = async |tx: &mut Conn| {
        let center = logistics::propose(tx, now, proposal).await?;
        let (location, version) = (format!("/api/v1/centers/{}", center.id), center.version);
        let view = CenterView::with_windows(center, &WeeklySchedule::default());
        Ok(Created::new(view).etag(version).location(location))
    };
    idempotency.run(&state, principal, &body.raw, work).await
}

/// A center
///
/// Those that are or once were approved are public: pickups may still be arranged at one that was closed. Others are
/// shown to whoever proposed them and to admins.
#[api_v2_operation(operation_id = "show_center")]
async fn show(
    state: AppState,
    caller: MaybePrincipal,
    id: Id<CenterId>,
    _have: IfNoneMatch,
) -> Result<Ok200<CenterView>, Problem> {
    let mut conn = state.conn().await?;
    let center = visible(&mut conn, caller, id.0).await?;
    let schedule = logistics::weekly_windows(&mut conn, center.id).await?;
    let version = center.version;
    Ok(Ok200::new(CenterView::with_windows(center, &schedule)).etag(version))
}

/// When goods can be picked up at a center
///
/// Its weekly windows on the local days from `from` up to `to`, as far as they can still be chosen: at least 2 hours
/// and at most 14 days ahead.
///
/// Problems: `center_not_approved`.
#[api_v2_operation(operation_id = "list_pickup_windows")]
async fn windows(
    state: AppState,
    caller: MaybePrincipal,
    id: Id<CenterId>,
    params: Params<WindowParams>,
) -> Result<Ok200<PickupWindowsView>, Problem> {
    let from = day("from", params.0.from.as_deref())?;
    let to = day("to", params.0.to.as_deref())?;
    let mut conn = state.conn().await?;
    let center = visible(&mut conn, caller, id.0).await?;
    let calendar = logistics::list_windows(&mut conn, state.clock.now(), &center, from, to).await?;
    let items = calendar.windows.into_iter().map(|window| PickupWindowView {
        starts_at: window.range.start(),
        ends_at: window.range.end(),
        window: window.range.to_string(),
        local_date: window.local_date.to_string(),
        time_zone: window.time_zone,
        capacity: window.capacity,
        remaining: window.remaining,
    });
    Ok(Ok200::new(PickupWindowsView {
        time_zone: calendar.time_zone,
        any_time: calendar.any_time,
        items: items.collect(),
    }))
}

/// The center, if the caller may know of it.
async fn visible(conn: &mut Conn, caller: MaybePrincipal, id: CenterId) -> Result<Center, Problem> {
    let unknown = || Problem::not_found("center");
    let center = logistics::find_center(conn, id).await?.ok_or_else(unknown)?;
    if matches!(center.status, CenterStatus::Approved | CenterStatus::Inactive) {
        return Ok(center);
    }
    let caller = caller.0.ok_or_else(unknown)?;
    if center.proposed_by == Some(caller.user_id) {
        return Ok(center);
    }
    if callers::caller(conn, caller).await?.is_admin() { Ok(center) } else { Err(unknown()) }
}

fn day(name: &str, text: Option<&str>) -> Result<Option<Date>, Problem> {
    let Some(text) = text else { return Ok(None) };
    text.parse().map(Some).map_err(|_not_a_date: jiff::Error| {
        refused(name, InvalidCode::Malformed, "must be a date such as 2030-03-02")
    })
}
