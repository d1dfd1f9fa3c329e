//! What the caller may do beyond their own things.

use accounts::AccountsError;
use checkout::Caller;

use crate::Problem;
use crate::extract::Principal;

/// Refuses whoever does not run the platform.
pub(super) async fn require_admin(conn: &mut db::Conn, principal: Principal) -> Result<(), Problem> {
    Ok(accounts::require_admin(conn, principal.user_id).await?)
}

/// Who asks, as checkout wants to know it.
pub(super) async fn caller(conn: &mut db::Conn, principal: Principal) -> Result<Caller, Problem> {
    let is_admin = match accounts::require_admin(conn, principal.user_id).await {
        Ok(()) => true,
        Err(AccountsError::NotAdmin) => false,
        Err(error) => return Err(error.into()),
    };
    Ok(Caller { user: principal.user_id, is_admin })
}
