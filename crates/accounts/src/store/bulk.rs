//! Many accounts in a few statements, whose texts do not depend on how many they are.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::QueryResult;
use diesel::sql_types::{Array, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{AddressId, Slug, UserId};

use crate::hasher::HashedPassword;
use crate::service::{Checked, Home};
use crate::{AccountsError, Located};

#[derive(diesel::QueryableByName)]
struct UserIdRow {
    #[diesel(sql_type = SqlUuid)]
    id: UserId,
}

pub(crate) async fn insert_residents(
    tx: &mut Conn,
    password: &HashedPassword,
    residents: &[Checked],
) -> Result<(), AccountsError> {
    insert_users(tx, password, residents).await.map_err(|error| named(error, residents))?;
    insert_grants(tx, residents).await?;
    insert_homes(tx, residents).await?;
    insert_shops(tx, residents).await.map_err(|error| named(error, residents))
}

/// Which rule of the accounts an error breached.
fn named(error: diesel::result::Error, residents: &[Checked]) -> AccountsError {
    match db::violated_constraint(&error) {
        Some("users_email") => AccountsError::EmailTaken,
        Some("vendor_profiles_slug") => {
            let slug = residents.iter().find_map(|resident| resident.shop.as_ref()?.1.slug.as_ref());
            AccountsError::SlugTaken { slug: slug.map(Slug::as_str).unwrap_or_default().to_owned() }
        }
        _ => error.into(),
    }
}

async fn insert_users(tx: &mut Conn, password: &HashedPassword, residents: &[Checked]) -> QueryResult<()> {
    sql("INSERT INTO users (password_hash, id, email, email_key, display_name, created_at, updated_at) \
         SELECT $1, id, email, email_key, display_name, since, since \
         FROM unnest($2, $3, $4, $5, $6) AS new(id, email, email_key, display_name, since)")
    .bind::<Text, _>(password.as_str())
    .bind::<Array<SqlUuid>, _>(column(residents, |resident| resident.id))
    .bind::<Array<Text>, _>(column(residents, |resident| resident.email.as_str()))
    .bind::<Array<Text>, _>(column(residents, |resident| resident.email.key()))
    .bind::<Array<Text>, _>(column(residents, |resident| resident.display_name.as_str()))
    .bind::<Array<Timestamptz>, _>(column(residents, |resident| resident.since))
    .execute(tx)
    .await?;
    Ok(())
}

async fn insert_grants(tx: &mut Conn, residents: &[Checked]) -> QueryResult<()> {
    let grants: Vec<(UserId, &str, DateTime<Utc>)> = residents
        .iter()
        .flat_map(|resident| resident.roles.iter().map(|role| (resident.id, role.as_str(), resident.since)))
        .collect();
    sql("INSERT INTO role_grants (user_id, role, granted_at) \
         SELECT user_id, role, since FROM unnest($1, $2, $3) AS new(user_id, role, since)")
    .bind::<Array<SqlUuid>, _>(column(&grants, |grant| grant.0))
    .bind::<Array<Text>, _>(column(&grants, |grant| grant.1))
    .bind::<Array<Timestamptz>, _>(column(&grants, |grant| grant.2))
    .execute(tx)
    .await?;
    Ok(())
}

async fn insert_homes(tx: &mut Conn, residents: &[Checked]) -> QueryResult<()> {
    let homes: Vec<(&Checked, &Home)> =
        residents.iter().filter_map(|resident| Some((resident, resident.home.as_ref()?))).collect();
    sql("INSERT INTO addresses (id, user_id, label, line1, line2, city, state, postal_code, country, is_primary, \
                                lat, lon, geocode_status, geocode_confidence, geocoded_at, version, created_at, updated_at) \
         SELECT id, user_id, label, line1, line2, city, state, postal_code, country, true, \
                lat, lon, 'located', confidence, since, 2, since, since \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
              AS new(id, user_id, label, line1, line2, city, state, postal_code, country, lat, lon, confidence, since)")
    .bind::<Array<SqlUuid>, _>(column(&homes, |(_, home)| -> AddressId { home.id }))
    .bind::<Array<SqlUuid>, _>(column(&homes, |(resident, _)| resident.id))
    .bind::<Array<Nullable<Text>>, _>(column(&homes, |(_, home)| home.label.as_deref()))
    .bind::<Array<Text>, _>(column(&homes, |(_, home)| home.postal.line1.as_str()))
    .bind::<Array<Nullable<Text>>, _>(column(&homes, |(_, home)| home.postal.line2.as_deref()))
    .bind::<Array<Text>, _>(column(&homes, |(_, home)| home.postal.city.as_str()))
    .bind::<Array<Text>, _>(column(&homes, |(_, home)| home.postal.state.as_str()))
    .bind::<Array<Text>, _>(column(&homes, |(_, home)| home.postal.postal_code.as_str()))
    .bind::<Array<Text>, _>(column(&homes, |(_, home)| home.postal.country.as_str()))
    .bind::<Array<Double>, _>(column(&homes, |(_, home)| Located::lat(&home.place)))
    .bind::<Array<Double>, _>(column(&homes, |(_, home)| Located::lon(&home.place)))
    .bind::<Array<Text>, _>(column(&homes, |(_, home)| home.place.confidence()))
    .bind::<Array<Timestamptz>, _>(column(&homes, |(resident, _)| resident.since))
    .execute(tx)
    .await?;
    Ok(())
}

async fn insert_shops(tx: &mut Conn, residents: &[Checked]) -> QueryResult<()> {
    let shops: Vec<_> = residents
        .iter()
        .filter_map(|resident| {
            let (kind, text) = resident.shop.as_ref()?;
            Some((resident, kind.as_str(), text))
        })
        .collect();
    sql("INSERT INTO vendor_profiles (user_id, kind, business_name, business_identifier, contact_email, contact_phone, \
                                      slug, bio, payout_note, created_at, updated_at) \
         SELECT user_id, kind, business_name, business_identifier, contact_email, contact_phone, \
                slug, bio, payout_note, since, since \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
              AS new(user_id, kind, business_name, business_identifier, contact_email, contact_phone, slug, bio, payout_note, since)")
    .bind::<Array<SqlUuid>, _>(column(&shops, |shop| shop.0.id))
    .bind::<Array<Text>, _>(column(&shops, |shop| shop.1))
    .bind::<Array<Text>, _>(column(&shops, |shop| shop.2.business_name.as_str()))
    .bind::<Array<Nullable<Text>>, _>(column(&shops, |shop| shop.2.business_identifier.as_deref()))
    .bind::<Array<Nullable<Text>>, _>(column(&shops, |shop| shop.2.contact_email.as_deref()))
    .bind::<Array<Nullable<Text>>, _>(column(&shops, |shop| shop.2.contact_phone.as_deref()))
    .bind::<Array<Text>, _>(column(&shops, |shop| shop.2.slug.as_ref().map(Slug::as_str).unwrap_or_default()))
    .bind::<Array<Nullable<Text>>, _>(column(&shops, |shop| shop.2.bio.as_deref()))
    .bind::<Array<Nullable<Text>>, _>(column(&shops, |shop| shop.2.payout_note.as_deref()))
    .bind::<Array<Timestamptz>, _>(column(&shops, |shop| shop.0.since))
    .execute(tx)
    .await?;
    Ok(())
}

/// The users whose email address begins with `prefix`, by address.
pub(crate) async fn list_residents(conn: &mut Conn, prefix: &str) -> QueryResult<Vec<UserId>> {
    let rows: Vec<UserIdRow> =
        sql("SELECT id FROM users WHERE starts_with(email_key, $1) ORDER BY email_key COLLATE \"C\"")
            .bind::<Text, _>(prefix)
            .load(conn)
            .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

fn column<'a, Row, Value>(rows: &'a [Row], value: impl Fn(&'a Row) -> Value) -> Vec<Value> {
    rows.iter().map(value).collect()
}
