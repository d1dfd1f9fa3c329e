//! Storefronts.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{Slug, UserId};
use outbox::Event;
use serde_json::json;

use super::{expect_version, lock_user};
use crate::model::{VendorChanges, VendorDetails, VendorKind, VendorProfile};
use crate::{AccountsError, Role, slug, store};

/// How often a slug that was just free may turn out to be taken by somebody else.
const TRIES: usize = 4;

/// Opens a user's storefront and grants the role vendor. Emits `vendor.opened` with name, slug and
/// kind.
///
/// # Errors
/// [`AccountsError::AlreadyVendor`], [`AccountsError::Invalid`]; [`AccountsError::SlugTaken`] for a
/// slug that was asked for.
pub async fn become_vendor(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    details: VendorDetails,
) -> Result<VendorProfile, AccountsError> {
    let (kind, text) = (details.kind, details.check()?);
    lock_user(tx, user).await?;
    if store::find_vendor_profile(tx, user).await?.is_some() {
        return Err(AccountsError::AlreadyVendor);
    }
    let asked = text.slug.clone();
    for attempt in 1..=TRIES {
        let slug = match &asked {
            Some(slug) => slug.clone(),
            None => free_slug(tx, &text.business_name, kind, attempt).await?,
        };
        let profile = VendorProfile {
            user_id: user,
            kind,
            business_name: text.business_name.clone(),
            business_identifier: text.business_identifier.clone(),
            contact_email: text.contact_email.clone(),
            contact_phone: text.contact_phone.clone(),
            slug,
            bio: text.bio.clone(),
            payout_note: text.payout_note.clone(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        if store::insert_vendor_profile(tx, &profile).await? {
            store::insert_role_grants(tx, now, user, &[Role::Vendor]).await?;
            outbox::emit(tx, now, about_vendor("vendor.opened", &profile)).await?;
            return Ok(profile);
        }
        if asked.is_some() {
            break;
        }
    }
    let slug = asked.map_or_else(|| text.business_name.clone(), |slug| slug.as_str().to_owned());
    Err(AccountsError::SlugTaken { slug })
}

/// Changes a storefront that was read at `expected_version`. Emits `vendor.changed` with name, slug
/// and kind.
///
/// # Errors
/// [`AccountsError::VendorNotFound`], [`AccountsError::VersionMismatch`],
/// [`AccountsError::Invalid`], [`AccountsError::SlugTaken`].
pub async fn change_vendor(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    expected_version: i32,
    changes: VendorChanges,
) -> Result<VendorProfile, AccountsError> {
    lock_user(tx, user).await?;
    let current = store::find_vendor_profile(tx, user).await?.ok_or(AccountsError::VendorNotFound)?;
    expect_version(current.version, expected_version)?;
    let text = changes.over(&current).check()?;
    let updated = VendorProfile {
        business_name: text.business_name,
        business_identifier: text.business_identifier,
        contact_email: text.contact_email,
        contact_phone: text.contact_phone,
        slug: text.slug.unwrap_or(current.slug),
        bio: text.bio,
        payout_note: text.payout_note,
        version: current.version + 1,
        updated_at: now,
        ..current
    };
    store::update_vendor_profile(tx, &updated).await?;
    outbox::emit(tx, now, about_vendor("vendor.changed", &updated)).await?;
    Ok(updated)
}

/// The storefront at an address of the web.
///
/// # Errors
/// [`AccountsError::VendorNotFound`].
pub async fn find_vendor_by_slug(conn: &mut Conn, slug: &str) -> Result<VendorProfile, AccountsError> {
    store::find_vendor_by_slug(conn, slug).await?.ok_or(AccountsError::VendorNotFound)
}

/// The user's storefront, if they have one.
pub async fn find_vendor_profile(
    conn: &mut Conn,
    user: UserId,
) -> Result<Option<VendorProfile>, AccountsError> {
    Ok(store::find_vendor_profile(conn, user).await?)
}

/// The best slug that nobody has; at the last attempt one that nobody else will think of.
async fn free_slug(
    tx: &mut Conn,
    business_name: &str,
    kind: VendorKind,
    attempt: usize,
) -> Result<Slug, AccountsError> {
    let mut candidates = slug::candidates(business_name, kind.as_str(), rand::random());
    if attempt == TRIES {
        candidates.reverse();
    }
    let taken = store::list_taken_slugs(tx, &candidates).await?;
    let free = candidates.into_iter().find(|slug| taken.iter().all(|taken| taken != slug.as_str()));
    free.ok_or_else(|| AccountsError::SlugTaken { slug: business_name.to_owned() })
}

fn about_vendor(kind: &'static str, profile: &VendorProfile) -> Event {
    Event {
        kind,
        subject_type: "vendor",
        subject_id: profile.user_id.0,
        actor: profile.user_id.into(),
        data: json!({
            "name": profile.business_name,
            "slug": profile.slug.as_str(),
            "kind": profile.kind.as_str(),
        }),
    }
}
