//! What somebody may do. A user holds a set of grants, not one role.

use kernel::{FieldError, InvalidCode};

/// A role that can be granted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Buys; everybody who registers.
    Customer,
    /// Sells; has a vendor profile.
    Vendor,
    /// Delivers.
    Rider,
    /// Runs the platform.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Customer, Self::Vendor, Self::Rider, Self::Admin];

    /// The role's name, on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Vendor => "vendor",
            Self::Rider => "rider",
            Self::Admin => "admin",
        }
    }

    /// Reads a role in any case, by its name or by another that people know it under.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "customer" | "consumer" | "buyer" => Ok(Self::Customer),
            "vendor" | "seller" | "gardener" | "maker" | "outfitter" | "restaurant" => Ok(Self::Vendor),
            "rider" | "driver" | "courier" => Ok(Self::Rider),
            "admin" | "administrator" => Ok(Self::Admin),
            _ => Err(FieldError::new(InvalidCode::Unknown, "must be customer, vendor, rider or admin")),
        }
    }

    pub(crate) fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_known_under_several_names() {
        assert_eq!(Role::parse("CONSUMER"), Ok(Role::Customer));
        assert_eq!(Role::parse("Gardener"), Ok(Role::Vendor));
        assert_eq!(Role::parse(" ADMIN "), Ok(Role::Admin));
        assert_eq!(Role::parse("root").unwrap_err().code, InvalidCode::Unknown);
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Ok(role));
            assert_eq!(Role::from_stored(role.as_str()), Some(role));
        }
    }
}
