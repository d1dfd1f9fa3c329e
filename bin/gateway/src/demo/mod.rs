//! Demonstration data: a small market around Boulder and Denver, made through the same services that
//! requests use. Making it twice makes it once.

mod people;
mod places;
mod shelves;

use anyhow::Result;
use kernel::UserId;

use crate::AppState;

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
/// The database fails.
pub async fn seed(state: &AppState) -> Result<bool> {
    let Some(admin) = people::admin(state).await? else { return Ok(false) };
    places::open_centers(state, admin).await?;
    let sellers = people::sellers(state).await?;
    people::customers(state).await?;
    // Only once they are on the map can gardeners put listings on sale.
    drain(state).await?;
    shelves::fill(state, &sellers).await?;
    drain(state).await?;
    Ok(true)
}

/// A vendor of the demonstration, and which shelf is theirs.
#[derive(Clone, Copy, Debug)]
struct Seller {
    id: UserId,
    shelf: &'static shelves::Shelf,
}

async fn drain(state: &AppState) -> Result<()> {
    state.runner.drain().await.map(|_count| ()).map_err(|error| anyhow::anyhow!(error))
}
