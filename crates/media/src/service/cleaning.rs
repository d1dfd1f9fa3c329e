//! Taking away what nobody has any more: images on nothing, uploads that expired, pictures without images, and what was
//! begun and never finished.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use db::Database;
use diesel_async::AsyncConnection;

use crate::image::thumbnail_sides;
use crate::{Media, MediaError, ObjectKey, PictureState, SizeName, StoredPicture, store};

/// How long an image may be attached to nothing.
pub const LOOSE_FOR: TimeDelta = TimeDelta::hours(24);
/// How long an upload is known after its time, to say so to whoever comes late.
const EXPIRED_KEPT: TimeDelta = TimeDelta::hours(1);
/// Somebody may still be making what is shown of a picture that is younger.
const RENDERED_WITHIN: TimeDelta = TimeDelta::hours(24);
/// What was begun so long ago is not finished any more.
const BEGUN_WITHIN: Duration = Duration::from_hours(6);
/// As much as a statement does well within its time.
const AT_ONCE: i64 = 500;

/// How much was taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cleaned {
    /// Images that were attached to nothing.
    pub images: usize,
    /// Uploads that had expired.
    pub uploads: usize,
    /// Pictures that nobody had.
    pub pictures: usize,
    /// Objects that nobody took into use.
    pub objects: usize,
}

/// Takes away what nobody has any more. May run beside uploads, of the same bytes as well, and beside itself.
///
/// # Errors
/// The database or the object store fails; what is left is for the next round.
pub async fn clean_up(media: &Media, database: &Database, now: DateTime<Utc>) -> Result<Cleaned, MediaError> {
    let mut cleaned = Cleaned::default();
    let mut conn = database.conn().await?;
    loop {
        let some = store::images::delete_loose(&mut conn, now - LOOSE_FOR, AT_ONCE).await?;
        cleaned.images += some;
        if some == 0 {
            break;
        }
    }
    loop {
        let some = conn
            .transaction(async |tx| {
                let expired = store::uploads::delete_expired(tx, now - EXPIRED_KEPT, AT_ONCE).await?;
                for id in &expired {
                    store::discards::put_down(tx, &ObjectKey::upload(*id), now).await?;
                }
                Ok::<_, MediaError>(expired.len())
            })
            .await?;
        cleaned.uploads += some;
        if some == 0 {
            break;
        }
    }
    loop {
        let doomed = conn
            .transaction(async |tx| {
                let unused = store::pictures::lock_unused(tx, now - RENDERED_WITHIN, AT_ONCE).await?;
                Ok::<_, MediaError>(store::pictures::doom(tx, &unused).await?)
            })
            .await?;
        if doomed == 0 {
            break;
        }
    }
    drop(conn);
    while remove_doomed(media, database).await? {
        cleaned.pictures += 1;
    }
    while discard(media, database, now).await? {
        cleaned.objects += 1;
    }
    // Files bear the system's time, whatever time it is here. A store that cannot tell what was begun keeps it, and
    // nothing else depends on it.
    match media.store.sweep(SystemTime::now() - BEGUN_WITHIN).await {
        Ok(swept) => cleaned.objects += swept,
        Err(error) => tracing::debug!(error = %error, "the object store does not tell what was begun"),
    }
    Ok(cleaned)
}

/// Removes a picture that is doomed, under its lock: whoever uploads the same bytes meanwhile waits, and adds it anew.
/// Where this dies between the objects and the row, the picture is still doomed, and no upload relies on its objects.
async fn remove_doomed(media: &Media, database: &Database) -> Result<bool, MediaError> {
    let mut conn = database.conn().await?;
    conn.transaction(async |tx| {
        let Some(picture) = store::pictures::lock_doomed(tx).await? else { return Ok(false) };
        for key in objects_of(&picture) {
            media.store.delete(&key).await?;
        }
        store::pictures::delete(tx, picture.id).await?;
        Ok(true)
    })
    .await
}

/// Every object that there can be of a picture; a doomed one is not known to have been rendered.
fn objects_of(picture: &StoredPicture) -> Vec<ObjectKey> {
    debug_assert_eq!(picture.state, PictureState::Waiting);
    let names = thumbnail_sides(picture.width.max(picture.height)).into_iter().map(SizeName::of_side);
    let shown = names.chain([SizeName::master()]).map(|name| ObjectKey::shown(&picture.hash, &name));
    shown.chain([ObjectKey::original(picture.id)]).collect()
}

/// Removes an object whose time has come, under the lock of what was written down of it: whoever takes it into use
/// meanwhile waits, and learns that it is gone.
async fn discard(media: &Media, database: &Database, now: DateTime<Utc>) -> Result<bool, MediaError> {
    let mut conn = database.conn().await?;
    conn.transaction(async |tx| {
        let Some(key) = store::discards::lock_due(tx, now).await? else { return Ok(false) };
        media.store.delete(&key).await?;
        store::discards::withdraw(tx, &key).await?;
        Ok(true)
    })
    .await
}
