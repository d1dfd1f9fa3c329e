//! Many accounts at once, as the demonstration needs them: people who have registered, have a located home, and may
//! have a storefront.
//!
//! What people say of themselves passes the same checks as in a request. Nobody is told: there are no sessions, no
//! events and no jobs, so whoever follows the feed has to be brought up to date by the caller.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{AddressId, InvalidCode, UserId};

use crate::hasher::HashedPassword;
use crate::model::{
    AddressDetails, DISPLAY_NAME, EmailAddress, Located, PostalAddress, VendorDetails, VendorText,
};
use crate::{AccountsError, Role, VendorKind, store};

/// Somebody who shall have an account.
#[derive(Clone, Debug)]
pub struct Resident {
    /// The id that the account shall have.
    pub id: UserId,
    /// Unique, however it is capitalized.
    pub email: String,
    /// 1 to 80 characters.
    pub display_name: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// The primary address and where it is.
    pub home: Option<(AddressDetails, Located)>,
    /// The storefront, of a vendor; its slug must be given.
    pub shop: Option<VendorDetails>,
    /// When they registered.
    pub since: DateTime<Utc>,
}

/// A resident whose every field has been checked.
#[derive(Debug)]
pub(crate) struct Checked {
    pub id: UserId,
    pub email: EmailAddress,
    pub display_name: String,
    pub roles: Vec<Role>,
    pub home: Option<Home>,
    pub shop: Option<(VendorKind, VendorText)>,
    pub since: DateTime<Utc>,
}

#[derive(Debug)]
pub(crate) struct Home {
    pub id: AddressId,
    pub label: Option<String>,
    pub postal: PostalAddress,
    pub place: Located,
}

/// Makes accounts with one password for all of them, in a few statements.
///
/// # Errors
/// [`AccountsError::Invalid`]; [`AccountsError::EmailTaken`] and [`AccountsError::SlugTaken`] for any of them.
pub async fn load_residents(
    tx: &mut Conn,
    password: &HashedPassword,
    residents: Vec<Resident>,
) -> Result<(), AccountsError> {
    let checked = residents.into_iter().map(check).collect::<Result<Vec<_>, _>>()?;
    store::insert_residents(tx, password, &checked).await
}

/// Whose email address begins with `prefix`, in lowercase, by address.
pub async fn list_residents(conn: &mut Conn, prefix: &str) -> Result<Vec<UserId>, AccountsError> {
    Ok(store::list_residents(conn, prefix).await?)
}

fn check(resident: Resident) -> Result<Checked, AccountsError> {
    let Resident { id, email, display_name, roles, home, shop, since } = resident;
    let home = match home {
        Some((details, place)) => {
            let (label, postal) = details.check()?;
            Some(Home { id: AddressId::new(), label, postal, place })
        }
        None => None,
    };
    let shop = match shop {
        Some(details) => {
            let (kind, text) = (details.kind, details.check()?);
            if text.slug.is_none() {
                return Err(kernel::FieldError::new(InvalidCode::Required, "is needed").at("slug").into());
            }
            Some((kind, text))
        }
        None => None,
    };
    let email = EmailAddress::parse(&email).map_err(|error| error.at("email"))?;
    let display_name = DISPLAY_NAME.read(&display_name).map_err(|error| error.at("display_name"))?;
    Ok(Checked { id, email, display_name, roles, home, shop, since })
}
