//! How many requests are worked on at once. Whoever comes after that is told so at once: waiting in line with
//! hundreds of others would only make everybody late.
//!
//! A request counts from when it has arrived whole, so that slow clients take nobody's place. Files arrive while their
//! handler works, and have places of their own.

use std::sync::Arc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};
use tokio::sync::Semaphore;

use super::UNLIMITED;
use crate::{Problem, ProblemKind};

/// The places of all workers together.
#[derive(Clone, Debug)]
pub(crate) struct InFlight(Arc<Semaphore>);

impl InFlight {
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most)))
    }
}

pub(crate) async fn bound<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let pattern = request.match_pattern().unwrap_or_default();
    if UNLIMITED.iter().any(|start| pattern.starts_with(start)) || super::streams(&request) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let places = request.app_data::<InFlight>().map(|places| Arc::clone(&places.0));
    let place = places.map(Semaphore::try_acquire_owned).transpose();
    match place {
        Ok(_held) => Ok(next.call(request).await?.map_into_left_body()),
        Err(_full) => {
            let problem = Problem::new(ProblemKind::Busy).detail("too many requests are being worked on");
            Ok(request.into_response(problem.error_response()).map_into_right_body())
        }
    }
}
