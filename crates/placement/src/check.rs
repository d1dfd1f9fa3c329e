//! Whether every seller's place and reach are what follows from their home and the approved centers.

use catalog::{Seller, SellerPlacement};
use chrono::{DateTime, Utc};
use db::{Check, Conn, Finding, breaching_ids};
use diesel_async::AsyncConnection;
use kernel::UserId;
use logistics::ApprovedCenters;

use crate::handlers::SUBSCRIBER;
use crate::sellers::{located, placement};
use crate::{PlacementError, open_shop, repair_reaches, store};

/// How many sellers are compared at a time.
const BATCH: i64 = 5_000;

pub(crate) const SELLERS: Check = Check::repairable(
    "sellers.missing",
    "a vendor has a storefront that the catalog does not know, so nothing can be sold from it",
    "makes it known to the catalog",
);
/// Every seller reaches what follows from their home.
pub const REACH: Check = Check::repairable(
    "sellers.reach",
    "the catalog has a seller elsewhere than their home is, or reaching other centers than the approved ones within \
     100 miles of it, or selling though their account is closed, or the other way round",
    "works them out anew",
);

/// Everything that is checked here.
pub const CHECKS: [Check; 2] = [SELLERS, REACH];

/// What is not as it should be, and whether reach could be judged: while moves or changes of centers are being worked
/// on, sellers are rightly behind.
pub async fn check(conn: &mut Conn, now: DateTime<Utc>) -> Result<(Vec<Finding>, bool), PlacementError> {
    let settled = outbox::is_settled(conn, now, SUBSCRIBER, "placement.").await?;
    let mut findings = Vec::new();
    findings.extend(SELLERS.ask_ids(conn, store::vendors_without_seller()).await?);
    if settled {
        let wrong = wrong_placements(conn).await?;
        findings.extend(REACH.found(wrong.iter().map(|placement| placement.vendor_id.to_string())));
    }
    Ok((findings, settled))
}

/// Mends what the check has found, if it is one of placement's; says whether it was. Must not run in a transaction.
pub async fn repair(conn: &mut Conn, now: DateTime<Utc>, check: Check) -> Result<bool, PlacementError> {
    if check == REACH {
        conn.transaction::<_, PlacementError, _>(async |tx| repair_reaches(tx, now).await).await?;
    } else if check == SELLERS {
        for vendor in breaching_ids(conn, store::vendors_without_seller()).await? {
            conn.transaction::<_, PlacementError, _>(async |tx| open_shop(tx, now, UserId(vendor)).await)
                .await?;
        }
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// How the sellers should be placed who are not placed so.
pub(crate) async fn wrong_placements(conn: &mut Conn) -> Result<Vec<SellerPlacement>, PlacementError> {
    let centers = ApprovedCenters::load(conn).await?;
    let (mut wrong, mut after) = (Vec::new(), None);
    loop {
        let sellers = catalog::list_sellers(conn, after, BATCH).await?;
        let Some(last) = sellers.last() else { return Ok(wrong) };
        after = Some(last.vendor_id);
        let vendors: Vec<UserId> = sellers.iter().map(|seller| seller.vendor_id).collect();
        let homes = accounts::primary_places(conn, &vendors).await?;
        let disabled = accounts::disabled_among(conn, &vendors).await?;
        wrong.extend(sellers.iter().filter_map(|seller| {
            let place = homes.get(&seller.vendor_id).and_then(located);
            let open = !disabled.contains(&seller.vendor_id);
            differing(seller, placement(seller.vendor_id, place, open, &centers))
        }));
    }
}

fn differing(seller: &Seller, right: SellerPlacement) -> Option<SellerPlacement> {
    let is = (seller.place, &seller.reach, seller.open);
    (is != (right.place, &right.reach, right.open)).then_some(right)
}
