//! Vendor profiles.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{Slug, UserId};

use super::named;
use crate::schema::{users, vendor_profiles};
use crate::{AccountStatus, AccountsError, VendorKind, VendorProfile};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = vendor_profiles)]
struct VendorRow {
    user_id: UserId,
    kind: String,
    business_name: String,
    business_identifier: Option<String>,
    contact_email: Option<String>,
    contact_phone: Option<String>,
    slug: String,
    bio: Option<String>,
    payout_note: Option<String>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<VendorRow> for VendorProfile {
    type Error = diesel::result::Error;

    fn try_from(row: VendorRow) -> Result<Self, Self::Error> {
        Ok(Self {
            user_id: row.user_id,
            kind: named(VendorKind::parse(&row.kind).ok(), "vendor_profiles.kind", &row.kind)?,
            slug: named(Slug::parse(&row.slug).ok(), "vendor_profiles.slug", &row.slug)?,
            business_name: row.business_name,
            business_identifier: row.business_identifier,
            contact_email: row.contact_email,
            contact_phone: row.contact_phone,
            bio: row.bio,
            payout_note: row.payout_note,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl From<&VendorProfile> for VendorRow {
    fn from(profile: &VendorProfile) -> Self {
        let profile = profile.clone();
        Self {
            user_id: profile.user_id,
            kind: profile.kind.as_str().to_owned(),
            business_name: profile.business_name,
            business_identifier: profile.business_identifier,
            contact_email: profile.contact_email,
            contact_phone: profile.contact_phone,
            slug: profile.slug.as_str().to_owned(),
            bio: profile.bio,
            payout_note: profile.payout_note,
            version: profile.version,
            created_at: profile.created_at,
            updated_at: profile.updated_at,
        }
    }
}

/// Opens the storefront; false when its address is taken.
pub(crate) async fn insert_vendor_profile(tx: &mut Conn, profile: &VendorProfile) -> QueryResult<bool> {
    let inserted = diesel::insert_into(vendor_profiles::table)
        .values(VendorRow::from(profile))
        .on_conflict(vendor_profiles::slug)
        .do_nothing()
        .execute(tx)
        .await?;
    Ok(inserted == 1)
}

/// # Errors
/// [`AccountsError::SlugTaken`].
pub(crate) async fn update_vendor_profile(
    tx: &mut Conn,
    profile: &VendorProfile,
) -> Result<(), AccountsError> {
    let row = VendorRow::from(profile);
    let updated = diesel::update(vendor_profiles::table.find(row.user_id))
        .set((
            vendor_profiles::business_name.eq(row.business_name),
            vendor_profiles::business_identifier.eq(row.business_identifier),
            vendor_profiles::contact_email.eq(row.contact_email),
            vendor_profiles::contact_phone.eq(row.contact_phone),
            vendor_profiles::slug.eq(&row.slug),
            vendor_profiles::bio.eq(row.bio),
            vendor_profiles::payout_note.eq(row.payout_note),
            vendor_profiles::version.eq(row.version),
            vendor_profiles::updated_at.eq(row.updated_at),
        ))
        .execute(tx)
        .await;
    match updated {
        Ok(_) => Ok(()),
        Err(error) if db::violated_constraint(&error) == Some("vendor_profiles_slug") => {
            Err(AccountsError::SlugTaken { slug: row.slug })
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn find_vendor_profile(conn: &mut Conn, user: UserId) -> QueryResult<Option<VendorProfile>> {
    let found =
        vendor_profiles::table.find(user).select(VendorRow::as_select()).first(conn).await.optional()?;
    found.map(VendorProfile::try_from).transpose()
}

pub(crate) async fn find_vendor_by_slug(conn: &mut Conn, slug: &str) -> QueryResult<Option<VendorProfile>> {
    let by_slug = vendor_profiles::table
        .inner_join(users::table.on(users::id.eq(vendor_profiles::user_id)))
        .filter(vendor_profiles::slug.eq(slug))
        .filter(users::status.eq(AccountStatus::Active.as_str()));
    let found = by_slug.select(VendorRow::as_select()).first(conn).await.optional()?;
    found.map(VendorProfile::try_from).transpose()
}

/// Which of `slugs` storefronts have.
pub(crate) async fn list_taken_slugs(conn: &mut Conn, slugs: &[Slug]) -> QueryResult<Vec<String>> {
    let slugs: Vec<&str> = slugs.iter().map(Slug::as_str).collect();
    vendor_profiles::table
        .filter(vendor_profiles::slug.eq_any(slugs))
        .select(vendor_profiles::slug)
        .load(conn)
        .await
}
