//! The caller's addresses.

use accounts::{Address, AddressChanges, AddressDetails, Place};
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::AddressId;
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::extract::{Body, Id, Idempotency, IfMatch, IfNoneMatch, Principal};
use crate::wire::{PageView, Patch};
use crate::{AppState, Created, NoContent, Ok200, Problem};

/// An address of the caller's.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct AddressView {
    /// The address's id.
    id: Uuid,
    /// What its owner calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// House number and street.
    line1: String,
    /// Apartment, unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    line2: Option<String>,
    /// City or town.
    city: String,
    /// State, province or region.
    state: String,
    /// ZIP or postal code.
    postal_code: String,
    /// ISO 3166-1 alpha-2.
    country: String,
    /// Whether it is where the caller is, as far as reach is concerned.
    is_primary: bool,
    /// Where on earth it is.
    place: PlaceView,
    /// When it was saved first.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// What is known about where an address is.
#[derive(Debug, Serialize, Apiv2Schema)]
struct PlaceView {
    /// One of `pending`, `located` or `failed`: pending until the geocoder has answered.
    status: String,
    /// Degrees north, when located.
    #[serde(skip_serializing_if = "Option::is_none")]
    lat: Option<f64>,
    /// Degrees east, when located.
    #[serde(skip_serializing_if = "Option::is_none")]
    lon: Option<f64>,
    /// How sure the geocoder is, when located.
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<String>,
    /// Why not, when failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// When the geocoder answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<DateTime<Utc>>,
}

/// A new address.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct CreateAddressBody {
    /// Up to 40 characters.
    label: Option<String>,
    /// 1 to 120 characters.
    #[openapi(example = "1777 Broadway")]
    line1: String,
    /// Up to 120 characters.
    line2: Option<String>,
    /// 1 to 80 characters.
    #[openapi(example = "Boulder")]
    city: String,
    /// 2 to 60 characters.
    #[openapi(example = "CO")]
    state: String,
    /// 3 to 12 characters.
    #[openapi(example = "\"80302\"")]
    postal_code: String,
    /// ISO 3166-1 alpha-2; `US` when absent.
    country: Option<String>,
}

/// What to change about an address.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ChangeAddressBody {
    /// Up to 40 characters; null removes it (nullable).
    #[serde(default)]
    label: Patch<String>,
    /// 1 to 120 characters.
    line1: Option<String>,
    /// Up to 120 characters; null removes it (nullable).
    #[serde(default)]
    line2: Patch<String>,
    /// 1 to 80 characters.
    city: Option<String>,
    /// 2 to 60 characters.
    state: Option<String>,
    /// 3 to 12 characters.
    postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/api/v1/me/addresses").route(web::get().to(list)).route(web::post().to(create)),
        )
        .service(
            web::resource("/api/v1/me/addresses/{id}")
                .route(web::get().to(show))
                .route(web::patch().to(change))
                .route(web::delete().to(remove)),
        )
        .service(web::resource("/api/v1/me/addresses/{id}/primary").route(web::post().to(make_primary)));
}

/// The caller's addresses, oldest first
///
/// All of them on one page: there are 20 at most.
#[api_v2_operation(operation_id = "list_addresses")]
async fn list(state: AppState, principal: Principal) -> Result<Ok200<PageView<AddressView>>, Problem> {
    let mut conn = state.conn().await?;
    let addresses = accounts::list_addresses(&mut conn, principal.user_id).await?;
    let items = addresses.into_iter().map(AddressView::from).collect();
    Ok(Ok200::new(PageView { items, next_cursor: None }))
}

/// Saves an address
///
/// The first one becomes primary. Where it is, is found out soon after; until then its place is `pending`.
///
/// Problems: `too_many_addresses`.
#[api_v2_operation(operation_id = "add_address")]
async fn create(
    state: AppState,
    principal: Principal,
    idempotency: Idempotency,
    body: Body<CreateAddressBody>,
) -> Result<Created<AddressView>, Problem> {
    let (details, now) = (body.data.into(), state.clock.now());
    let work = async |tx: &mut Conn| {
        let address = accounts::add_address(tx, now, principal.user_id, details).await?;
        let (version, location) = (address.version, format!("/api/v1/me/addresses/{}", address.id));
        Ok(Created::new(AddressView::from(address)).etag(version).location(location))
    };
    idempotency.run(&state, principal, &body.raw, work).await
}

