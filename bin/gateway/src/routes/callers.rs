//! What the caller may do beyond their own things.

use accounts::AccountsError;
use checkout::Caller;

use crate::extract::{Asker, Principal};
use crate::{AppState, Problem};

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
    Ok(Caller::Person { user: principal.user_id, is_admin })
}

/// Who asks for an order: somebody with an account, or a guest whose token is good.
pub(super) async fn asking(state: &AppState, conn: &mut db::Conn, asker: &Asker) -> Result<Caller, Problem> {
    match asker {
        Asker::Person(principal) => caller(conn, *principal).await,
        Asker::Guest(token) => Ok(Caller::with_token(conn, state.clock.now(), token).await?),
    }
}
