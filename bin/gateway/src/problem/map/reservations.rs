//! What capacity cannot do.

use reservations::{ReservationError, Shortage};
use serde_json::json;

use crate::problem::{Problem, ProblemKind};
use crate::wire::quantity_text;

impl From<ReservationError> for Problem {
    fn from(error: ReservationError) -> Self {
        let refuse = |kind: ProblemKind| Self::new(kind).detail(error.to_string());
        match &error {
            ReservationError::Insufficient(shortages) => {
                let shortages: Vec<_> = shortages.iter().map(shortage).collect();
                refuse(ProblemKind::InsufficientStock).extra("shortages", shortages)
            }
            ReservationError::Changed { current } => {
                refuse(ProblemKind::StockChanged).extra("quantity_available", quantity_text(*current))
            }
            ReservationError::HoldNotLive(_) => Self::new(ProblemKind::HoldExpired),
            ReservationError::UnknownPool(_) => Self::internal(&error),
            ReservationError::Database(_) => match error {
                ReservationError::Database(error) => error.into(),
                other => Self::internal(&other),
            },
        }
    }
}

fn shortage(shortage: &Shortage) -> serde_json::Value {
    json!({
        "id": shortage.pool,
        "quantity": quantity_text(shortage.asked),
        "quantity_available": quantity_text(shortage.free),
    })
}
