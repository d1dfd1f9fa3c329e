//! A gardener's plants. Nobody else sees them.

use catalog::{Plant, PlantDraft};
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::PlantId;
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::offerings::OwnListParams;
use crate::extract::{Body, Id, Idempotency, IfMatch, IfNoneMatch, Params, Principal};
use crate::wire::{PageView, Paging};
use crate::{AppState, Created, NoContent, Ok200, Problem};

/// A plant.
#[derive(Debug, Serialize, Apiv2Schema)]
struct PlantView {
    /// Its id.
    id: Uuid,
    /// Counts its changes; `If-Match: "v<version>"`.
    version: i32,
    /// What it is called.
    name: String,
    /// Its species.
    #[serde(skip_serializing_if = "Option::is_none")]
    species: Option<String>,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Conditions it grows in, such as `full-sun`.
    tags: Vec<String>,
    /// When it was added.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

/// A new plant.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct CreatePlantBody {
    /// What it is called, 1 to 120 characters, such as `Lacinato kale`.
    name: String,
    /// Up to 120 characters.
    species: Option<String>,
    /// Up to 4,000 characters.
    description: Option<String>,
    /// Up to 20 conditions it grows in, of 1 to 40 characters each.
    tags: Option<Vec<String>>,
}

/// What to change of a plant; what is left out stays.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ChangePlantBody {
    /// What it is called, 1 to 120 characters, such as `Lacinato kale`.
    name: Option<String>,
    /// Up to 120 characters; the empty text removes it.
    species: Option<String>,
    /// Up to 4,000 characters; the empty text removes it.
    description: Option<String>,
    /// All its conditions anew, up to 20 of 1 to 40 characters each.
    tags: Option<Vec<String>>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/plants").route(web::get().to(list)).route(web::post().to(create)))
        .service(
            web::resource("/api/v1/plants/{id}")
                .route(web::get().to(show))
                .route(web::patch().to(change))
                .route(web::delete().to(remove)),
        );
}

/// Your plants, newest first
#[api_v2_operation(operation_id = "list_plants")]
async fn list(
    state: AppState,
    principal: Principal,
    params: Params<OwnListParams>,
) -> Result<Ok200<PageView<PlantView>>, Problem> {
    let paging = Paging::read(&state.cursors, &format!("plants of {principal}"), &params.0)?;
    let mut conn = state.conn().await?;
    let page = catalog::list_own_plants(&mut conn, principal.user_id, paging.after, paging.limit).await?;
    Ok(Ok200::new(paging.view(page, PlantView::from)?))
}

/// Adds a plant
///
/// For vendors of the kind gardener.
///
/// Problems: `not_a_vendor`, `not_a_gardener`.
#[api_v2_operation(operation_id = "add_plant")]
async fn create(
    state: AppState,
    principal: Principal,
    idempotency: Idempotency,
    body: Body<CreatePlantBody>,
) -> Result<Created<PlantView>, Problem> {
    let (now, CreatePlantBody { name, species, description, tags }) = (state.clock.now(), body.data);
    let draft = PlantDraft { name, species, description, tags: tags.unwrap_or_default() };
    let work = async |tx: &mut Conn| {
        let plant = catalog::add_plant(tx, now, principal.user_id, &draft).await?;
        let (version, location) = (plant.version, format!("/api/v1/plants/{}", plant.id));
        Ok(Created::new(PlantView::from(plant)).etag(version).location(location))
    };
    idempotency.run(&state, principal, &body.raw, work).await
}

/// A plant of yours
#[api_v2_operation(operation_id = "show_plant")]
async fn show(
    state: AppState,
    principal: Principal,
    id: Id<PlantId>,
    _have: IfNoneMatch,
) -> Result<Ok200<PlantView>, Problem> {
    let mut conn = state.conn().await?;
    let plant = catalog::find_own_plant(&mut conn, principal.user_id, id.0).await?;
    let version = plant.version;
    Ok(Ok200::new(PlantView::from(plant)).etag(version))
}

/// Changes a plant of yours
#[api_v2_operation(operation_id = "change_plant")]
async fn change(
    state: AppState,
    principal: Principal,
    id: Id<PlantId>,
    if_match: IfMatch,
    body: Body<ChangePlantBody>,
) -> Result<Ok200<PlantView>, Problem> {
    let (now, gardener) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        let seen = catalog::find_own_plant(tx, gardener, id.0).await?;
        if_match.check(seen.version)?;
        let version = seen.version;
        let draft = body.data.over(seen);
        Ok(catalog::change_plant(tx, now, gardener, id.0, version, &draft).await?)
    };
    let plant = state.transact(work).await?;
    let version = plant.version;
    Ok(Ok200::new(PlantView::from(plant)).etag(version))
}

/// Removes a plant of yours that has no listings any more
///
/// Problems: `plant_in_use`.
#[api_v2_operation(operation_id = "remove_plant")]
async fn remove(state: AppState, principal: Principal, id: Id<PlantId>) -> Result<NoContent, Problem> {
    let now = state.clock.now();
    state
        .transact(async |tx: &mut Conn| Ok(catalog::remove_plant(tx, now, principal.user_id, id.0).await?))
        .await?;
    Ok(NoContent)
}

impl ChangePlantBody {
    /// The plant as it shall be.
    fn over(self, plant: Plant) -> PlantDraft {
        PlantDraft {
            name: self.name.unwrap_or(plant.name),
            species: self.species.or(plant.species),
            description: self.description.or(plant.description),
            tags: self.tags.unwrap_or(plant.tags),
        }
    }
}

impl From<Plant> for PlantView {
    fn from(plant: Plant) -> Self {
        Self {
            id: plant.id.0,
            version: plant.version,
            name: plant.name,
            species: plant.species,
            description: plant.description,
            tags: plant.tags,
            created_at: plant.created_at,
            updated_at: plant.updated_at,
        }
    }
}
