//! The document is the contract: a query parameter that an operation does not document is refused, so that a typing
//! error never silently widens a search.

use std::sync::Arc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};
use kernel::InvalidCode;

use crate::extract::pairs;
use crate::openapi::Document;
use crate::{Problem, ProblemKind};

pub(crate) async fn check<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match breach(&request) {
        Some(problem) => Ok(request.into_response(problem.error_response()).map_into_right_body()),
        None => Ok(next.call(request).await?.map_into_left_body()),
    }
}

fn breach(request: &ServiceRequest) -> Option<Problem> {
    if request.query_string().is_empty() {
        return None;
    }
    let document = request.app_data::<Arc<Document>>()?;
    let known = document.query_parameters(&request.match_pattern()?, request.method())?;
    let given = match pairs(request.query_string()) {
        Ok(given) => given,
        Err(problem) => return Some(problem),
    };
    let unknown: Vec<_> =
        given.into_iter().map(|(name, _)| name).filter(|name| !known.contains(name)).collect();
    if unknown.is_empty() {
        return None;
    }
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    let message = match known.as_slice() {
        [] => "is not known here: this route takes no parameters".to_owned(),
        known => format!("is not known here: expected {}", known.join(", ")),
    };
    let problem =
        Problem::new(ProblemKind::UnknownParameter).detail(format!("{}: {message}", unknown.join(", ")));
    Some(unknown.iter().fold(problem, |problem, name| {
        problem.field(format!("query/{name}"), InvalidCode::Unknown.as_str(), message.clone())
    }))
}
