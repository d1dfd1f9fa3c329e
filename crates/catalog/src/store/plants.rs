//! Plants.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{Limit, NewestKey, PlantId, UserId};

use crate::Plant;
use crate::schema::{listings, offerings, plants};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = plants, treat_none_as_null = true)]
struct PlantRow {
    id: PlantId,
    gardener_id: UserId,
    name: String,
    species: Option<String>,
    description: Option<String>,
    tags: Vec<String>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<PlantRow> for Plant {
    fn from(row: PlantRow) -> Self {
        let PlantRow { id, gardener_id, name, species, description, tags, version, created_at, updated_at } =
            row;
        Self { id, gardener_id, name, species, description, tags, version, created_at, updated_at }
    }
}

impl From<&Plant> for PlantRow {
    fn from(plant: &Plant) -> Self {
        let Plant { id, gardener_id, name, species, description, tags, version, created_at, updated_at } =
            plant.clone();
        Self { id, gardener_id, name, species, description, tags, version, created_at, updated_at }
    }
}

pub(crate) async fn insert(tx: &mut Conn, plant: &Plant) -> QueryResult<()> {
    diesel::insert_into(plants::table).values(PlantRow::from(plant)).execute(tx).await?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Conn, plant: &Plant) -> QueryResult<()> {
    diesel::update(plants::table.find(plant.id)).set(PlantRow::from(plant)).execute(tx).await?;
    Ok(())
}

pub(crate) async fn mark_deleted(tx: &mut Conn, id: PlantId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(plants::table.find(id)).set(plants::deleted_at.eq(now)).execute(tx).await?;
    Ok(())
}

pub(crate) async fn find_of(conn: &mut Conn, gardener: UserId, id: PlantId) -> QueryResult<Option<Plant>> {
    let own =
        plants::table.find(id).filter(plants::gardener_id.eq(gardener).and(plants::deleted_at.is_null()));
    Ok(own.select(PlantRow::as_select()).first(conn).await.optional()?.map(Plant::from))
}

pub(crate) async fn lock_of(tx: &mut Conn, gardener: UserId, id: PlantId) -> QueryResult<Option<Plant>> {
    let own =
        plants::table.find(id).filter(plants::gardener_id.eq(gardener).and(plants::deleted_at.is_null()));
    Ok(own.select(PlantRow::as_select()).for_update().first(tx).await.optional()?.map(Plant::from))
}

pub(crate) async fn list_of(
    conn: &mut Conn,
    gardener: UserId,
    after: Option<NewestKey>,
    limit: Limit,
) -> QueryResult<Vec<Plant>> {
    let mut query = plants::table
        .filter(plants::gardener_id.eq(gardener).and(plants::deleted_at.is_null()))
        .order((plants::created_at.desc(), plants::id.desc()))
        .limit(limit.with_lookahead())
        .select(PlantRow::as_select())
        .into_boxed();
    if let Some(key) = after {
        let id = PlantId(key.id);
        query = query
            .filter(plants::created_at.lt(key.at).or(plants::created_at.eq(key.at).and(plants::id.lt(id))));
    }
    let rows: Vec<PlantRow> = query.load(conn).await?;
    Ok(rows.into_iter().map(Plant::from).collect())
}

/// Whether a listing that has not been removed is of the plant.
pub(crate) async fn has_listings(conn: &mut Conn, id: PlantId) -> QueryResult<bool> {
    let live = listings::table
        .inner_join(offerings::table)
        .filter(listings::plant_id.eq(id).and(offerings::deleted_at.is_null()));
    diesel::select(exists(live)).get_result(conn).await
}
