//! Whether the read model of browse is what follows from the offerings and their sellers.

use db::{Check, Conn, Finding, breaching_ids};
use diesel_async::AsyncConnection;
use kernel::OfferingId;

use crate::{CatalogError, store};

/// How many offerings one transaction of a repair derives anew.
const AT_ONCE: usize = 1_000;

const DERIVES: &str = "derives it anew";

pub(crate) const KIND: Check = Check::reported(
    "offerings.without_detail",
    "an offering has no row of its kind, or one of the other kind: it cannot be read",
);
pub(crate) const REACH: Check = Check::repairable(
    "offerings.reach",
    "an offering's reach is not its seller's: it is found where it cannot be had, or not where it can",
    DERIVES,
);
pub(crate) const BROWSABLE: Check = Check::repairable(
    "offerings.browsable",
    "an offering is shown that may not be, or not shown although it may be",
    DERIVES,
);
pub(crate) const LISTS: Check = Check::repairable(
    "offering_reach.rows",
    "the centers' lists have an offering where it does not belong, lack it where it does, or know it by an old price, \
     category or date",
    DERIVES,
);

/// Everything that is checked here.
pub const CHECKS: [Check; 4] = [KIND, REACH, BROWSABLE, LISTS];

/// What is not as it should be.
pub async fn check(conn: &mut Conn) -> Result<Vec<Finding>, CatalogError> {
    let findings = [
        KIND.ask_ids(conn, store::check::without_detail()).await?,
        REACH.ask_ids(conn, store::check::wrong_reach()).await?,
        BROWSABLE.ask_ids(conn, store::check::wrongly_browsable()).await?,
        LISTS.ask_ids(conn, store::check::wrong_lists()).await?,
    ];
    Ok(findings.into_iter().flatten().collect())
}

/// Mends what the check has found, if it is one of the catalog's and can be mended; says whether it was. Must not run
/// in a transaction.
pub async fn repair(conn: &mut Conn, check: Check) -> Result<bool, CatalogError> {
    let breaches = if check == REACH {
        store::check::wrong_reach()
    } else if check == BROWSABLE {
        store::check::wrongly_browsable()
    } else if check == LISTS {
        store::check::wrong_lists()
    } else {
        return Ok(false);
    };
    let ids: Vec<OfferingId> = breaching_ids(conn, breaches).await?.into_iter().map(OfferingId).collect();
    for some in ids.chunks(AT_ONCE) {
        conn.transaction::<_, CatalogError, _>(async |tx| {
            Ok(store::reach::refresh_offerings(tx, some).await?)
        })
        .await?;
    }
    Ok(true)
}
