//! Why a cart or an order cannot go on.

use accounts::AccountsError;
use catalog::CatalogError;
use eligibility_core::Ineligible;
use kernel::Invalid;
use logistics::LogisticsError;
use market::MarketError;
use reservations::ReservationError;

use crate::CartProblem;

/// Why a cart or an order cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// Fields are refused.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// There is nothing to check out.
    #[error("the cart is empty")]
    EmptyCart,
    /// Something about the cart must be put right first; nothing was ordered.
    #[error("the cart has {} problem(s)", .0.len())]
    CartProblems(Vec<CartProblem>),
    /// Some lines are picked up, which needs an account; nothing was ordered. All of the cart's problems.
    #[error("what is picked up needs an account: log in, or take it out of the cart")]
    PickupNeedsAccount(Vec<CartProblem>),
    /// There is less in stock than was asked for; nothing was ordered or put in.
    #[error("there is not enough in stock")]
    OutOfStock(Vec<CartProblem>),
    /// No center serves everybody in the pickup order.
    #[error(transparent)]
    Ineligible(Box<Ineligible>),
    /// Something ships, and there is no address to ship it to.
    #[error("there is no address to ship to")]
    NoShippingAddress,
    /// The order was not paid in time; its stock is no longer held.
    #[error("the time to pay for this order has passed")]
    PaymentTooLate,
    /// The center is none of those that everybody in the order reached when it was placed, or is no longer approved.
    #[error("the center is not one that everybody in this order reached when it was placed")]
    CenterNotEligible,
    /// Several vendors sell in this order; none of them may call it off for all.
    #[error("other vendors sell in this order too")]
    NotSoleVendor,
    /// About carts and orders.
    #[error(transparent)]
    Market(#[from] MarketError),
    /// About what is sold.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// About people and addresses.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// About centers and windows.
    #[error(transparent)]
    Logistics(#[from] LogisticsError),
    /// About capacity.
    #[error(transparent)]
    Reservation(#[from] ReservationError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}
