//! The types of this domain; what makes a value valid stands in its constructor.

mod address;
mod change;
mod contact;
mod proof;
mod role;
mod session;
mod ticket;
mod user;
mod vendor;

pub use address::{
    Address, AddressChanges, AddressDetails, Geocoded, Located, Place, PostalAddress, PrimaryPlace,
};
pub use change::Change;
pub use contact::EmailAddress;
pub(crate) use contact::{email_digest, email_key, read_phone};
pub use proof::{Contact, OpenProof, ProofKind};
pub use role::Role;
pub use session::{REFRESH_LIFETIME, RefreshToken, RevokeReason, Session};
pub(crate) use ticket::TICKET_LIFETIME;
pub use ticket::{IssuedTicket, Standing, StreamTicket};
pub(crate) use user::DISPLAY_NAME;
pub use user::{Account, AccountStatus, Me, User, UserFilter, UserKey};
pub(crate) use vendor::VendorText;
pub use vendor::{VendorChanges, VendorDetails, VendorKind, VendorProfile};
