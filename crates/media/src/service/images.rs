//! Images: finding, describing, arranging and removing them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{
    FieldError, Fields, ImageId, InvalidCode, Limit, NewestKey, OfferingId, Page, PictureId, UserId,
};
use uuid::Uuid;

use crate::model::MOST_IMAGES;
use crate::service::uploads::ALT;
use crate::{Image, MediaError, PictureState, Subject, store};

/// One of somebody's images.
pub async fn find_own_image(conn: &mut Conn, owner: UserId, id: ImageId) -> Result<Image, MediaError> {
    let image = store::images::find(conn, id).await?;
    image.filter(|image| image.owner_id == owner).ok_or(MediaError::NotFound("image"))
}

/// Somebody's images, newest first.
pub async fn list_own_images(
    conn: &mut Conn,
    owner: UserId,
    after: Option<NewestKey>,
    limit: Limit,
) -> Result<Page<Image, NewestKey>, MediaError> {
    let rows = store::images::list_of(conn, owner, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, |row| NewestKey { at: row.created_at, id: row.id.0 }))
}

/// A subject's images, in order.
pub async fn images_of(conn: &mut Conn, subject: Subject) -> Result<Vec<Image>, MediaError> {
    Ok(store::images::of_subjects(conn, subject.kind(), &[subject.id()]).await?)
}

/// The images of several offerings, each one's in order.
pub async fn images_of_offerings(
    conn: &mut Conn,
    offerings: &[OfferingId],
) -> Result<HashMap<OfferingId, Vec<Image>>, MediaError> {
    let ids: Vec<Uuid> = offerings.iter().map(|offering| offering.0).collect();
    let mut images: HashMap<OfferingId, Vec<Image>> = HashMap::new();
    for image in store::images::of_subjects(conn, "offering", &ids).await? {
        if let Some((Subject::Offering(offering), _)) = image.place {
            images.entry(offering).or_default().push(image);
        }
    }
    Ok(images)
}

/// Up to `limit` offerings that have images, in the order of their ids, after `after`.
pub async fn list_pictured_offerings(
    conn: &mut Conn,
    after: Option<OfferingId>,
    limit: i64,
) -> Result<Vec<OfferingId>, MediaError> {
    Ok(store::images::list_offerings(conn, after, limit).await?)
}

/// What shows a picture.
pub async fn subjects_of(conn: &mut Conn, picture: PictureId) -> Result<Vec<Subject>, MediaError> {
    Ok(store::images::subjects_of(conn, picture).await?)
}

/// Has changes of somebody's images wait for one another until the transaction ends: to be called before anything is
/// locked that images are attached to, since what an image is attached to is not known before, and must stay so.
pub async fn take_turn(tx: &mut Conn, owner: UserId) -> Result<(), MediaError> {
    Ok(store::images::take_turn(tx, ("owner", owner.0)).await?)
}

/// Describes an image anew, if it has not changed since `expected_version`; the empty text removes the description.
pub async fn describe_image(
    tx: &mut Conn,
    now: DateTime<Utc>,
    owner: UserId,
    id: ImageId,
    expected_version: i32,
    alt: Option<&str>,
) -> Result<Image, MediaError> {
    let alt = ALT.read_optional(alt).map_err(|error| error.at("alt"))?;
    let image = lock_own(tx, owner, id).await?;
    if image.version != expected_version {
        return Err(MediaError::VersionMismatch { current: image.version });
    }
    store::images::change_alt(tx, now, id, alt.as_deref()).await?;
    find_own_image(tx, owner, id).await
}

/// Removes an image, wherever it is attached; gives it as it was. Its picture goes when nobody has it any more.
pub async fn remove_image(tx: &mut Conn, owner: UserId, id: ImageId) -> Result<Image, MediaError> {
    let image = lock_own(tx, owner, id).await?;
    store::images::delete(tx, id).await?;
    Ok(image)
}

/// Puts these images of the owner's on a subject, in this order, and takes all others off it. Doing it twice changes
/// nothing the second time. Whether the subject is the owner's is the caller's to know.
///
/// # Errors
/// Too many are named, or one twice, or one that is not the owner's, that is on something else, or that cannot be shown
/// (`images/<place>`).
pub async fn arrange_images(
    tx: &mut Conn,
    now: DateTime<Utc>,
    owner: UserId,
    subject: Subject,
    ids: &[ImageId],
) -> Result<Vec<Image>, MediaError> {
    if ids.len() > MOST_IMAGES {
        let message = format!("must have at most {MOST_IMAGES} images");
        return Err(MediaError::Invalid(FieldError::new(InvalidCode::TooLong, message).at("images")));
    }
    store::images::take_turn(tx, (subject.kind(), subject.id())).await?;
    let found = store::images::lock(tx, ids).await?;
    let mut fields = Fields::default();
    for (at, id) in ids.iter().enumerate() {
        let image = found.iter().find(|image| image.id == *id && image.owner_id == owner);
        let (code, message) = match image {
            _ if ids[..at].contains(id) => (InvalidCode::NotAllowed, "is named twice"),
            None => (InvalidCode::Unknown, "is none of your images"),
            Some(image) if image.place.is_some_and(|(other, _)| other != subject) => {
                (InvalidCode::NotAllowed, "is on something else")
            }
            Some(image) if matches!(image.picture.state, PictureState::Refused { .. }) => {
                (InvalidCode::NotAllowed, "cannot be shown")
            }
            Some(_) => continue,
        };
        fields.refuse(&format!("images/{at}"), code, message);
    }
    fields.finish()?;
    store::images::arrange(tx, now, subject, ids).await?;
    images_of(tx, subject).await
}

/// Takes all images off a subject that is gone, whoever they are of.
pub async fn detach_images(tx: &mut Conn, now: DateTime<Utc>, subject: Subject) -> Result<(), MediaError> {
    store::images::take_turn(tx, (subject.kind(), subject.id())).await?;
    Ok(store::images::arrange(tx, now, subject, &[]).await?)
}

async fn lock_own(tx: &mut Conn, owner: UserId, id: ImageId) -> Result<Image, MediaError> {
    let image = store::images::lock(tx, &[id]).await?.pop();
    image.filter(|image| image.owner_id == owner).ok_or(MediaError::NotFound("image"))
}
