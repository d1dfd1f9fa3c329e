//! From a file to an image: sent through us, or to the object store with leave of ours.
//!
//! These take the database rather than a connection: none is held while bytes go to the store or come from it.
//!
//! Before an object is stored it is written down to be discarded in an hour; that it is in use and is not discarded any
//! more is one transaction. So nothing is left behind, whoever dies when, and nothing is taken away from anybody.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use db::{Conn, Database};
use diesel_async::AsyncConnection;
use kernel::{FieldError, Fields, InvalidCode, PictureId, TextRule, UploadId, UserId};
use tokio::io::AsyncReadExt;

use crate::jobs::RenderPicture;
use crate::model::Upload;
use crate::service::images;
use crate::{
    Content, Format, Image, Intake, Media, MediaError, ObjectKey, Received, StoreError, UploadGrant, store,
};

/// How long somebody has to send a file to the store.
const GRANTED_FOR: Duration = Duration::from_mins(15);
/// How long an upload through us may take from the first byte in the store to its image.
const SETTLED_WITHIN: TimeDelta = TimeDelta::hours(1);
/// The most images that somebody has attached to nothing, so that nobody keeps their files here.
const MOST_LOOSE: i64 = 100;
pub(crate) const ALT: TextRule = TextRule::line(1, 500);
/// As much as is read at once of what somebody has sent to the store.
const CHUNK: usize = 64 * 1024;

/// Makes an image of a file that has come in. The same bytes are stored once, whoever sends them.
pub async fn upload(
    media: &Media,
    database: &Database,
    now: DateTime<Utc>,
    owner: UserId,
    received: Received,
    alt: Option<&str>,
) -> Result<Image, MediaError> {
    let alt = ALT.read_optional(alt).map_err(|error| error.at("alt"))?;
    accept(media, database, now, owner, received, alt, None).await
}

/// Refuses an upload by somebody who has too many images attached to nothing; before its bytes are taken in.
pub async fn expect_room(conn: &mut Conn, owner: UserId) -> Result<(), MediaError> {
    match store::images::count_loose(conn, owner).await? {
        some if some >= MOST_LOOSE => Err(MediaError::TooManyLoose(some)),
        _ => Ok(()),
    }
}

/// Grants leave to send a file of this type and length to the store.
pub async fn grant_upload(
    media: &Media,
    database: &Database,
    now: DateTime<Utc>,
    owner: UserId,
    media_type: &str,
    bytes: u64,
) -> Result<UploadGrant, MediaError> {
    let mut fields = Fields::default();
    if Format::of_media_type(media_type).is_none() {
        let message = "must be one of: image/jpeg image/png image/webp image/gif";
        fields.refuse("media_type", InvalidCode::NotAllowed, message);
    }
    let most = media.limits.bytes;
    match bytes {
        0 => fields.refuse("bytes", InvalidCode::TooSmall, "must be at least 1"),
        more if more > most => {
            fields.take::<()>(
                "bytes",
                Err(FieldError::new(InvalidCode::TooLarge, format!("must be at most {most}"))),
            );
        }
        _ => {}
    }
    fields.finish()?;
    let id = UploadId::new();
    let url = media.store.presign_put(&ObjectKey::upload(id), GRANTED_FOR, bytes, media_type).await?;
    let url = url.ok_or(MediaError::CannotPresign)?;
    let mut conn = database.conn().await?;
    expect_room(&mut conn, owner).await?;
    let expires_at = now + GRANTED_FOR;
    let media_type = media_type.to_owned();
    let new =
        Upload { id, owner_id: owner, media_type, bytes, created_at: now, expires_at, finalized_at: None };
    store::uploads::insert(&mut conn, &new).await.map_err(MediaError::of_owner)?;
    Ok(UploadGrant { id, url, expires_at })
}

