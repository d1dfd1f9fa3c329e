//! Which passwords are accepted.
//!
//! Length and a list of passwords that everybody tries first, no composition rules and no expiry:
//! NIST SP 800-63B, section 5.1.1.2. Where the list comes from: `banned_passwords.txt`.

use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use kernel::{FieldError, InvalidCode};

use crate::EmailAddress;

const LEAST_CHARACTERS: usize = 10;
const MOST_CHARACTERS: usize = 128;

static BANNED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("banned_passwords.txt").lines().filter(|line| !line.starts_with('#')).collect()
});

/// A password as it was typed: never trimmed, never printed, never stored.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Whatever somebody typed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether an account with this address may have it.
    pub(crate) fn check(&self, email: Option<&EmailAddress>) -> Result<(), FieldError> {
        let length = self.0.chars().count();
        if length < LEAST_CHARACTERS {
            let code = if length == 0 { InvalidCode::Required } else { InvalidCode::TooShort };
            return Err(FieldError::new(code, format!("must have at least {LEAST_CHARACTERS} characters")));
        }
        if length > MOST_CHARACTERS {
            let message = format!("must have at most {MOST_CHARACTERS} characters");
            return Err(FieldError::new(InvalidCode::TooLong, message));
        }
        let lowercase = self.0.to_lowercase();
        if BANNED.contains(lowercase.as_str()) {
            return Err(FieldError::new(
                InvalidCode::NotAllowed,
                "is among the passwords that are tried first",
            ));
        }
        if email.is_some_and(|email| repeats(&lowercase, &email.key())) {
            return Err(FieldError::new(InvalidCode::NotAllowed, "must not be the email address"));
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Whether a password is the address or the part of it before the `@`.
fn repeats(lowercase: &str, email_key: &str) -> bool {
    let local = email_key.split('@').next();
    lowercase == email_key || Some(lowercase) == local
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(password: &str) -> Option<InvalidCode> {
        let email = EmailAddress::parse("ana.lopez.garden@example.com").unwrap();
        Password::new(password).check(Some(&email)).err().map(|error| error.code)
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(code("kale & fig"), None);
        assert_eq!(code("kale &fig"), Some(InvalidCode::TooShort));
        assert_eq!(code("é".repeat(10).as_str()), None);
        assert_eq!(code(""), Some(InvalidCode::Required));
        assert_eq!(code("é ".repeat(64).as_str()), None);
        assert_eq!(code("x".repeat(129).as_str()), Some(InvalidCode::TooLong));
    }

    #[test]
    fn what_is_tried_first_is_refused_in_any_case() {
        assert_eq!(code("Password123"), Some(InvalidCode::NotAllowed));
        assert_eq!(code("QwertyUiop"), Some(InvalidCode::NotAllowed));
        assert_eq!(code("ana.lopez.garden@example.com"), Some(InvalidCode::NotAllowed));
        assert_eq!(code("Ana.Lopez.Garden"), Some(InvalidCode::NotAllowed));
    }

    #[test]
    fn the_list_has_only_what_the_length_lets_through() {
        assert!(BANNED.len() >= 100, "{}", BANNED.len());
        for password in BANNED.iter() {
            assert!(password.chars().count() >= LEAST_CHARACTERS, "{password}");
            assert_eq!(password.to_lowercase(), **password);
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        assert_eq!(format!("{:?}", Password::new("kale and figs")), "Password(..)");
    }
}