/// An address of the caller's
#[api_v2_operation(operation_id = "show_address")]
async fn show(
    state: AppState,
    principal: Principal,
    id: Id<AddressId>,
    _have: IfNoneMatch,
) -> Result<Ok200<AddressView>, Problem> {
    let mut conn = state.conn().await?;
    Ok(answer(accounts::find_address(&mut conn, principal.user_id, id.0).await?))
}

/// Changes an address
///
/// When it says another place than before, the place is `pending` again.
#[api_v2_operation(operation_id = "change_address")]
async fn change(
    state: AppState,
    principal: Principal,
    id: Id<AddressId>,
    if_match: IfMatch,
    body: Body<ChangeAddressBody>,
) -> Result<Ok200<AddressView>, Problem> {
    let (changes, now, user) = (body.data.into(), state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        let version = accounts::find_address(tx, user, id.0).await?.version;
        if_match.check(version)?;
        Ok(accounts::change_address(tx, now, user, id.0, version, changes).await?)
    };
    Ok(answer(state.transact(work).await?))
}

/// Removes an address
///
/// When it was primary, the oldest other one becomes so.
#[api_v2_operation(operation_id = "remove_address")]
async fn remove(state: AppState, principal: Principal, id: Id<AddressId>) -> Result<NoContent, Problem> {
    let now = state.clock.now();
    let work = async |tx: &mut Conn| Ok(accounts::remove_address(tx, now, principal.user_id, id.0).await?);
    state.transact(work).await?;
    Ok(NoContent)
}

/// Makes an address the one where the caller is
#[api_v2_operation(operation_id = "make_address_primary")]
async fn make_primary(
    state: AppState,
    principal: Principal,
    id: Id<AddressId>,
) -> Result<Ok200<AddressView>, Problem> {
    let now = state.clock.now();
    let work = async |tx: &mut Conn| Ok(accounts::make_primary(tx, now, principal.user_id, id.0).await?);
    Ok(answer(state.transact(work).await?))
}

fn answer(address: Address) -> Ok200<AddressView> {
    let version = address.version;
    Ok200::new(AddressView::from(address)).etag(version)
}

impl From<Address> for AddressView {
    fn from(address: Address) -> Self {
        let located = address.place.located();
        let place = PlaceView {
            status: address.place.status().to_owned(),
            lat: located.map(accounts::Located::lat),
            lon: located.map(accounts::Located::lon),
            confidence: located.map(|located| located.confidence().to_owned()),
            problem: match &address.place {
                Place::NotLocated { problem } => Some(problem.clone()),
                Place::Pending | Place::Located(_) => None,
            },
            answered_at: address.geocoded_at,
        };
        Self {
            id: address.id.0,
            label: address.label,
            line1: address.postal.line1,
            line2: address.postal.line2,
            city: address.postal.city,
            state: address.postal.state,
            postal_code: address.postal.postal_code,
            country: address.postal.country,
            is_primary: address.is_primary,
            place,
            created_at: address.created_at,
            updated_at: address.updated_at,
        }
    }
}

impl From<CreateAddressBody> for AddressDetails {
    fn from(body: CreateAddressBody) -> Self {
        Self {
            label: body.label,
            line1: body.line1,
            line2: body.line2,
            city: body.city,
            state: body.state,
            postal_code: body.postal_code,
            country: body.country,
        }
    }
}

impl From<ChangeAddressBody> for AddressChanges {
    fn from(body: ChangeAddressBody) -> Self {
        Self {
            label: body.label.into(),
            line1: body.line1.into(),
            line2: body.line2.into(),
            city: body.city.into(),
            state: body.state.into(),
            postal_code: body.postal_code.into(),
            country: body.country.into(),
        }
    }
}
