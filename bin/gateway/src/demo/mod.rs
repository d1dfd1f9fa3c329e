//! Demonstration data: a small market around Boulder and Denver, or with [`grow`] one of any size.
//!
//! The small one is made in one transaction, but for its pictures, which come after it: whoever is killed on the way leaves
//! nothing behind, or everything but some pictures, and making it twice makes it once.

mod people;
mod pictures;
mod places;
mod scale;
mod shelves;

use accounts::AccountsError;
use anyhow::Result;
use diesel_async::AsyncConnection;
use kernel::UserId;

use crate::AppState;

pub use scale::{Scale, Summary, Visitor, grow};

/// The password of every demonstration account.
pub const PASSWORD: &str = "silkcart-demo-2030";
/// Runs the platform.
pub const ADMIN: &str = "admin@demo.silkcart.example";
/// Sells produce near Boulder.
pub const GARDENER: &str = "gardener@demo.silkcart.example";
/// Sells handmade goods.
pub const MAKER: &str = "maker@demo.silkcart.example";
/// Lives in Boulder, buys.
pub const CUSTOMER: &str = "customer@demo.silkcart.example";

/// Makes the demonstration data, unless it is there; says whether it was made.
///
/// # Errors
/// The database or the geocoder fails.
pub async fn seed(state: &AppState) -> Result<bool> {
    if people::are_there(state).await? {
        return Ok(false);
    }
    // A geocoder is not asked, and no password hashed, while a transaction is open.
    let hash = state.hasher.hash(&accounts::Password::new(PASSWORD)).await?;
    let residents = people::residents(state).await?;
    let proposals = places::proposals(state).await?;
    let now = state.clock.now();
    let mut conn = state.database.conn().await?;
    let made = conn
        .transaction::<_, anyhow::Error, _>(async |tx| {
            let (admin, sellers) = people::settle(tx, now, &hash, residents).await?;
            places::open_centers(tx, now, admin, proposals).await?;
            for seller in &sellers {
                placement::open_shop(tx, now, seller.id).await?;
            }
            shelves::fill(tx, now, &sellers).await?;
            Ok(sellers)
        })
        .await;
    drop(conn);
    let sellers = match made {
        Ok(sellers) => sellers,
        // Another process has made it in the meantime.
        Err(error) if matches!(error.downcast_ref(), Some(AccountsError::EmailTaken)) => return Ok(false),
        Err(error) => return Err(error),
    };
    pictures::hang(state, &sellers).await?;
    state.centers.invalidate();
    state.runner.drain().await.map_err(|error| anyhow::anyhow!(error))?;
    Ok(true)
}

/// A vendor of the demonstration, and which shelf is theirs.
#[derive(Clone, Copy, Debug)]
struct Seller {
    id: UserId,
    shelf: &'static shelves::Shelf,
}