/// Makes an image, once, of the file that was sent to the store.
pub async fn finalize_upload(
    media: &Media,
    database: &Database,
    now: DateTime<Utc>,
    owner: UserId,
    id: UploadId,
    alt: Option<&str>,
) -> Result<Image, MediaError> {
    let alt = ALT.read_optional(alt).map_err(|error| error.at("alt"))?;
    let upload = store::uploads::find(&mut *database.conn().await?, id).await?;
    let upload = upload.filter(|upload| upload.owner_id == owner).ok_or(MediaError::NotFound("upload"))?;
    if upload.finalized_at.is_some() {
        return Err(MediaError::AlreadyFinalized);
    }
    if upload.expires_at <= now {
        return Err(MediaError::UploadExpired);
    }
    let received = take_from_store(media, &upload).await?;
    received.expect_media_type(&upload.media_type)?;
    accept(media, database, now, owner, received, alt, Some(&upload)).await
}

/// A file that others can still change is not used where it is: what was looked at is what is kept.
async fn take_from_store(media: &Media, upload: &Upload) -> Result<Received, MediaError> {
    let object = match media.store.get(&ObjectKey::upload(upload.id)).await {
        Err(StoreError::NotFound(_)) => return Err(MediaError::NotSent),
        found => found?,
    };
    if object.length != upload.bytes {
        return Err(MediaError::OtherLength { announced: upload.bytes, came: object.length });
    }
    let mut reader = object.reader;
    let mut intake = Intake::begin(media.limits, &media.scratch).await?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let came = reader.read(&mut chunk).await?;
        if came == 0 {
            return intake.finish().await;
        }
        intake.take(&chunk[..came]).await?;
    }
}

async fn accept(
    media: &Media,
    database: &Database,
    now: DateTime<Utc>,
    owner: UserId,
    mut received: Received,
    alt: Option<String>,
    upload: Option<&Upload>,
) -> Result<Image, MediaError> {
    let mut conn = database.conn().await?;
    expect_room(&mut conn, owner).await?;
    let known = conn
        .transaction(async |tx| match store::pictures::hold(tx, &received.hash).await? {
            Some(picture) => use_picture(tx, now, owner, picture, alt.as_deref(), upload).await.map(Some),
            None => Ok::<_, MediaError>(None),
        })
        .await?;
    if let Some(image) = known {
        return Ok(image);
    }
    let id = PictureId::new();
    let key = ObjectKey::original(id);
    store::discards::put_down(&mut conn, &key, now + SETTLED_WITHIN).await?;
    drop(conn);
    let (length, media_type) = (received.bytes, received.header.format.media_type());
    media.store.put(&key, Content { reader: &mut received.file, length, media_type }).await?;
    let mut conn = database.conn().await?;
    conn.transaction(async |tx| {
        let added = store::pictures::insert(tx, now, id, &received.hash, &received.header, received.bytes);
        let picture = if added.await? {
            if !store::discards::withdraw(tx, &key).await? {
                return Err(MediaError::TookTooLong);
            }
            outbox::enqueue(tx, now, &RenderPicture { picture_id: id }).await?;
            id
        } else {
            // Somebody else has sent the same meanwhile: theirs is used, and ours goes.
            store::discards::put_down(tx, &key, now).await?;
            store::pictures::hold(tx, &received.hash).await?.ok_or(MediaError::TookTooLong)?
        };
        use_picture(tx, now, owner, picture, alt.as_deref(), upload).await
    })
    .await
}

async fn use_picture(
    tx: &mut Conn,
    now: DateTime<Utc>,
    owner: UserId,
    picture: PictureId,
    alt: Option<&str>,
    upload: Option<&Upload>,
) -> Result<Image, MediaError> {
    if let Some(upload) = upload {
        if !store::uploads::finalize(tx, now, upload.id).await? {
            return Err(MediaError::AlreadyFinalized);
        }
        // Until then the file can be sent again.
        store::discards::put_down(tx, &ObjectKey::upload(upload.id), upload.expires_at).await?;
    }
    let id = store::images::insert(tx, now, owner, picture, alt).await.map_err(MediaError::of_owner)?;
    images::find_own_image(tx, owner, id).await
}

impl MediaError {
    /// What it means that a row could not be written which names its owner.
    pub(crate) fn of_owner(error: diesel::result::Error) -> Self {
        match db::violated_constraint(&error) {
            Some("images_owner" | "uploads_owner" | "posts_gardener") => Self::NotFound("user"),
            _ => Self::Database(error),
        }
    }
}
