//! What carts and orders refuse, by themselves and in the process around them.

use checkout::CheckoutError;
use market::MarketError;
use market::lifecycle::Refusal;

use crate::problem::{Problem, ProblemKind};

impl From<MarketError> for Problem {
    fn from(error: MarketError) -> Self {
        let refuse = |kind: ProblemKind| Self::new(kind).detail(error.to_string());
        match error {
            MarketError::Invalid(invalid) => invalid.into(),
            MarketError::NotFound(what) => Self::not_found(what),
            MarketError::Refused(Refusal::WrongState { from, action }) => {
                refuse(ProblemKind::WrongOrderState)
                    .extra("current_status", from.as_str())
                    .extra("action", action.as_str())
            }
            MarketError::Refused(Refusal::NotYours { action }) => {
                refuse(ProblemKind::NotYourStep).extra("action", action.as_str())
            }
            MarketError::CartFull { most } => refuse(ProblemKind::CartFull).extra("most", most),
            MarketError::OwnSale => refuse(ProblemKind::OwnSale),
            MarketError::Amount(_) => refuse(ProblemKind::AmountTooLarge),
            MarketError::Database(error) => error.into(),
        }
    }
}

impl From<CheckoutError> for Problem {
    fn from(error: CheckoutError) -> Self {
        let refuse = |kind: ProblemKind| Self::new(kind).detail(error.to_string());
        match error {
            CheckoutError::Invalid(invalid) => invalid.into(),
            CheckoutError::EmptyCart => refuse(ProblemKind::EmptyCart),
            CheckoutError::CartProblems(_) => refuse(ProblemKind::CartProblems),
            CheckoutError::PickupNeedsAccount(_) => refuse(ProblemKind::PickupNeedsAccount),
            CheckoutError::OutOfStock(ref problems) => {
                let short = problems.iter().find_map(|problem| match problem {
                    checkout::CartProblem::OutOfStock { free, asked, .. } => Some((free, asked)),
                    _ => None,
                });
                refuse(ProblemKind::OutOfStock)
                    .extra("quantity_available", short.map(|(free, _)| free.to_string()))
                    .extra("quantity_asked", short.map(|(_, asked)| asked.to_string()))
            }
            CheckoutError::Ineligible(_) => refuse(ProblemKind::NotEligible),
            CheckoutError::NoShippingAddress => refuse(ProblemKind::NoShippingAddress),
            CheckoutError::PaymentTooLate => refuse(ProblemKind::PaymentTooLate),
            CheckoutError::CenterNotEligible => refuse(ProblemKind::CenterNotEligible),
            CheckoutError::NotSoleVendor => refuse(ProblemKind::NotSoleVendor),
            CheckoutError::Market(error) => error.into(),
            CheckoutError::Catalog(error) => error.into(),
            CheckoutError::Accounts(error) => error.into(),
            CheckoutError::Logistics(error) => error.into(),
            CheckoutError::Reservation(error) => error.into(),
            CheckoutError::Database(error) => error.into(),
        }
    }
}
