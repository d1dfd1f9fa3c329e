//! Pictures as they are fetched: what was rendered of them, from the object store. It is no part of the document, which
//! says where each picture is.

use actix_web::body::SizedStream;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use media::{MEDIA_TYPE, ObjectKey, PictureHash, SizeName, StoreError};
use tokio_util::io::ReaderStream;

use crate::extract::is_among;
use crate::{AppState, Problem};

/// What has such a name never changes.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// As much as is read at once.
const CHUNK: usize = 64 * 1024;

pub(crate) fn configure(config: &mut ServiceConfig) {
    config.service(web::resource("/media/{hash}/{name}").route(web::get().to(serve)));
}

async fn serve(
    request: HttpRequest,
    state: AppState,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let nothing = || Problem::not_found("picture");
    let hash: PictureHash = path.0.parse().map_err(|_no_hash| nothing())?;
    let name: SizeName = path.1.parse().map_err(|_no_size| nothing())?;
    let tag = format!("\"{hash}.{}\"", name.as_str());
    if is_among(request.headers(), &tag) {
        let mut answer = HttpResponse::NotModified();
        return Ok(answer.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, FOR_GOOD)).finish());
    }
    let object = match state.media.store.get(&ObjectKey::shown(&hash, &name)).await {
        Err(StoreError::NotFound(_)) => return Err(nothing()),
        found => found.map_err(media::MediaError::from)?,
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, MEDIA_TYPE))
        .insert_header((CACHE_CONTROL, FOR_GOOD))
        .insert_header((ETAG, tag))
        // For pages of any origin to show.
        .insert_header(("cross-origin-resource-policy", "cross-origin"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .body(SizedStream::new(object.length, ReaderStream::with_capacity(object.reader, CHUNK))))
}
