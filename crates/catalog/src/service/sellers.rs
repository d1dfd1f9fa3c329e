//! What the catalog is told of shops.

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::UserId;

use crate::{CatalogError, Seller, SellerPlacement, store};

/// Records a shop's name, slug and kind; where it is stays as it was.
pub async fn upsert_seller(tx: &mut Conn, now: DateTime<Utc>, seller: &Seller) -> Result<(), CatalogError> {
    Ok(store::sellers::upsert(tx, now, seller).await?)
}

/// Records where a seller is, what that reaches and whether they sell at all, and derives anew how its offerings are found.
/// Doing it twice does nothing the second time.
pub async fn place_seller(
    tx: &mut Conn,
    now: DateTime<Utc>,
    placement: &SellerPlacement,
) -> Result<(), CatalogError> {
    if store::sellers::update_placement(tx, now, placement).await? {
        store::reach::refresh_seller(tx, placement.vendor_id).await?;
    }
    Ok(())
}

/// A vendor's shop.
pub async fn find_seller(conn: &mut Conn, vendor: UserId) -> Result<Option<Seller>, CatalogError> {
    Ok(store::sellers::find(conn, vendor).await?)
}

/// The shop with this slug that customers may see.
pub async fn find_seller_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Seller>, CatalogError> {
    Ok(store::sellers::find_by_slug(conn, slug).await?)
}

/// Up to `limit` sellers, by ascending id after `after`.
pub async fn list_sellers(
    conn: &mut Conn,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<Seller>, CatalogError> {
    Ok(store::sellers::list(conn, after, limit).await?)
}

/// Up to `limit` sellers, by ascending id after `after`, whose reach may change when the center with
/// this number does: those that reach it now, and those between the two latitudes (in degrees).
pub async fn sellers_near(
    conn: &mut Conn,
    center: i32,
    latitudes: (f64, f64),
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<UserId>, CatalogError> {
    Ok(store::sellers::list_near(conn, center, latitudes, after, limit).await?)
}
