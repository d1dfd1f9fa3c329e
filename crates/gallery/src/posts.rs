//! Posts: who may write them, of which plants, and whose are shown.

use catalog::CatalogError;
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{FieldError, InvalidCode, PlantId, PostId, UserId};
use media::{MediaError, Post, PostChange, PostDraft};

use crate::GalleryError;

/// Makes a gardener's post.
pub async fn create_post(
    tx: &mut Conn,
    now: DateTime<Utc>,
    gardener: UserId,
    draft: &PostDraft,
) -> Result<Post, GalleryError> {
    let seller = catalog::find_seller(tx, gardener).await?;
    if seller.is_none_or(|seller| seller.kind != "gardener") {
        return Err(CatalogError::NotAGardener.into());
    }
    expect_plant(tx, gardener, draft.plant_id).await?;
    Ok(media::create_post(tx, now, gardener, draft).await?)
}

/// Changes a gardener's post that has not changed since `expected_version`.
pub async fn change_post(
    tx: &mut Conn,
    now: DateTime<Utc>,
    gardener: UserId,
    id: PostId,
    expected_version: i32,
    change: &PostChange,
) -> Result<Post, GalleryError> {
    expect_plant(tx, gardener, change.plant_id.flatten()).await?;
    Ok(media::change_post(tx, now, gardener, id, expected_version, change).await?)
}

/// Shows what somebody has written if their account is open, and only then.
pub(crate) async fn follow_account(tx: &mut Conn, user: UserId) -> Result<(), GalleryError> {
    let is_closed = accounts::disabled_among(tx, &[user]).await?.contains(&user);
    media::hide_posts_of(tx, user, is_closed).await?;
    Ok(())
}

async fn expect_plant(tx: &mut Conn, gardener: UserId, plant: Option<PlantId>) -> Result<(), GalleryError> {
    let Some(plant) = plant else { return Ok(()) };
    match catalog::find_own_plant(tx, gardener, plant).await {
        Err(CatalogError::NotFound(_)) => {
            let unknown = FieldError::new(InvalidCode::Unknown, "none of your plants");
            Err(MediaError::Invalid(unknown.at("plant_id")).into())
        }
        found => Ok(found.map(drop)?),
    }
}
