//! A file as a request's body: taken in as it comes, with limits of its own, see
//! [`intake`](crate::middleware::intake).

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use media::{Intake, Received};
use paperclip::actix::OperationModifier;
use paperclip::v2::models::DefaultSchemaRaw;
use paperclip::v2::schema::Apiv2Schema;
use tokio::time::{Instant, timeout_at};

use crate::middleware::intake::{refuse_encoded, too_large, unreadable};
use crate::{AppState, Problem, ProblemKind};

/// The least that a client sends in a second, once it has had the time of any other body.
const SLOWEST: u64 = 32 * 1024;

/// A picture that is being sent.
pub struct PictureFile {
    /// What its sender calls it: `image/...`.
    media_type: String,
    announced: Option<u64>,
    payload: Payload,
}

impl fmt::Debug for PictureFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PictureFile({})", self.media_type)
    }
}

impl PictureFile {
    fn of(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        refuse_encoded(request.headers())?;
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let media_type = text(header::CONTENT_TYPE).and_then(|value| value.split(';').next());
        let media_type = media_type.map(|kind| kind.trim().to_ascii_lowercase());
        let media_type = media_type.filter(|kind| kind.starts_with("image/")).ok_or_else(|| {
            Problem::new(ProblemKind::UnsupportedPicture)
                .detail("send the file with its Content-Type, such as image/jpeg")
        })?;
        let announced = text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
        Ok(Self { media_type, announced, payload: payload.take() })
    }

    /// Takes all of it in.
    pub async fn take_in(mut self, state: &AppState) -> Result<Received, Problem> {
        let (limits, wait) = (state.media.limits, state.settings.http.body_timeout);
        if self.announced.is_some_and(|length| length > limits.bytes) {
            return Err(too_large(limits.bytes));
        }
        let begun = Instant::now();
        let mut intake = Intake::begin(limits, &state.media.scratch).await?;
        loop {
            let deadline = begun + wait + Duration::from_secs(intake.bytes() / SLOWEST);
            let Ok(chunk) = timeout_at(deadline, self.payload.next()).await else {
                let detail = format!("the file must arrive faster than {SLOWEST} bytes a second");
                return Err(Problem::new(ProblemKind::RequestTimeout).detail(detail));
            };
            match chunk {
                Some(chunk) => intake.take(&chunk.map_err(|error| unreadable(&error))?).await?,
                None => break,
            }
        }
        let received = intake.finish().await?;
        received.expect_media_type(&self.media_type)?;
        Ok(received)
    }
}

impl FromRequest for PictureFile {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Self::of(request, payload))
    }
}

impl Apiv2Schema for PictureFile {}

// The body is written by the post-processing: paperclip knows JSON and forms only.
impl OperationModifier for PictureFile {
    fn update_definitions(_map: &mut BTreeMap<String, DefaultSchemaRaw>) {}
}
