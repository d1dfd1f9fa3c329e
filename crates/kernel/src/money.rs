//! Money: integer minor units of one currency, one rounding rule, and division that loses nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Quantity;

/// An ISO 4217 currency that the platform trades in. All have two decimal places.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Currency {
    /// United States dollar.
    #[default]
    #[serde(rename = "USD")]
    Usd,
}

impl Currency {
    /// The ISO 4217 code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
        }
    }

    /// The currency of an ISO 4217 code, if the platform trades in it.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        (code == "USD").then_some(Self::Usd)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in minor units (cents).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Money {
    /// Minor units; negative for what is owed back.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

/// The most minor units that a sum or product may come to: beyond this a number in JSON is not exact
/// for everybody who reads it (RFC 7493, section 2.2).
const LARGEST: u64 = (1 << 53) - 1;

/// Why amounts cannot be combined.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MoneyError {
    /// The sum or product is beyond what everybody can read.
    #[error("the amount is too large")]
    Overflow,
    /// The amounts are of different currencies.
    #[error("amounts of different currencies cannot be combined")]
    CurrencyMismatch,
    /// There is nothing to divide by.
    #[error("an amount cannot be divided among no shares")]
    NoShares,
}

impl Money {
    /// An amount in minor units.
    #[must_use]
    pub fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// The sum of two amounts of one currency.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Self { amount, ..self }.in_bounds()
    }

    /// The sum of amounts of `currency`; zero for none.
    pub fn sum(amounts: impl IntoIterator<Item = Self>, currency: Currency) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::new(0, currency), Self::plus)
    }

    /// The price of `quantity` at this price per unit, rounded half away from zero to the minor unit:
    /// the platform's only rounding rule, applied once per line. It does not round to nothing: what
    /// costs anything costs one minor unit at least.
    pub fn times(self, quantity: Quantity) -> Result<Self, MoneyError> {
        let thousandths = i128::from(self.amount) * i128::from(quantity.thousandths());
        let rounded = (thousandths.abs() + 500) / 1000;
        let amount = thousandths.signum() * rounded.max(1);
        let amount = i64::try_from(amount).map_err(|_too_large| MoneyError::Overflow)?;
        Self { amount, ..self }.in_bounds()
    }

    fn in_bounds(self) -> Result<Self, MoneyError> {
        if self.amount.unsigned_abs() > LARGEST { Err(MoneyError::Overflow) } else { Ok(self) }
    }

    /// Divides the amount in proportion to `weights` by the largest-remainder method (Hamilton's):
    /// the parts always sum to the whole, and a tie goes to the earlier share.
    ///
    /// ```
    /// use kernel::{Currency, Money};
    /// let parts = Money::new(100, Currency::Usd).allocate(&[1, 1, 1]).unwrap();
    /// assert_eq!(parts.iter().map(|part| part.amount).collect::<Vec<_>>(), [34, 33, 33]);
    /// ```
    pub fn allocate(self, weights: &[u32]) -> Result<Vec<Self>, MoneyError> {
        let total: i128 = weights.iter().copied().map(i128::from).sum();
        if total == 0 {
            return Err(MoneyError::NoShares);
        }
        let exact: Vec<i128> = weights.iter().map(|&w| i128::from(self.amount) * i128::from(w)).collect();
        let mut parts: Vec<i128> = exact.iter().map(|share| share.div_euclid(total)).collect();
        let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
        by_remainder.sort_by_key(|&index| std::cmp::Reverse(exact[index].rem_euclid(total)));
        let left = i128::from(self.amount) - parts.iter().sum::<i128>();
        for &index in by_remainder.iter().take(usize::try_from(left).unwrap_or(0)) {
            parts[index] += 1;
        }
        parts
            .into_iter()
            .map(|part| i64::try_from(part).map(|amount| Self { amount, ..self }))
            .collect::<Result<_, _>>()
            .map_err(|_too_large| MoneyError::Overflow)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.amount < 0 { "-" } else { "" };
        let minor = self.amount.unsigned_abs();
        write!(f, "{sign}{}.{:02} {}", minor / 100, minor % 100, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usd(amount: i64) -> Money {
        Money::new(amount, Currency::Usd)
    }

    #[test]
    fn a_line_is_rounded_half_away_from_zero() {
        let half_pound = "0.5".parse().unwrap();
        assert_eq!(usd(333).times(half_pound).unwrap(), usd(167));
        assert_eq!(usd(-333).times(half_pound).unwrap(), usd(-167));
    }

    #[test]
    fn what_costs_anything_is_not_rounded_to_nothing() {
        let crumb = "0.001".parse().unwrap();
        assert_eq!(usd(15).times(crumb).unwrap(), usd(1));
        assert_eq!(usd(-15).times(crumb).unwrap(), usd(-1));
        assert_eq!(usd(0).times(crumb).unwrap(), usd(0));
        assert_eq!(usd(15).times(Quantity::ZERO).unwrap(), usd(0));
    }

    #[test]
    fn an_impossible_price_is_an_error_not_a_wrap() {
        let many = Quantity::from_thousandths(i64::MAX);
        assert_eq!(usd(i64::MAX).times(many), Err(MoneyError::Overflow));
        assert_eq!(usd(i64::MAX).plus(usd(1)), Err(MoneyError::Overflow));
        let largest = usd(9_007_199_254_740_991);
        assert_eq!(largest.plus(usd(0)), Ok(largest));
        assert_eq!(largest.plus(usd(1)), Err(MoneyError::Overflow));
        assert_eq!(largest.times("1.001".parse().unwrap()), Err(MoneyError::Overflow));
    }

    #[test]
    fn nothing_is_divided_among_nobody() {
        assert_eq!(usd(5).allocate(&[]), Err(MoneyError::NoShares));
        assert_eq!(usd(5).allocate(&[0, 0]), Err(MoneyError::NoShares));
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_whole_and_stay_within_a_cent_of_the_exact_share(
            amount in -1_000_000_000i64..1_000_000_000,
            weights in prop::collection::vec(0u32..10_000, 1..20),
        ) {
            let total: i128 = weights.iter().copied().map(i128::from).sum();
            prop_assume!(total > 0);
            let parts = usd(amount).allocate(&weights).unwrap();
            prop_assert_eq!(parts.iter().map(|p| p.amount).sum::<i64>(), amount);
            for (part, weight) in parts.iter().zip(&weights) {
                let off = i128::from(part.amount) * total - i128::from(amount) * i128::from(*weight);
                prop_assert!(off.abs() < total);
            }
        }
    }
}
