//! Work for later: making what is shown, and cleaning up.

use std::time::Duration;

use kernel::PictureId;
use outbox::{HandlerError, Job, Registry, RetryPolicy, Services};
use serde::{Deserialize, Serialize};

use crate::Media;
use crate::service::{cleaning, rendering};

const CLEAN_EVERY: Duration = Duration::from_hours(1);

/// Makes what is shown of a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RenderPicture {
    /// The picture.
    pub picture_id: PictureId,
}

impl Job for RenderPicture {
    const NAME: &'static str = "media.render_picture";
    /// Few are made at once, so that one may wait for its turn as well.
    const TIMEOUT: Duration = Duration::from_mins(10);
}

/// Takes away what nobody has any more.
#[derive(Debug, Serialize, Deserialize)]
pub struct CleanUp;

impl Job for CleanUp {
    const NAME: &'static str = "media.clean_up";
    const RETRY: RetryPolicy = RetryPolicy::NONE;
}

/// Teaches the registry this crate's work: `media.render_picture`, and hourly `media.clean_up`.
pub fn register(registry: &mut Registry, media: Media) {
    let rendering = media.clone();
    registry.on_job(move |services: Services, job: RenderPicture| {
        let media = rendering.clone();
        async move { rendering::render(&services, &media, job.picture_id).await }
    });
    registry.every(CLEAN_EVERY, move |services: Services, _job: CleanUp| {
        let media = media.clone();
        async move {
            let cleaned = cleaning::clean_up(&media, &services.database, services.clock.now()).await?;
            tracing::debug!(?cleaned, "took away what nobody has");
            Ok::<(), HandlerError>(())
        }
    });
}
