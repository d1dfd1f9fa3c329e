//! What the catalog does when it hears of something.

use db::Conn;
use kernel::OfferingId;
use outbox::{FeedEvent, HandlerError, Registry};

/// The name under which the catalog follows the stock.
const STOCK: &str = "catalog.stock";

/// Registers what the catalog follows: pools that run dry or fill decide what browse shows.
pub fn register(registry: &mut Registry) {
    registry.on_events(STOCK, |tx, _services, event| Box::pin(follow_stock(tx, event)));
}

async fn follow_stock(tx: &mut Conn, event: &FeedEvent) -> Result<(), HandlerError> {
    let in_stock = match event.kind.as_str() {
        "pool.replenished" => true,
        "pool.depleted" => false,
        _ => return Ok(()),
    };
    // A pool of something else than an offering has no offering's id.
    Ok(crate::set_in_stock(tx, &[OfferingId(event.subject_id)], in_stock).await?)
}
