//! Which facts this process handles.

use db::Conn;
use kernel::{OfferingId, PictureId, UserId};
use media::Subject;
use outbox::{FeedEvent, HandlerError, Registry, Services};

use crate::{GalleryError, images, posts};

/// The name this process reads the feed under.
pub(crate) const SUBSCRIBER: &str = "gallery";

/// Registers what this process handles.
pub fn register(registry: &mut Registry) {
    registry.on_events(SUBSCRIBER, |tx, services, event| {
        Box::pin(async move { Ok::<(), HandlerError>(follow(tx, services, event).await?) })
    });
}

/// Shows a picture wherever it is, once it can be shown; hides what somebody has written whose account is closed; and
/// lets go of the images of what is gone.
async fn follow(tx: &mut Conn, services: &Services, event: &FeedEvent) -> Result<(), GalleryError> {
    match event.kind.as_str() {
        "picture.rendered" => {
            for subject in media::subjects_of(tx, PictureId(event.subject_id)).await? {
                if let Subject::Offering(offering) = subject {
                    images::refresh_offering(tx, offering).await?;
                }
            }
        }
        "user.disabled" | "user.enabled" => {
            posts::follow_account(tx, UserId(event.subject_id)).await?;
        }
        "offering.removed" => {
            let subject = Subject::Offering(OfferingId(event.subject_id));
            media::detach_images(tx, services.clock.now(), subject).await?;
        }
        _ => {}
    }
    Ok(())
}
