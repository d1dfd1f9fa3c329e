//! Whether what is shown is what there is to show.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use db::{Check, Conn, Finding};
use diesel_async::AsyncConnection;
use kernel::{OfferingId, UserId};

use crate::handlers::SUBSCRIBER;
use crate::images::{refresh_offering, shown};
use crate::posts::follow_account;
use crate::{GalleryError, read_pictures};

/// How many offerings are compared at a time.
const BATCH: i64 = 1_000;

/// Every offering shows its pictures.
pub(crate) const PICTURES: Check = Check::repairable(
    "offerings.pictures",
    "an offering shows other pictures than those that are attached to it and rendered",
    "works them out anew",
);
/// Posts are shown while their writer's account is open.
pub(crate) const POSTS: Check = Check::repairable(
    "posts.hidden",
    "what somebody has written is shown though their account is closed, or hidden though it is open",
    "hides it, or shows it",
);

/// Everything that is checked here.
pub const CHECKS: [Check; 2] = [PICTURES, POSTS];

/// What is not as it should be, and whether that could be judged: while there are facts that this process has not heard
/// of, it is rightly behind.
pub async fn check(conn: &mut Conn, now: DateTime<Utc>) -> Result<(Vec<Finding>, bool), GalleryError> {
    let settled = outbox::is_settled(conn, now, SUBSCRIBER, "media.").await?;
    let mut findings = Vec::new();
    if settled {
        let offerings = wrong_offerings(conn).await?;
        findings.extend(PICTURES.found(offerings.iter().map(OfferingId::to_string)));
        let writers = wrong_writers(conn).await?;
        findings.extend(POSTS.found(writers.iter().map(UserId::to_string)));
    }
    Ok((findings, settled))
}

/// Mends what the check has found, if it is one of these; says whether it was. Must not run in a transaction.
pub async fn repair(conn: &mut Conn, check: Check) -> Result<bool, GalleryError> {
    if check == PICTURES {
        for offering in wrong_offerings(conn).await? {
            conn.transaction(async |tx| refresh_offering(tx, offering).await).await?;
        }
    } else if check == POSTS {
        for writer in wrong_writers(conn).await? {
            conn.transaction(async |tx| follow_account(tx, writer).await).await?;
        }
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Those that show something, and those that have something to show.
async fn wrong_offerings(conn: &mut Conn) -> Result<BTreeSet<OfferingId>, GalleryError> {
    let (mut wrong, mut after) = (BTreeSet::new(), None);
    loop {
        let some = catalog::list_showing_pictures(conn, after, BATCH).await?;
        let Some(last) = some.last() else { break };
        after = Some(*last);
        wrong.extend(wrong_among(conn, &some).await?);
    }
    after = None;
    loop {
        let some = media::list_pictured_offerings(conn, after, BATCH).await?;
        let Some(last) = some.last() else { return Ok(wrong) };
        after = Some(*last);
        wrong.extend(wrong_among(conn, &some).await?);
    }
}

async fn wrong_among(conn: &mut Conn, offerings: &[OfferingId]) -> Result<Vec<OfferingId>, GalleryError> {
    let images = media::images_of_offerings(conn, offerings).await?;
    let mut wrong = Vec::new();
    for (offering, kept) in catalog::pictures_of(conn, offerings).await? {
        let due = shown(images.get(&offering).map_or(&[][..], Vec::as_slice))?;
        // As they are read: how they are written down may have changed.
        if read_pictures(kept) != read_pictures(due) {
            wrong.push(offering);
        }
    }
    Ok(wrong)
}

async fn wrong_writers(conn: &mut Conn) -> Result<BTreeSet<UserId>, GalleryError> {
    let (hidden, shown) = (media::list_writers(conn, true).await?, media::list_writers(conn, false).await?);
    let closed = accounts::disabled_among(conn, &[hidden.as_slice(), &shown].concat()).await?;
    let wrongly_hidden = hidden.into_iter().filter(|writer| !closed.contains(writer));
    let wrongly_shown = shown.into_iter().filter(|writer| closed.contains(writer));
    Ok(wrongly_hidden.chain(wrongly_shown).collect())
}
