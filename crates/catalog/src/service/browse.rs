//! Finding offerings.

use db::Conn;
use kernel::{Limit, NewestKey, OfferingId, Page, UserId};

use crate::browse::{BrowseFilter, BrowseItem, BrowseKey, Sort};
use crate::{CatalogError, Offering, OfferingKind, store};

/// A page of what a visitor may buy. One statement.
pub async fn browse(
    conn: &mut Conn,
    filter: &BrowseFilter,
    sort: Sort,
    after: Option<BrowseKey>,
    limit: Limit,
) -> Result<Page<BrowseItem, BrowseKey>, CatalogError> {
    let rows = store::browse::list_browsable(conn, filter, sort, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, |item| item.key(sort)))
}

/// The database's account (`EXPLAIN (ANALYZE, FORMAT JSON)`) of how it finds such a page.
pub async fn explain_browse(
    conn: &mut Conn,
    filter: &BrowseFilter,
    sort: Sort,
    after: Option<BrowseKey>,
    limit: Limit,
) -> Result<serde_json::Value, CatalogError> {
    Ok(store::browse::explain_browsable(conn, filter, sort, after, limit).await?)
}

/// An offering that the public may see, with its shop's name and slug.
pub async fn find_public_offering(
    conn: &Conn,
    id: OfferingId,
) -> Result<(Offering, String, String), CatalogError> {
    store::offerings::find_public(conn, id).await?.ok_or(CatalogError::NotFound("offering"))
}

/// What a vendor has on sale, newest first.
pub async fn storefront(
    conn: &mut Conn,
    vendor: UserId,
    kind: Option<OfferingKind>,
    after: Option<NewestKey>,
    limit: Limit,
) -> Result<Page<Offering, NewestKey>, CatalogError> {
    let rows = store::offerings::list_of(conn, vendor, kind, true, after, limit).await?;
    Ok(Page::from_lookahead(rows, limit, |o| NewestKey { at: o.created_at, id: o.id.0 }))
}
