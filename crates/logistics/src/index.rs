//! The approved centers in memory, for reads that ask where the nearest ones are.
//!
//! Several processes serve requests and any of them may approve a center, so the index is not told
//! of changes: it looks. A look is one small statement (a stamp that grows with every change), at
//! most once a second per process, plus at once after [`CenterIndex::invalidate`]. What is promised to
//! people is decided in the database ([`confirm_approved`](crate::confirm_approved)); the index may be
//! a second behind.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use db::Conn;
use eligibility_core::{Centers, Place};
use kernel::CenterId;

use crate::model::Center;
use crate::{LogisticsError, store};

/// How long a look at the stamp is good for.
const LOOK_EVERY_MICROSECONDS: i64 = 1_000_000;

/// The approved centers as they were at one instant.
#[derive(Debug, Default)]
pub struct ApprovedCenters {
    stamp: i64,
    centers: Centers,
    by_number: HashMap<i32, Center>,
}

impl ApprovedCenters {
    /// The snapshot of these centers; `stamp` tells it from others.
    #[must_use]
    pub fn new(stamp: i64, approved: Vec<Center>) -> Self {
        let points = approved
            .iter()
            .map(|center| eligibility_core::Center { number: center.number, place: center.place });
        let centers = Centers::new(points);
        let by_number = approved.into_iter().map(|center| (center.number, center)).collect();
        Self { stamp, centers, by_number }
    }

    /// Reads the approved centers from the database.
    pub async fn load(conn: &mut Conn) -> Result<Self, LogisticsError> {
        // The stamp is read first: a change in between is noticed at the next look.
        let stamp = store::centers_stamp(conn).await?;
        Ok(Self::new(stamp, store::list_approved(conn).await?))
    }

    /// The stamp that a snapshot loaded now would have.
    pub async fn current_stamp(conn: &mut Conn) -> Result<i64, LogisticsError> {
        Ok(store::centers_stamp(conn).await?)
    }

    /// Which snapshot this is: it goes up with every change of any center.
    #[must_use]
    pub fn stamp(&self) -> i64 {
        self.stamp
    }

    /// Where they are.
    #[must_use]
    pub fn centers(&self) -> &Centers {
        &self.centers
    }

    /// The center of a number.
    #[must_use]
    pub fn by_number(&self, number: i32) -> Option<&Center> {
        self.by_number.get(&number)
    }

    /// The ids of the centers of these numbers, unknown ones left out.
    #[must_use]
    pub fn numbers_to_ids(&self, numbers: &[i32]) -> Vec<CenterId> {
        numbers.iter().filter_map(|number| self.by_number(*number)).map(|center| center.id).collect()
    }

    /// The `count` nearest centers with their distance in miles, nearest first.
    #[must_use]
    pub fn nearest(&self, place: Place, count: usize) -> Vec<(&Center, f64)> {
        let found = self.centers.nearest(place, count);
        found.into_iter().filter_map(|(point, miles)| Some((self.by_number(point.number)?, miles))).collect()
    }
}

/// The approved centers in memory, shared by everything in the process that asks for them.
#[derive(Debug)]
pub struct CenterIndex {
    /// The snapshot, and the number of the look that brought it.
    snapshot: RwLock<(u64, Arc<ApprovedCenters>)>,
    /// How many looks have begun.
    looks: AtomicU64,
    /// When somebody last looked, in microseconds of the epoch.
    looked_at: AtomicI64,
    /// How often a fresh look was demanded, and how many of these demands have been met.
    demanded: AtomicU64,
    met: AtomicU64,
}

impl Default for CenterIndex {
    fn default() -> Self {
        Self {
            snapshot: RwLock::default(),
            looks: AtomicU64::new(0),
            looked_at: AtomicI64::new(i64::MIN),
            demanded: AtomicU64::new(1),
            met: AtomicU64::new(0),
        }
    }
}

impl CenterIndex {
    /// An empty index that looks at the database when it is first refreshed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The centers as of the last refresh. Never waits for the database.
    #[must_use]
    pub fn snapshot(&self) -> Arc<ApprovedCenters> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// The centers, after a look at the database if one is due (see [`Self::refresh_if_stale`]).
    pub async fn fresh(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
    ) -> Result<Arc<ApprovedCenters>, LogisticsError> {
        self.refresh_if_stale(conn, now).await?;
        Ok(self.snapshot())
    }

    /// Makes every refresh that begins from now on look at the database. To be called after the
    /// transaction that changed a center has committed.
    pub fn invalidate(&self) {
        self.demanded.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether a refresh would look at the database.
    #[must_use]
    pub fn is_stale(&self, now: DateTime<Utc>) -> bool {
        let met = self.met.load(Ordering::SeqCst) >= self.demanded.load(Ordering::SeqCst);
        !met || is_due(self.looked_at.load(Ordering::SeqCst), now)
    }

    /// Looks at the database if a second has passed since the last look or a look was demanded, and
    /// reads the centers if any of them changed. The connection may be in a transaction, but not in one
    /// that has changed a center itself.
    pub async fn refresh_if_stale(&self, conn: &mut Conn, now: DateTime<Utc>) -> Result<(), LogisticsError> {
        let demanded = self.demanded.load(Ordering::SeqCst);
        let claimed = self.claim_look(now);
        if self.met.load(Ordering::SeqCst) >= demanded && !claimed {
            return Ok(());
        }
        let look = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
        if store::centers_stamp(conn).await? != self.snapshot().stamp {
            self.replace(look, ApprovedCenters::load(conn).await?);
        }
        self.met.fetch_max(demanded, Ordering::SeqCst);
        Ok(())
    }

    /// Whether a look is due and this caller is the one to take it.
    fn claim_look(&self, now: DateTime<Utc>) -> bool {
        let before = self.looked_at.load(Ordering::SeqCst);
        let looked = now.timestamp_micros();
        is_due(before, now)
            && self.looked_at.compare_exchange(before, looked, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Puts the snapshot of a later look in the place of an earlier one's, never the other way round.
    fn replace(&self, look: u64, loaded: ApprovedCenters) {
        let mut snapshot = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        if look > snapshot.0 {
            *snapshot = (look, Arc::new(loaded));
        }
    }
}

/// Whether it is time to look again. A clock that was set back must not blind the index.
fn is_due(looked_at: i64, now: DateTime<Utc>) -> bool {
    let now = now.timestamp_micros();
    now < looked_at || now.saturating_sub(looked_at) >= LOOK_EVERY_MICROSECONDS
}
