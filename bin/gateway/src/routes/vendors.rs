//! Storefronts: the caller's own, and anybody's as buyers see it.

use accounts::{AccountsError, VendorChanges, VendorDetails, VendorKind, VendorProfile};
use actix_web::http::header;
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::UserId;
use media::Subject;
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::picture_views::PictureView;
use crate::extract::{Body, Idempotency, IfMatch, IfNoneMatch, Principal, Segment, etag_of};
use crate::wire::Patch;
use crate::{AppState, Created, Ok200, Problem};

/// A storefront as its owner sees it.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct OwnVendorView {
    /// What buyers see.
    profile: VendorProfileView,
    /// A tax or register number.
    #[serde(skip_serializing_if = "Option::is_none")]
    business_identifier: Option<String>,
    /// How the owner wishes to be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    payout_note: Option<String>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// A storefront.
#[derive(Debug, Serialize, Apiv2Schema)]
struct VendorProfileView {
    /// The vendor's id, which is its owner's.
    id: Uuid,
    /// One of `gardener`, `maker`, `outfitter` or `restaurant`.
    kind: String,
    /// The business's name.
    business_name: String,
    /// The storefront's address: unique.
    slug: String,
    /// In any number of lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    bio: Option<String>,
    /// For buyers.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_email: Option<String>,
    /// For buyers.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_phone: Option<String>,
    /// Its pictures, in order: the first is the primary one.
    pictures: Vec<PictureView>,
    /// When it opened.
    created_at: DateTime<Utc>,
}

/// A new storefront.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct OpenVendorBody {
    /// One of `gardener`, `maker`, `outfitter` or `restaurant`; settled for good.
    kind: String,
    /// 2 to 120 characters.
    business_name: String,
    /// A tax or register number, up to 64 characters. Not shown to buyers.
    business_identifier: Option<String>,
    /// An email address for buyers.
    contact_email: Option<String>,
    /// A telephone number for buyers, of 7 to 15 digits and at most 32 characters.
    contact_phone: Option<String>,
    /// 3 to 60 lowercase letters, digits and single hyphens; made from the name when absent.
    slug: Option<String>,
    /// Up to 2000 characters.
    bio: Option<String>,
    /// How the owner wishes to be paid, up to 500 characters. Not shown to buyers.
    payout_note: Option<String>,
}

/// What to change about a storefront.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ChangeVendorBody {
    /// 2 to 120 characters.
    business_name: Option<String>,
    /// A tax or register number, up to 64 characters; null removes it (nullable).
    #[serde(default)]
    business_identifier: Patch<String>,
    /// An email address for buyers; null removes it (nullable).
    #[serde(default)]
    contact_email: Patch<String>,
    /// A telephone number for buyers, of 7 to 15 digits and at most 32 characters; null removes it (nullable).
    #[serde(default)]
    contact_phone: Patch<String>,
    /// 3 to 60 lowercase letters, digits and single hyphens. The old one stops answering.
    slug: Option<String>,
    /// Up to 2000 characters; null removes it (nullable).
    #[serde(default)]
    bio: Patch<String>,
    /// How the owner wishes to be paid, up to 500 characters; null removes it (nullable).
    #[serde(default)]
    payout_note: Patch<String>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/api/v1/me/vendor")
                .route(web::get().to(show_own))
                .route(web::post().to(open))
                .route(web::patch().to(change)),
        )
        .service(web::resource("/api/v1/vendors/{slug}").route(web::get().to(show)));
}

/// Opens the caller's storefront
///
/// Grants the role vendor.
///
/// Problems: `already_vendor`, `slug_taken`.
#[api_v2_operation(operation_id = "open_shop")]
async fn open(
    state: AppState,
    principal: Principal,
    idempotency: Idempotency,
    body: Body<OpenVendorBody>,
) -> Result<Created<OwnVendorView>, Problem> {
    let (details, now) = (VendorDetails::try_from(body.data)?, state.clock.now());
    let work = async |tx: &mut Conn| {
        let profile = accounts::become_vendor(tx, now, principal.user_id, details).await?;
        placement::open_shop(tx, now, principal.user_id).await?;
        let (version, location) = (profile.version, format!("/api/v1/vendors/{}", profile.slug.as_str()));
        // Whoever opens one has none on it yet.
        Ok(Created::new(OwnVendorView::new(profile, Vec::new())).etag(version).location(location))
    };
    idempotency.run(&state, principal, &body.raw, work).await
}

