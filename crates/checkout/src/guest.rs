//! From a guest's cart to unpaid orders. Only what ships: a pickup needs somebody whose place is known.
//!
//! No account is looked for here, so that an email address that belongs to one cannot make a difference.

use accounts::{AddressDetails, EmailAddress};
use chrono::{DateTime, TimeDelta, Utc};
use db::Conn;
use kernel::{Fields, Invalid, TextRule};
use market::{CartHolder, Checkout, GuestContact, GuestToken, MarketError, PlacedBy, ShipTo, split};

use crate::cart::sales_of;
use crate::check_out::{Terms, envelope, place, priced};
use crate::{CartProblem, CheckoutError, find_problems};

const NAME: TextRule = TextRule::line(1, 80);

/// What a guest's checkout needs.
#[derive(Clone, Debug)]
pub struct GuestCheckOut {
    /// The cart's secret.
    pub cart: GuestToken,
    /// Where the guest is told of their orders.
    pub email: String,
    /// Who receives the parcels: 1 to 80 characters.
    pub name: String,
    /// Where they go; the label is ignored.
    pub address: AddressDetails,
    /// How long stock is held for the payment.
    pub pay_within: TimeDelta,
}

/// Turns the guest's cart into orders, holds their stock, and empties the cart. Its token,
/// [`market::OrderToken::of`] cart and checkout, opens them.
///
/// # Errors
/// [`CheckoutError::Invalid`] names `email` and the members of `ship_to`;
/// [`CheckoutError::PickupNeedsAccount`] the lines that a guest cannot have.
pub async fn check_out_as_guest(
    tx: &mut Conn,
    now: DateTime<Utc>,
    request: GuestCheckOut,
) -> Result<Checkout, CheckoutError> {
    let pay_by = now + request.pay_within;
    let (contact, ship_to) = read(&request.email, &request.name, request.address)?;
    let cart = market::lock_cart(tx, now, &CartHolder::Guest(request.cart.clone())).await?;
    let cart = cart.ok_or(MarketError::NotFound("cart"))?;
    if cart.lines.is_empty() {
        return Err(CheckoutError::EmptyCart);
    }
    let sales = sales_of(tx, &cart.lines).await?;
    let problems = find_problems(None, &cart.lines, &sales, None);
    if problems.iter().any(|problem| matches!(problem, CartProblem::LoginRequired { .. })) {
        return Err(CheckoutError::PickupNeedsAccount(problems));
    }
    if !problems.is_empty() {
        return Err(CheckoutError::CartProblems(problems));
    }
    let plans = split(priced(&cart.lines, &sales)).map_err(MarketError::Amount)?;
    let by = PlacedBy::Guest { contact, cart: request.cart };
    let terms = Terms { center_numbers: Vec::new(), ship_to: Some(ship_to), pay_by };
    place(tx, now, &by, cart.id, plans, terms).await
}

/// Who the guest is and where their parcels go, or everything that is wrong with either.
fn read(email: &str, name: &str, address: AddressDetails) -> Result<(GuestContact, ShipTo), Invalid> {
    let mut fields = Fields::default();
    let email = fields.take("email", EmailAddress::parse(email));
    let name = fields.take("ship_to/name", NAME.read(name));
    let address = match address.check() {
        Ok((_label, postal)) => Some(postal),
        Err(invalid) => {
            for (field, error) in invalid.fields {
                fields.refuse(&format!("ship_to/{field}"), error.code, error.message);
            }
            None
        }
    };
    fields.finish()?;
    let email = email.map(|email| email.as_str().to_owned()).unwrap_or_default();
    Ok((GuestContact { email }, envelope(name.unwrap_or_default(), address.unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_with_a_guest_is_said_at_once() {
        let address = AddressDetails { line1: "1 Main St".to_owned(), ..AddressDetails::default() };
        let invalid = read("nobody", " ", address).unwrap_err();
        let fields: Vec<&str> = invalid.fields.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["email", "ship_to/name", "ship_to/city", "ship_to/state", "ship_to/postal_code"]);
    }
}
