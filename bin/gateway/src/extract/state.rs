//! The shared state as a handler's argument.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use paperclip::actix::OperationModifier;
use paperclip::v2::schema::Apiv2Schema;

use crate::{AppState, Problem, ProblemKind};

impl AppState {
    /// The state of the application that serves `request`.
    pub(crate) fn of(request: &HttpRequest) -> Option<&Self> {
        request.app_data::<Self>()
    }
}

impl FromRequest for AppState {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Self::of(request).cloned().ok_or_else(|| Problem::new(ProblemKind::Internal)))
    }
}

impl Apiv2Schema for AppState {}

impl OperationModifier for AppState {}