/// The caller's storefront
///
/// Problems: `not_found`.
#[api_v2_operation(operation_id = "show_own_shop")]
async fn show_own(
    state: AppState,
    principal: Principal,
    _have: IfNoneMatch,
) -> Result<Ok200<OwnVendorView>, Problem> {
    let mut conn = state.conn().await?;
    let profile = find_own(&mut conn, principal.user_id).await?;
    answer(&state, &mut conn, profile).await
}

/// Changes the caller's storefront
///
/// Problems: `not_found`, `slug_taken`.
#[api_v2_operation(operation_id = "change_shop")]
async fn change(
    state: AppState,
    principal: Principal,
    if_match: IfMatch,
    body: Body<ChangeVendorBody>,
) -> Result<Ok200<OwnVendorView>, Problem> {
    let (changes, now, user) = (body.data.into(), state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        let version = find_own(tx, user).await?.version;
        if_match.check(version)?;
        let profile = accounts::change_vendor(tx, now, user, version, changes).await?;
        answer(&state, tx, profile).await
    };
    state.transact(work).await
}

/// A storefront, by its address
#[api_v2_operation(operation_id = "show_shop")]
async fn show(
    state: AppState,
    slug: Segment,
    _have: IfNoneMatch,
) -> Result<Ok200<VendorProfileView>, Problem> {
    let mut conn = state.conn().await?;
    let profile = accounts::find_vendor_by_slug(&mut conn, &slug.0).await?;
    let version = profile.version;
    let pictures = pictures(&state, &mut conn, profile.user_id).await?;
    Ok(tagged(version, VendorProfileView::new(profile, pictures)))
}

/// What the public sees of a shop's pictures.
pub(super) async fn pictures(
    state: &AppState,
    conn: &mut Conn,
    vendor: UserId,
) -> Result<Vec<PictureView>, Problem> {
    let images = media::images_of(conn, Subject::Shop(vendor)).await?;
    Ok(PictureView::of_images(&state.settings.media.url, &images))
}

/// Pictures are shown and no part of the version, so the tag speaks of both.
fn tagged<T: Serialize>(version: i32, view: T) -> Ok200<T> {
    let tag = etag_of(version, &view);
    Ok200::new(view).with(&header::ETAG, tag)
}

async fn find_own(conn: &mut Conn, user: UserId) -> Result<VendorProfile, AccountsError> {
    accounts::find_vendor_profile(conn, user).await?.ok_or(AccountsError::VendorNotFound)
}

async fn answer(
    state: &AppState,
    conn: &mut Conn,
    profile: VendorProfile,
) -> Result<Ok200<OwnVendorView>, Problem> {
    let (version, pictures) = (profile.version, pictures(state, conn, profile.user_id).await?);
    Ok(tagged(version, OwnVendorView::new(profile, pictures)))
}

impl VendorProfileView {
    fn new(profile: VendorProfile, pictures: Vec<PictureView>) -> Self {
        Self {
            id: profile.user_id.0,
            kind: profile.kind.as_str().to_owned(),
            business_name: profile.business_name,
            slug: profile.slug.as_str().to_owned(),
            bio: profile.bio,
            contact_email: profile.contact_email,
            contact_phone: profile.contact_phone,
            pictures,
            created_at: profile.created_at,
        }
    }
}

impl OwnVendorView {
    pub(super) fn new(profile: VendorProfile, pictures: Vec<PictureView>) -> Self {
        Self {
            business_identifier: profile.business_identifier.clone(),
            payout_note: profile.payout_note.clone(),
            updated_at: profile.updated_at,
            profile: VendorProfileView::new(profile, pictures),
        }
    }
}

impl TryFrom<OpenVendorBody> for VendorDetails {
    type Error = kernel::Invalid;

    fn try_from(body: OpenVendorBody) -> Result<Self, Self::Error> {
        Ok(Self {
            kind: VendorKind::parse(&body.kind).map_err(|error| error.at("kind"))?,
            business_name: body.business_name,
            business_identifier: body.business_identifier,
            contact_email: body.contact_email,
            contact_phone: body.contact_phone,
            slug: body.slug,
            bio: body.bio,
            payout_note: body.payout_note,
        })
    }
}

impl From<ChangeVendorBody> for VendorChanges {
    fn from(body: ChangeVendorBody) -> Self {
        Self {
            business_name: body.business_name.into(),
            business_identifier: body.business_identifier.into(),
            contact_email: body.contact_email.into(),
            contact_phone: body.contact_phone.into(),
            slug: body.slug.into(),
            bio: body.bio.into(),
            payout_note: body.payout_note.into(),
        }
    }
}
