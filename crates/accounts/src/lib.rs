//! Who somebody is: users with their roles, the sessions they are logged in with, the storefronts
//! they sell from and the addresses they live at.
//!
//! Invariants:
//! - an email address belongs to one account, however it is capitalized;
//! - a password exists only as an Argon2id hash, and a refresh token only as its digest;
//! - what a login answers, and how long it takes, does not tell whether an account exists;
//! - a refresh token works once; used again it ends its session, the rightful holder's included,
//!   because nobody can tell which of the two holders is the rightful one (RFC 9700, section
//!   4.14.2). A client therefore never refreshes twice at once with the same token;
//! - a disabled account has no live session, a change of password leaves only the session that made it,
//!   and a password that was reset leaves none;
//! - a mailed link works once, for a time, until a newer one is asked for, and nothing that is stored
//!   would do to make one. Asking for a new password does not tell whether an account exists;
//! - the last active admin stays one;
//! - exactly one of a user's addresses is primary, and every change of the place it stands for is
//!   announced (`user.moved`);
//! - a geocoder's answer counts only for the postal address it was asked about, and is never (0, 0).
//!
//! Where an address is, this domain only remembers: finding it out is [`GeocodeAddress`]'s handler's
//! work.
//!
//! A use case is a function on a connection that its caller has put in a transaction. Those that
//! take the [`db::Database`] instead begin their own: they hash a password between two short
//! transactions, or must commit although they refuse (a failed login is counted, a replayed token
//! ends its session).

mod address_book;
mod argon;
mod error;
mod hasher;
mod jobs;
mod lockout;
mod model;
mod password;
mod proof;
mod schema;
mod service;
mod slug;
mod store;
mod token;

pub use error::AccountsError;
pub use hasher::{HashedPassword, Hasher};
pub use jobs::{BeginPasswordReset, ForgetEnded, GeocodeAddress, register_work};
pub use model::{
    Account, AccountStatus, Address, AddressChanges, AddressDetails, Change, Contact, EmailAddress, Geocoded,
    IssuedTicket, Located, Me, OpenProof, Place, PostalAddress, PrimaryPlace, ProofKind, REFRESH_LIFETIME,
    RefreshToken, RevokeReason, Role, Session, Standing, StreamTicket, User, UserFilter, UserKey,
    VendorChanges, VendorDetails, VendorKind, VendorProfile,
};
pub use password::Password;
pub use proof::ProofKey;
pub use service::{
    ChangePassword, LogIn, ProfileChanges, Purged, Register, ResetPassword, Resident, SignedIn, Superuser,
    add_address, become_vendor, change_address, change_password, change_profile, change_vendor, contacts,
    count_registered, disable_account, disabled_among, enable_account, find_account, find_address,
    find_address_to_locate, find_me, find_open_proof, find_standing, find_vendor_by_slug,
    find_vendor_profile, grant_role, issue_ticket, list_addresses, list_residents, list_sessions, list_users,
    load_residents, log_in, log_out, log_out_everywhere, make_primary, make_superuser, primary_place,
    primary_places, purge, redeem_ticket, refresh, register, remove_address, request_password_reset,
    request_verification, require_admin, reset_password, revoke_role, revoke_session, set_place,
    verify_email,
};
pub use token::{
    ACCESS_LIFETIME, AccessClaims, AccessToken, KeyError, TokenError, TokenSigner, generate_key_pem,
};
