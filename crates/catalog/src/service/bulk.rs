//! A whole catalog at once, as the demonstration needs it: shops, plants, offerings with their stock, and the read
//! model of browse, all in the caller's transaction.
//!
//! What is written is what the use cases for single offerings would have come to; the texts are trusted. Nobody is
//! told: there are no events.

use chrono::{DateTime, Utc};
use db::{Conn, Unindexed};
use kernel::{OfferingId, Quantity, UserId};
use reservations::OpeningStock;

use crate::{CatalogError, Offering, Plant, Seller, store};

/// From how many offerings on it pays to make the indexes anew: below that the tables stay open to everybody.
const WORTH_REINDEXING: usize = 20_000;

/// An offering with what there is of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StockedOffering {
    /// The offering.
    pub offering: Offering,
    /// How much there is.
    pub stock: Quantity,
}

/// A load that has begun and must be finished in the same transaction.
#[derive(Debug)]
pub struct CatalogLoad(Unindexed);

impl CatalogLoad {
    /// Begins a load of so many offerings. When they are many, nobody else can use the catalog until the transaction
    /// has ended.
    pub async fn begin(tx: &mut Conn, offerings: usize) -> Result<Self, CatalogError> {
        let mut unindexed = Unindexed::default();
        if offerings >= WORTH_REINDEXING {
            for table in store::bulk::TABLES {
                unindexed.take_off(tx, table).await?;
            }
        }
        Ok(Self(unindexed))
    }

    /// Writes shops with their places and reaches.
    pub async fn sellers(
        &self,
        tx: &mut Conn,
        now: DateTime<Utc>,
        sellers: &[Seller],
    ) -> Result<(), CatalogError> {
        Ok(store::bulk::insert_sellers(tx, now, sellers).await?)
    }

    /// Writes plants of gardeners who are there.
    pub async fn plants(&self, tx: &mut Conn, plants: &[Plant]) -> Result<(), CatalogError> {
        Ok(store::bulk::insert_plants(tx, plants).await?)
    }

    /// Writes offerings of sellers and plants that are there, each with its stock, and how they are found.
    pub async fn offerings(&self, tx: &mut Conn, batch: &[StockedOffering]) -> Result<(), CatalogError> {
        let stock: Vec<OpeningStock> = batch
            .iter()
            .map(|stocked| OpeningStock {
                pool: stocked.offering.id.into(),
                capacity: stocked.stock,
                actor: stocked.offering.vendor_id.into(),
                at: stocked.offering.created_at,
            })
            .collect();
        reservations::load_stock(tx, &stock).await?;
        Ok(store::bulk::insert_offerings(tx, batch).await?)
    }

    /// Puts the indexes on again.
    pub async fn finish(self, tx: &mut Conn) -> Result<(), CatalogError> {
        Ok(self.0.put_on(tx).await?)
    }
}

/// How many offerings these vendors have that were not removed.
pub async fn count_offerings_of(conn: &mut Conn, vendors: &[UserId]) -> Result<i64, CatalogError> {
    Ok(store::bulk::count_offerings_of(conn, vendors).await?)
}

impl StockedOffering {
    /// The offering's id.
    #[must_use]
    pub fn id(&self) -> OfferingId {
        self.offering.id
    }
}
