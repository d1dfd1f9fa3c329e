//! The shape of bad input: which field, what is wrong with it, in words a person can act on.

use std::fmt;

/// What is wrong with a field, in a form a program can act on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InvalidCode {
    /// It is needed and was not given.
    Required,
    /// It is shorter than allowed.
    TooShort,
    /// It is longer than allowed.
    TooLong,
    /// It is below the least allowed value.
    TooSmall,
    /// It is above the greatest allowed value.
    TooLarge,
    /// It is not written as it should be.
    Malformed,
    /// It is well written, yet not allowed here.
    NotAllowed,
    /// It names something that does not exist.
    Unknown,
}

impl InvalidCode {
    /// The code on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::TooSmall => "too_small",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::NotAllowed => "not_allowed",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a value was refused, before anyone knows which field it came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    /// For programs.
    pub code: InvalidCode,
    /// For people: lowercase, without a full stop.
    pub message: String,
}

impl FieldError {
    /// Why a value was refused.
    pub fn new(code: InvalidCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The refusal of a single named field.
    #[must_use]
    pub fn at(self, field: &str) -> Invalid {
        Invalid { fields: vec![(field.to_owned(), self)] }
    }
}

/// Input that was refused: at least one named field with its reason. Names are paths in the
/// caller's own words (`price`, `windows/0/opens`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invalid {
    /// Every refused field, in the order of checking.
    pub fields: Vec<(String, FieldError)>,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (field, error)) in self.fields.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{field}: {}", error.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

/// Collects the refusals of several fields, so that a caller hears of all of them at once.
///
/// ```
/// use kernel::{Fields, FieldError, InvalidCode};
/// let mut fields = Fields::default();
/// let name = fields.take("name", Ok("Mint"));
/// let price: Option<i64> = fields.take("price", Err(FieldError::new(InvalidCode::TooSmall, "must be positive")));
/// assert_eq!(name, Some("Mint"));
/// assert!(price.is_none());
/// assert_eq!(fields.finish().unwrap_err().fields[0].0, "price");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Fields {
    refused: Vec<(String, FieldError)>,
}

impl Fields {
    /// Keeps the value, or notes why it was refused.
    pub fn take<T>(&mut self, field: &str, outcome: Result<T, FieldError>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.refused.push((field.to_owned(), error));
                None
            }
        }
    }

    /// Notes that a field is refused.
    pub fn refuse(&mut self, field: &str, code: InvalidCode, message: impl Into<String>) {
        self.refused.push((field.to_owned(), FieldError::new(code, message)));
    }

    /// Nothing was refused, or all that was.
    pub fn finish(self) -> Result<(), Invalid> {
        if self.refused.is_empty() { Ok(()) } else { Err(Invalid { fields: self.refused }) }
    }
}
