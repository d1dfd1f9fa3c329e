//! A gardener's plants.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{FieldError, Fields, InvalidCode, Limit, NewestKey, Page, PlantId, TextRule, UserId};

use crate::service::{expect_gardener, expect_version};
use crate::{CatalogError, Plant, store};

const MOST_TAGS: usize = 20;

/// What a gardener says of a plant.
#[derive(Clone, Debug, Default)]
pub struct PlantDraft {
    /// What it is called, 1 to 120 characters.
    pub name: String,
    /// Its species, up to 120 characters.
    pub species: Option<String>,
    /// More about it, up to 4,000 characters.
    pub description: Option<String>,
    /// Up to 20 grow conditions of up to 40 characters each.
    pub tags: Vec<String>,
}

/// Adds a plant.
pub async fn add_plant(
    tx: &mut Conn,
    now: DateTime<Utc>,
    gardener: UserId,
    draft: &PlantDraft,
) -> Result<Plant, CatalogError> {
    let seller = store::sellers::find(tx, gardener).await?.ok_or(CatalogError::NotAVendor)?;
    expect_gardener(&seller)?;
    let plant = Plant {
        id: PlantId::new(),
        gardener_id: gardener,
        created_at: now,
        updated_at: now,
        version: 1,
        ..read(draft)?
    };
    store::plants::insert(tx, &plant).await?;
    Ok(plant)
}

/// Changes a plant that has not changed since `expected_version`.
pub async fn change_plant(
    tx: &mut Conn,
    now: DateTime<Utc>,
    gardener: UserId,
    id: PlantId,
    expected_version: i32,
    draft: &PlantDraft,
) -> Result<Plant, CatalogError> {
    let current = store::plants::lock_of(tx, gardener, id).await?.ok_or(CatalogError::NotFound("plant"))?;
    expect_version(expected_version, current.version)?;
    let plant = Plant {
        id,
        gardener_id: gardener,
        created_at: current.created_at,
        updated_at: now,
        version: current.version + 1,
        ..read(draft)?
    };
    store::plants::update(tx, &plant).await?;
    Ok(plant)
}

/// Removes a plant that has no listings any more.
pub async fn remove_plant(
    tx: &mut Conn,
    now: DateTime<Utc>,
    gardener: UserId,
    id: PlantId,
) -> Result<(), CatalogError> {
    store::plants::lock_of(tx, gardener, id).await?.ok_or(CatalogError::NotFound("plant"))?;
    if store::plants::has_listings(tx, id).await? {
        return Err(CatalogError::PlantInUse);
    }
    Ok(store::plants::mark_deleted(tx, id, now).await?)
}

/// One of the gardener's plants.
pub async fn find_own_plant(conn: &mut Conn, gardener: UserId, id: PlantId) -> Result<Plant, CatalogError> {
    store::plants::find_of(conn, gardener, id).await?.ok_or(CatalogError::NotFound("plant"))
}

/// The gardener's plants, newest first.
pub async fn list_own_plants(
    conn: &mut Conn,
    gardener: UserId,
    after: Option<NewestKey>,
    limit: Limit,
) -> Result<Page<Plant, NewestKey>, CatalogError> {
    let rows = store::plants::list_of(conn, gardener, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, |plant| NewestKey { at: plant.created_at, id: plant.id.0 }))
}

/// The plant a draft describes; whose it is and when it was made are for the caller to say.
fn read(draft: &PlantDraft) -> Result<Plant, CatalogError> {
    let mut fields = Fields::default();
    let name = fields.take("name", TextRule::line(1, 120).read(&draft.name));
    let species = fields.take("species", TextRule::line(1, 120).read_optional(draft.species.as_deref()));
    let description =
        fields.take("description", TextRule::prose(4000).read_optional(draft.description.as_deref()));
    let tags = fields.take("tags", read_tags(&draft.tags));
    fields.finish()?;
    Ok(Plant {
        id: PlantId(uuid::Uuid::nil()),
        gardener_id: UserId(uuid::Uuid::nil()),
        name: name.unwrap_or_default(),
        species: species.flatten(),
        description: description.flatten(),
        tags: tags.unwrap_or_default(),
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    })
}

fn read_tags(tags: &[String]) -> Result<Vec<String>, FieldError> {
    if tags.len() > MOST_TAGS {
        return Err(FieldError::new(InvalidCode::TooLong, format!("may have at most {MOST_TAGS} tags")));
    }
    tags.iter().map(|tag| TextRule::line(1, 40).read(tag)).collect()
}
