//! Images on offerings and shops.

use accounts::AccountsError;
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{ImageId, OfferingId, UserId};
use media::{Image, ShownPicture, Subject};
use serde_json::Value;

use crate::GalleryError;

/// Puts these images of the vendor's on their offering, in this order, the first being the primary one, and takes all
/// others off it. Doing it twice changes nothing the second time.
pub async fn arrange_offering_images(
    tx: &mut Conn,
    now: DateTime<Utc>,
    vendor: UserId,
    offering: OfferingId,
    images: &[ImageId],
) -> Result<Vec<Image>, GalleryError> {
    media::take_turn(tx, vendor).await?;
    catalog::hold_own_offering(tx, vendor, offering).await?;
    let arranged = media::arrange_images(tx, now, vendor, Subject::Offering(offering), images).await?;
    show(tx, offering, &arranged).await?;
    Ok(arranged)
}

/// The images of the vendor's offering, in order, those that cannot be shown yet among them.
pub async fn offering_images(
    conn: &mut Conn,
    vendor: UserId,
    offering: OfferingId,
) -> Result<Vec<Image>, GalleryError> {
    catalog::find_own_offering(conn, vendor, offering).await?;
    Ok(media::images_of(conn, Subject::Offering(offering)).await?)
}

/// Puts these images of the vendor's on their shop, in this order, and takes all others off it.
pub async fn arrange_shop_images(
    tx: &mut Conn,
    now: DateTime<Utc>,
    vendor: UserId,
    images: &[ImageId],
) -> Result<Vec<Image>, GalleryError> {
    expect_shop(tx, vendor).await?;
    Ok(media::arrange_images(tx, now, vendor, Subject::Shop(vendor), images).await?)
}

/// The images of the vendor's shop, in order, those that cannot be shown yet among them.
pub async fn shop_images(conn: &mut Conn, vendor: UserId) -> Result<Vec<Image>, GalleryError> {
    expect_shop(conn, vendor).await?;
    Ok(media::images_of(conn, Subject::Shop(vendor)).await?)
}

async fn expect_shop(conn: &mut Conn, vendor: UserId) -> Result<(), GalleryError> {
    let profile = accounts::find_vendor_profile(conn, vendor).await?;
    profile.map(drop).ok_or(GalleryError::Accounts(AccountsError::VendorNotFound))
}

/// Describes an image anew, here and wherever it is shown.
pub async fn describe_image(
    tx: &mut Conn,
    now: DateTime<Utc>,
    owner: UserId,
    id: ImageId,
    expected_version: i32,
    alt: Option<&str>,
) -> Result<Image, GalleryError> {
    media::take_turn(tx, owner).await?;
    let seen = media::find_own_image(tx, owner, id).await?;
    hold(tx, seen.place).await?;
    let image = media::describe_image(tx, now, owner, id, expected_version, alt).await?;
    refresh(tx, image.place).await?;
    Ok(image)
}

/// Removes an image, here and wherever it is shown.
pub async fn remove_image(tx: &mut Conn, owner: UserId, id: ImageId) -> Result<(), GalleryError> {
    media::take_turn(tx, owner).await?;
    let seen = media::find_own_image(tx, owner, id).await?;
    hold(tx, seen.place).await?;
    let removed = media::remove_image(tx, owner, id).await?;
    refresh(tx, removed.place).await
}

/// An offering is locked before its images, here as everywhere. Nobody attaches the image to another meanwhile: it is its
/// owner's turn.
async fn hold(tx: &mut Conn, place: Option<(Subject, u16)>) -> Result<(), GalleryError> {
    if let Some((Subject::Offering(offering), _)) = place {
        catalog::hold_offering(tx, offering).await?;
    }
    Ok(())
}

async fn refresh(tx: &mut Conn, place: Option<(Subject, u16)>) -> Result<(), GalleryError> {
    match place {
        Some((Subject::Offering(offering), _)) => refresh_offering(tx, offering).await,
        _ => Ok(()),
    }
}

/// Shows what can be shown now.
pub(crate) async fn refresh_offering(tx: &mut Conn, offering: OfferingId) -> Result<(), GalleryError> {
    catalog::hold_offering(tx, offering).await?;
    let images = media::images_of(tx, Subject::Offering(offering)).await?;
    show(tx, offering, &images).await
}

async fn show(tx: &mut Conn, offering: OfferingId, images: &[Image]) -> Result<(), GalleryError> {
    Ok(catalog::show_pictures(tx, offering, &shown(images)?).await?)
}

/// What there is to show of an offering's images.
pub(crate) fn shown(images: &[Image]) -> Result<Value, GalleryError> {
    let shown: Vec<ShownPicture> = images.iter().filter_map(Image::shown).collect();
    Ok(serde_json::to_value(shown)?)
}

/// What the catalog keeps for this process: one of an offering's pictures.
#[must_use]
pub fn read_picture(kept: Value) -> Option<ShownPicture> {
    serde_json::from_value(kept).ok()
}

/// What the catalog keeps for this process: an offering's pictures, in order.
#[must_use]
pub fn read_pictures(kept: Value) -> Vec<ShownPicture> {
    // What an older version wrote otherwise is not shown until it is written again.
    serde_json::from_value(kept).unwrap_or_default()
}
