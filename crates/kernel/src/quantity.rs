//! How much of something, in the offering's own unit: integer thousandths, decimal text on the wire,
//! never a float.

use std::fmt;
use std::str::FromStr;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;

use crate::{FieldError, InvalidCode};

/// An amount of an offering's unit, exact to a thousandth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Quantity(i64);

/// Why a text is no quantity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum QuantityError {
    /// Not of the form `12`, `0.5` or `12.125`.
    #[error("write a plain decimal number such as \"2\" or \"0.75\"")]
    Malformed,
    /// More than three digits after the point.
    #[error("at most three digits may follow the point")]
    TooPrecise,
    /// Beyond [`Quantity::MAX`].
    #[error("must not exceed 1000000000")]
    TooLarge,
}

impl Quantity {
    /// None of it.
    pub const ZERO: Self = Self(0);
    /// The largest quantity the platform handles: a thousand million units.
    pub const MAX: Self = Self(1_000_000_000_000);

    /// A whole number of units.
    #[must_use]
    pub const fn whole(units: i32) -> Self {
        Self(units as i64 * 1000)
    }

    /// A number of thousandths.
    #[must_use]
    pub const fn from_thousandths(thousandths: i64) -> Self {
        Self(thousandths)
    }

    /// The number of thousandths.
    #[must_use]
    pub const fn thousandths(self) -> i64 {
        self.0
    }

    /// Whether it has no fraction.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.0 % 1000 == 0
    }

    /// The sum, capped at the type's bounds.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left after `other` is taken away; below zero when it was not enough.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Reads an amount that somebody asks for or offers: more than nothing.
    pub fn positive(text: &str) -> Result<Self, FieldError> {
        match Self::non_negative(text)? {
            Self::ZERO => Err(FieldError::new(InvalidCode::TooSmall, "must be more than zero")),
            quantity => Ok(quantity),
        }
    }

    /// Reads an amount that may be nothing.
    pub fn non_negative(text: &str) -> Result<Self, FieldError> {
        if text.starts_with('-') && text[1..].parse::<Self>().is_ok() {
            return Err(FieldError::new(InvalidCode::TooSmall, "must not be negative"));
        }
        text.parse().map_err(|error: QuantityError| FieldError::new(error.code(), error.to_string()))
    }
}

impl QuantityError {
    fn code(self) -> InvalidCode {
        match self {
            Self::Malformed | Self::TooPrecise => InvalidCode::Malformed,
            Self::TooLarge => InvalidCode::TooLarge,
        }
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (units, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(units) || !digits(fraction) {
            return Err(QuantityError::Malformed);
        }
        if fraction.len() > 3 {
            return Err(QuantityError::TooPrecise);
        }
        let units: i64 = units.parse().map_err(|_too_long| QuantityError::TooLarge)?;
        let fraction: i64 =
            format!("{fraction:0<3}").parse().map_err(|_impossible| QuantityError::Malformed)?;
        let thousandths = units.checked_mul(1000).and_then(|whole| whole.checked_add(fraction));
        match thousandths {
            Some(thousandths) if thousandths <= Self::MAX.0 => Ok(Self(thousandths)),
            _ => Err(QuantityError::TooLarge),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (units, fraction) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        if fraction == 0 {
            return write!(f, "{sign}{units}");
        }
        let digits = format!("{fraction:03}");
        write!(f, "{sign}{units}.{}", digits.trim_end_matches('0'))
    }
}

impl FromSql<BigInt, Pg> for Quantity {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        <i64 as FromSql<BigInt, Pg>>::from_sql(bytes).map(Self)
    }
}

impl ToSql<BigInt, Pg> for Quantity {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <i64 as ToSql<BigInt, Pg>>::to_sql(&self.0, out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in ["", ".", "1.", ".5", "1e3", "+1", " 1", "1,5", "٣", "NaN", "0x1"] {
            assert_eq!(text.parse::<Quantity>(), Err(QuantityError::Malformed), "{text:?}");
        }
        assert_eq!("1.0001".parse::<Quantity>(), Err(QuantityError::TooPrecise));
        assert_eq!("99999999999999999999".parse::<Quantity>(), Err(QuantityError::TooLarge));
        assert_eq!("1000000000.001".parse::<Quantity>(), Err(QuantityError::TooLarge));
    }

    #[test]
    fn a_negative_amount_is_too_small_rather_than_malformed() {
        assert_eq!(Quantity::non_negative("-2").unwrap_err().code, InvalidCode::TooSmall);
        assert_eq!(Quantity::positive("0").unwrap_err().code, InvalidCode::TooSmall);
        assert_eq!(Quantity::non_negative("--2").unwrap_err().code, InvalidCode::Malformed);
    }

    proptest! {
        #[test]
        fn text_and_thousandths_agree(thousandths in 0i64..=1_000_000_000_000) {
            let quantity = Quantity::from_thousandths(thousandths);
            prop_assert_eq!(quantity.to_string().parse::<Quantity>(), Ok(quantity));
        }
    }
}
