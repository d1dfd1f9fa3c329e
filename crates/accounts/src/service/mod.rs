//! The use cases.

mod addresses;
mod administration;
mod authentication;
mod bulk;
mod housekeeping;
mod profile;
mod proofs;
mod registration;
mod sessions;
mod tickets;
mod vendors;

use db::Conn;
use kernel::{Actor, UserId};
use outbox::Event;
use serde_json::Value;

use crate::{AccountsError, User, store};

pub use addresses::{
    add_address, change_address, find_address, find_address_to_locate, list_addresses, make_primary,
    primary_place, primary_places, remove_address, set_place,
};
pub use administration::{
    count_registered, disable_account, disabled_among, enable_account, find_account, grant_role, list_users,
    require_admin, revoke_role,
};
pub use authentication::{ChangePassword, LogIn, change_password, log_in};
pub(crate) use bulk::{Checked, Home};
pub use bulk::{Resident, list_residents, load_residents};
pub use housekeeping::{Purged, purge};
pub use profile::{ProfileChanges, change_profile, find_me};
pub(crate) use proofs::begin_password_reset;
pub use proofs::{
    ResetPassword, contacts, find_open_proof, request_password_reset, request_verification, reset_password,
    verify_email,
};
pub use registration::{Register, Superuser, make_superuser, register};
pub use sessions::{SignedIn, list_sessions, log_out, log_out_everywhere, refresh, revoke_session};
pub use tickets::{find_standing, issue_ticket, redeem_ticket};
pub use vendors::{become_vendor, change_vendor, find_vendor_by_slug, find_vendor_profile};

/// A fact about a user.
fn about_user(kind: &'static str, user: UserId, actor: Actor, data: Value) -> Event {
    Event { kind, subject_type: "user", subject_id: user.0, actor, data }
}

/// The user, held for the rest of the transaction: what one user changes about themselves happens
/// one thing at a time.
async fn lock_user(tx: &mut Conn, user: UserId) -> Result<User, AccountsError> {
    store::lock_user(tx, user).await?.ok_or(AccountsError::UserNotFound)
}

/// Whether the caller has seen the record as it is.
fn expect_version(current: i32, expected: i32) -> Result<(), AccountsError> {
    if current == expected { Ok(()) } else { Err(AccountsError::VersionMismatch { current }) }
}
