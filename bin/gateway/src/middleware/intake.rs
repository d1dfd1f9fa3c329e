//! Takes in a request's body before anything is done with it: no more of it than the route may be sent, no longer than
//! a client may take, and as it is. A slow or endless body so holds neither a database connection nor anybody's place.
//!
//! A file is taken in by its handler, as it comes and with limits of its own: see [`PictureFile`](crate::extract::PictureFile).
//!
//! Encoded bodies are refused: what a few bytes may unpack to is not worth the bytes saved on a form.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{Error, HttpMessage, ResponseError};
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::{AppState, Problem, ProblemKind};

/// The most bytes a body may have, unless the table says otherwise: twice what the longest description takes when every
/// character of it is escaped.
const USUAL: usize = 64 * 1024;
/// The routes that may be sent more or less, by the beginning of their pattern.
const LIMITS: &[(&str, usize)] = &[("/api/v1/auth/", 8 * 1024)];
/// The most that any route may be sent.
pub(crate) const MOST: usize = {
    let (mut most, mut row) = (USUAL, 0);
    while row < LIMITS.len() {
        if LIMITS[row].1 > most {
            most = LIMITS[row].1;
        }
        row += 1;
    }
    most
};

pub(crate) async fn take_in<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if super::streams(&request) {
        let mut answer = next.call(request).await?;
        if !answer.status().is_success() {
            answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
        return Ok(answer.map_into_left_body());
    }
    match body(&mut request).await {
        Ok(Some(body)) => request.set_payload(Payload::from(body)),
        Ok(None) => {}
        Err(problem) => {
            let mut refusal = problem.error_response();
            // What else of the body is on its way must not be taken for the next request.
            refusal.head_mut().set_connection_type(ConnectionType::Close);
            return Ok(request.into_response(refusal).map_into_right_body());
        }
    }
    Ok(next.call(request).await?.map_into_left_body())
}

async fn body(request: &mut ServiceRequest) -> Result<Option<Bytes>, Problem> {
    let mut payload = request.take_payload();
    let framed = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
    if !framed.iter().any(|name| request.headers().contains_key(name)) {
        // Nothing, or the beginning of another protocol, where one is spoken.
        if request.match_pattern().as_deref() == Some(crate::routes::live::SOCKET) {
            request.set_payload(payload);
        }
        return Ok(None);
    }
    refuse_encoded(request.headers())?;
    let limit = limit(&request.match_pattern().unwrap_or_default());
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit as u64));
    }
    let Some(state) = AppState::of(request.request()) else { return Ok(None) };
    let wait = state.settings.http.body_timeout;
    let collect = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| unreadable(&error))?;
            if body.len() + chunk.len() > limit {
                return Err(too_large(limit as u64));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    match timeout(wait, collect).await {
        Ok(body) => body.map(Some),
        Err(_elapsed) => {
            let detail = format!("the body must arrive within {} s", wait.as_secs());
            Err(Problem::new(ProblemKind::RequestTimeout).detail(detail))
        }
    }
}

fn limit(pattern: &str) -> usize {
    LIMITS.iter().find(|(start, _)| pattern.starts_with(start)).map_or(USUAL, |(_, limit)| *limit)
}

pub(crate) fn refuse_encoded(headers: &HeaderMap) -> Result<(), Problem> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING);
    if encodings.all(|value| value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    // RFC 9110, section 15.5.16: this says that the encoding is the reason.
    Err(Problem::new(ProblemKind::UnsupportedMediaType)
        .detail("send the body without a Content-Encoding")
        .header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity")))
}

pub(crate) fn too_large(limit: u64) -> Problem {
    Problem::new(ProblemKind::BodyTooLarge)
        .detail(format!("the body may have at most {limit} bytes"))
        .extra("limit", limit)
}

pub(crate) fn unreadable(error: &PayloadError) -> Problem {
    Problem::new(ProblemKind::MalformedRequest).detail(format!("the body cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_may_be_sent_what_the_table_says() {
        assert_eq!(limit("/api/v1/auth/login"), 8 * 1024);
        assert_eq!((limit("/api/v1/products"), limit("")), (USUAL, USUAL));
        assert!(LIMITS.iter().all(|(_, limit)| *limit <= MOST) && USUAL <= MOST);
    }
}
