//! Addresses and their places.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;
use kernel::{AddressId, UserId};

use super::named;
use crate::schema::addresses;
use crate::{Address, Located, Place, PostalAddress, PrimaryPlace};

#[derive(Queryable, Selectable)]
#[diesel(table_name = addresses)]
struct PlaceRow {
    lat: Option<f64>,
    lon: Option<f64>,
    geocode_status: String,
    geocode_confidence: Option<String>,
    geocode_problem: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = addresses)]
struct AddressRow {
    id: AddressId,
    user_id: UserId,
    label: Option<String>,
    line1: String,
    line2: Option<String>,
    city: String,
    state: String,
    postal_code: String,
    country: String,
    is_primary: bool,
    place_version: i32,
    geocoded_at: Option<DateTime<Utc>>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[diesel(embed)]
    place: PlaceRow,
}

impl TryFrom<PlaceRow> for Place {
    type Error = Error;

    fn try_from(row: PlaceRow) -> Result<Self, Self::Error> {
        let place = match (row.geocode_status.as_str(), row.lat, row.lon) {
            ("pending", None, None) => Some(Self::Pending),
            ("failed", None, None) => {
                Some(Self::NotLocated { problem: row.geocode_problem.unwrap_or_default() })
            }
            ("located", Some(lat), Some(lon)) => {
                let located = Located::new(lat, lon, row.geocode_confidence.as_deref().unwrap_or_default());
                Some(Self::Located(located.map_err(|invalid| Error::DeserializationError(invalid.into()))?))
            }
            _ => None,
        };
        named(place, "addresses.geocode_status", &row.geocode_status)
    }
}

impl TryFrom<AddressRow> for Address {
    type Error = Error;

    fn try_from(row: AddressRow) -> Result<Self, Self::Error> {
        Ok(Self {
            id: row.id,
            user_id: row.user_id,
            label: row.label,
            postal: PostalAddress {
                line1: row.line1,
                line2: row.line2,
                city: row.city,
                state: row.state,
                postal_code: row.postal_code,
                country: row.country,
            },
            is_primary: row.is_primary,
            place: row.place.try_into()?,
            geocoded_at: row.geocoded_at,
            place_version: row.place_version,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Every address of a user, oldest first.
pub(crate) async fn list_addresses(conn: &mut Conn, user: UserId) -> QueryResult<Vec<Address>> {
    let rows: Vec<AddressRow> = addresses::table
        .filter(addresses::user_id.eq(user))
        .order((addresses::created_at, addresses::id))
        .select(AddressRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(Address::try_from).collect()
}

pub(crate) async fn find_address(
    conn: &mut Conn,
    user: UserId,
    address: AddressId,
) -> QueryResult<Option<Address>> {
    let own = addresses::table.find(address).filter(addresses::user_id.eq(user));
    let row: Option<AddressRow> = own.select(AddressRow::as_select()).first(conn).await.optional()?;
    row.map(Address::try_from).transpose()
}

/// The address, whosever it is.
pub(crate) async fn find_address_by_id(conn: &mut Conn, address: AddressId) -> QueryResult<Option<Address>> {
    let row: Option<AddressRow> =
        addresses::table.find(address).select(AddressRow::as_select()).first(conn).await.optional()?;
    row.map(Address::try_from).transpose()
}

pub(crate) async fn find_primary_address(conn: &mut Conn, user: UserId) -> QueryResult<Option<Address>> {
    let primary = addresses::table.filter(addresses::user_id.eq(user).and(addresses::is_primary));
    let row: Option<AddressRow> = primary.select(AddressRow::as_select()).first(conn).await.optional()?;
    row.map(Address::try_from).transpose()
}

pub(crate) async fn list_primary_places(
    mut conn: &Conn,
    users: &[UserId],
) -> QueryResult<HashMap<UserId, PrimaryPlace>> {
    let rows: Vec<(UserId, AddressId, PlaceRow)> = addresses::table
        .filter(addresses::user_id.eq_any(users).and(addresses::is_primary))
        .select((addresses::user_id, addresses::id, PlaceRow::as_select()))
        .load(&mut conn)
        .await?;
    let place = |(user, address_id, row): (UserId, AddressId, PlaceRow)| {
        Ok((user, PrimaryPlace { address_id, place: row.try_into()? }))
    };
    rows.into_iter().map(place).collect()
}

pub(crate) async fn insert_address(tx: &mut Conn, address: &Address) -> QueryResult<()> {
    let postal = &address.postal;
    diesel::insert_into(addresses::table)
        .values((
            addresses::id.eq(address.id),
            addresses::user_id.eq(address.user_id),
            addresses::label.eq(&address.label),
            addresses::line1.eq(&postal.line1),
            addresses::line2.eq(&postal.line2),
            addresses::city.eq(&postal.city),
            addresses::state.eq(&postal.state),
            addresses::postal_code.eq(&postal.postal_code),
            addresses::country.eq(&postal.country),
            addresses::is_primary.eq(address.is_primary),
            addresses::place_version.eq(address.place_version),
            addresses::geocode_status.eq(address.place.status()),
            addresses::version.eq(address.version),
            addresses::created_at.eq(address.created_at),
            addresses::updated_at.eq(address.updated_at),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Saves everything about an address that may change.
pub(crate) async fn update_address(tx: &mut Conn, address: &Address) -> QueryResult<()> {
    let (postal, located) = (&address.postal, address.place.located());
    let problem = match &address.place {
        Place::NotLocated { problem } => Some(problem.as_str()),
        Place::Pending | Place::Located(_) => None,
    };
    diesel::update(addresses::table.find(address.id))
        .set((
            addresses::label.eq(&address.label),
            addresses::line1.eq(&postal.line1),
            addresses::line2.eq(&postal.line2),
            addresses::city.eq(&postal.city),
            addresses::state.eq(&postal.state),
            addresses::postal_code.eq(&postal.postal_code),
            addresses::country.eq(&postal.country),
            addresses::is_primary.eq(address.is_primary),
            addresses::place_version.eq(address.place_version),
            addresses::lat.eq(located.map(Located::lat)),
            addresses::lon.eq(located.map(Located::lon)),
            addresses::geocode_status.eq(address.place.status()),
            addresses::geocode_confidence.eq(located.map(Located::confidence)),
            addresses::geocode_problem.eq(problem),
            addresses::geocoded_at.eq(address.geocoded_at),
            addresses::version.eq(address.version),
            addresses::updated_at.eq(address.updated_at),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn delete_address(tx: &mut Conn, address: AddressId) -> QueryResult<()> {
    diesel::delete(addresses::table.find(address)).execute(tx).await?;
    Ok(())
}
