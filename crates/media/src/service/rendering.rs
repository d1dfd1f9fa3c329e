//! Making what is shown of a picture.

use std::io;

use db::Conn;
use diesel_async::AsyncConnection;
use kernel::{Actor, PictureId};
use outbox::{Event, HandlerError, Services};
use serde_json::json;
use tokio::io::AsyncReadExt;

use crate::image::{self, MEDIA_TYPE, Picture, Rendered};
use crate::{
    Content, ImageError, Media, MediaError, ObjectKey, PictureHash, PictureState, Size, SizeName,
    StoredPicture, store,
};

/// Makes what is shown, unless it is there, or nobody has the picture any more. An error means that another attempt may
/// succeed.
pub(crate) async fn render(services: &Services, media: &Media, id: PictureId) -> Result<(), HandlerError> {
    let found = store::pictures::find(&mut *services.database.conn().await?, id).await?;
    let Some(picture) = found.filter(|picture| picture.state == PictureState::Waiting) else {
        return Ok(());
    };
    match make(media, &picture).await? {
        Ok(rendered) => {
            let sizes = put_all(media, &picture.hash, &rendered).await?;
            let mut conn = services.database.conn().await?;
            conn.transaction(async |tx| {
                let size = rendered.original.shown();
                let now = services.clock.now();
                let marked =
                    store::pictures::mark_rendered(tx, now, id, size, &rendered.placeholder, &sizes).await?;
                if marked { announce(tx, services, &picture, "picture.rendered").await } else { Ok(()) }
            })
            .await?;
        }
        Err(error) => {
            let mut conn = services.database.conn().await?;
            conn.transaction(async |tx| {
                let marked = store::pictures::mark_refused(tx, id, &reason(&error)).await?;
                if marked { announce(tx, services, &picture, "picture.refused").await } else { Ok(()) }
            })
            .await?;
        }
    }
    Ok(())
}

/// Decodes the original on a thread of its own, with few others beside it: each takes as much memory as its picture is
/// large. The inner error is the file's fault.
async fn make(media: &Media, picture: &StoredPicture) -> Result<Result<Rendered, ImageError>, HandlerError> {
    let _place = media.renders.acquire().await?;
    let object = media.store.get(&ObjectKey::original(picture.id)).await?;
    let mut bytes = Vec::with_capacity(usize::try_from(object.length.min(media.limits.bytes))?);
    object.reader.take(media.limits.bytes + 1).read_to_end(&mut bytes).await?;
    let (limits, hash) = (media.limits, picture.hash.clone());
    let work = move || {
        if PictureHash::of(&bytes) != hash {
            return Err(MediaError::from(io::Error::other("the store holds other bytes than were stored")));
        }
        Ok(image::render(&bytes, &limits))
    };
    match tokio::task::spawn_blocking(work).await?? {
        Err(error @ ImageError::Unmade { .. }) => Err(error.into()),
        outcome => Ok(outcome),
    }
}

async fn put_all(media: &Media, hash: &PictureHash, rendered: &Rendered) -> Result<Vec<Size>, HandlerError> {
    let thumbnails =
        rendered.thumbnails.iter().map(|made| (SizeName::of_side(made.width.max(made.height)), made));
    let all: Vec<(SizeName, &Picture)> = thumbnails.chain([(SizeName::master(), &rendered.master)]).collect();
    let mut sizes = Vec::with_capacity(all.len());
    for (name, made) in all {
        let content = Content {
            reader: &mut made.bytes.as_slice(),
            length: made.bytes.len() as u64,
            media_type: MEDIA_TYPE,
        };
        media.store.put(&ObjectKey::shown(hash, &name), content).await?;
        sizes.push(Size { name, width: made.width, height: made.height });
    }
    Ok(sizes)
}

async fn announce(
    tx: &mut Conn,
    services: &Services,
    picture: &StoredPicture,
    kind: &'static str,
) -> Result<(), HandlerError> {
    let data = json!({ "hash": picture.hash });
    let event = Event { kind, subject_type: "picture", subject_id: picture.id.0, actor: Actor::System, data };
    Ok(outbox::emit(tx, services.clock.now(), event).await?)
}

/// Why, in words for its uploader; what a decoder says is for nobody else.
fn reason(error: &ImageError) -> String {
    match error {
        ImageError::Broken { format, .. } => format!("the {format} file is broken"),
        other => other.to_string(),
    }
}
