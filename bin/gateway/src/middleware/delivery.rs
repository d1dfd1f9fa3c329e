//! Tells the connection how far a request is, so that it knows what to wait for.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Bytes;

use crate::connection::{Delivery, Progress};

/// Marks an answer that goes on for as long as its client listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endless;

/// A body that says when it has been handed over.
struct Delivered {
    body: BoxBody,
    _delivery: Delivery,
}

impl MessageBody for Delivered {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}

pub(crate) async fn watch<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let progress = request.request().conn_data::<Progress>().cloned();
    if let Some(progress) = &progress {
        progress.requested();
    }
    let answer = next.call(request).await;
    // Whatever the outcome is, it is sent now.
    let delivery = progress.map(|progress| progress.answered());
    let answer = answer?.map_into_boxed_body();
    Ok(match delivery {
        Some(delivery) => {
            if answer.response().extensions().get::<Endless>().is_some() {
                delivery.never_ends();
            }
            answer.map_body(|_, body| BoxBody::new(Delivered { body, _delivery: delivery }))
        }
        None => answer,
    })
}
