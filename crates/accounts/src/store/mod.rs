//! Every query of the accounts.

mod addresses;
mod bulk;
mod login_failures;
mod proofs;
mod sessions;
mod tickets;
mod users;
mod vendors;

use std::collections::BTreeSet;

use diesel::QueryResult;
use diesel::result::Error;

use crate::Role;

pub(crate) use addresses::{
    delete_address, find_address, find_address_by_id, find_primary_address, insert_address, list_addresses,
    list_primary_places, update_address,
};
pub(crate) use bulk::{insert_residents, list_residents};
pub(crate) use login_failures::{
    delete_failure_run, delete_failure_runs_before, find_login_state, lock_failure_run,
    lock_or_insert_failure_run, update_failure_run,
};
pub(crate) use proofs::{
    ProofEnd, delete_proofs_before, end_proofs, find_proof, insert_proof, insert_reset_request,
    list_contacts, open_since, take_reset_request, use_proof, verify_email,
};
pub(crate) use sessions::{
    Which, delete_abandoned_sessions, delete_expired_tokens, find_token, insert_refresh_token,
    insert_session, insert_session_of_unchanged, list_live_sessions, revoke_session, revoke_sessions_of,
    touch_session, use_token,
};
pub(crate) use tickets::{delete_expired_tickets, find_standing, insert_ticket, take_ticket};
pub(crate) use users::{
    NewUser, Verified, count_users_since, delete_role_grant, find_account, find_account_by_key,
    insert_role_grants, insert_user, is_active_admin, list_accounts, list_disabled, lock_account,
    lock_active_admins, lock_user, update_password, update_profile, update_status,
};
pub(crate) use vendors::{
    find_vendor_by_slug, find_vendor_profile, insert_vendor_profile, list_taken_slugs, update_vendor_profile,
};

/// A stored name as the value it stands for; anything else is damage.
fn named<T>(value: Option<T>, column: &str, name: &str) -> QueryResult<T> {
    value.ok_or_else(|| Error::DeserializationError(format!("{column} holds {name:?}").into()))
}

fn roles(names: &[String]) -> QueryResult<BTreeSet<Role>> {
    names.iter().map(|name| named(Role::from_stored(name), "role_grants.role", name)).collect()
}
