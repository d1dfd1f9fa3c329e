//! What actix and its middleware refuse by themselves (no such route, no such method, a body that cannot be decoded,
//! an origin that is not allowed) becomes a problem like any other.

use actix_cors::CorsError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};

use crate::problem::MEDIA_TYPE;
use crate::{Problem, ProblemKind};

pub(crate) async fn unify<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let refused = response.status().is_client_error() || response.status().is_server_error();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let told = content_type.is_some_and(|value| value.as_bytes().starts_with(MEDIA_TYPE.as_bytes()));
    if !refused || told {
        return Ok(response);
    }
    let problem = translate(response.status(), response.response().error());
    let (request, bare) = response.into_parts();
    let mut answer = problem.error_response();
    for (name, value) in bare.headers() {
        let about_body = [
            header::CONTENT_TYPE,
            header::CONTENT_LENGTH,
            header::CONTENT_ENCODING,
            header::TRANSFER_ENCODING,
        ];
        // `Allow`, the CORS headers and their like still hold.
        if !about_body.contains(name) && !answer.headers().contains_key(name) {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(ServiceResponse::new(request, answer))
}

fn translate(status: StatusCode, error: Option<&Error>) -> Problem {
    if let Some(refused) = error.and_then(Error::as_error::<CorsError>) {
        let kind = match refused {
            CorsError::OriginNotAllowed => ProblemKind::OriginRefused,
            _ => ProblemKind::MalformedRequest,
        };
        return Problem::new(kind).detail(lowercase(&refused.to_string()));
    }
    let kind = ProblemKind::of_status(status);
    match error {
        Some(error) if status.is_server_error() => {
            tracing::error!(error = error.to_string(), "a request failed");
            Problem::new(kind)
        }
        Some(error) => Problem::new(kind).detail(lowercase(&error.to_string())),
        None => Problem::new(kind),
    }
}

fn lowercase(text: &str) -> String {
    let mut characters = text.trim_end_matches('.').chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}
